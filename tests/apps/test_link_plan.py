"""A description of a host in, its tuning out, nothing touched."""

import json

import pytest
from click.testing import CliRunner

from airsonde.apps.link_plan import read_host
from airsonde.core.errors import ConfigError
from airsonde.faces.cli.main import airsonde

HOST = {
    "ifname": "wlan0",
    "driver": "iwlwifi",
    "module_parameters": {"iwlwifi": ["power_save"]},
    "vectors": [{"irq": 40, "names": "iwlwifi:queue_1"}],
    "permitted_cpus": [0, 1],
    "cpu_loads": {"0": 0.4, "1": 0.6},
    "iwd": True,
}


@pytest.fixture
def described(tmp_path):
    path = tmp_path / "host.json"
    path.write_text(json.dumps(HOST))
    return str(path)


def test_the_plan_as_json(described):
    done = CliRunner().invoke(airsonde, ["link", "plan", described, "--json"])
    assert done.exit_code == 0
    plan = json.loads(done.output)
    assert plan["irq_cpus"] == {"40": 0}
    assert plan["driver_options"] == [{"module": "iwlwifi", "name": "power_save", "value": "0"}]
    assert (
        plan["files"]["/etc/modprobe.d/zz-airsonde-iwlwifi.conf"]
        == "options iwlwifi power_save=0\n"
    )
    assert plan["iwd"]["Scan"] == {"DisableRoamingScan": "true"}


def test_the_plan_for_people(described):
    done = CliRunner().invoke(airsonde, ["link", "plan", described, "--preset", "v3"])
    assert "interrupt 40 to CPU 1" in done.output
    assert "note: DisablePeriodicScan keeps iwd from reconnecting" in done.output


def test_the_plan_of_a_dock(tmp_path):
    path = tmp_path / "dock.json"
    path.write_text('{"ifname": "eth0", "kind": "ethernet"}')
    done = CliRunner().invoke(airsonde, ["link", "plan", str(path)])
    assert "tso off gso off gro on\neee off\n" in done.output


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{}", b"7", b'{"ifname": 1}', b'{"ifname": "w", "drivers": "x"}',
     b'{"ifname": "w", "permitted_cpus": []}', b'{"ifname": "w", "vectors": [1]}', b"[" * 100_000],
)  # fmt: skip
def test_what_describes_no_host_is_misuse(text):
    with pytest.raises(ConfigError, match="this describes no host"):
        read_host(text)
