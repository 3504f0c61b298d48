"""The governor from its wheel, as the service it ships, against the real kernel and daemons."""

import json

import pytest

from lab.hwsim.guest import VENV, difference
from lab.hwsim.station import REPLY, active_bssid, bssid, connect, link, lost_pings, roam

pytestmark = pytest.mark.lab

CONFIG = "/etc/airsonde/airsonde.toml"
CAKE = "tc qdisc show dev wlan0 | grep -q 'cake a150:'"
# Evidence of three scans is waited for as shortly as NetworkManager lets anybody scan.
ADAPTIVE = "[link.roaming]\nscan_weak_s = 9.0\nscan_idle_s = 9.0\n"
V3 = '[governor]\npreset = "v3"\n'


class Installed:
    """The service in the guest, and how the guest stood before it."""

    def __init__(self, guest):
        self.guest = guest
        self.before = guest.snapshot()
        guest.sh(f"{VENV}/bin/airsonde link install", limit_s=300)

    def runs(self, config):
        """Start anew with these settings; the journal is empty then."""
        self.guest.sh(
            f"mkdir -p /etc/airsonde; systemctl stop airsonde; printf '{config}' >{CONFIG}"
        )
        self.guest.sh("systemctl start airsonde")
        self.guest.until(CAKE)

    def status(self):
        return json.loads(self.guest.sh("airsonde link status --json"))


@pytest.fixture(scope="module")
def installed(guest):
    connect(guest)
    service = Installed(guest)
    yield service
    guest.run("airsonde link uninstall")


@pytest.fixture
def service(installed):
    connect(installed.guest)
    return installed


def near(guest, **dbm):
    """Each access point at its level, the rest at -65 dBm."""
    for name in ("ap2", "ap5", "ap5b", "ap6"):
        guest.radios("signal", name, dbm.get(name, -65))


def test_it_runs_as_the_service_it_ships(service):
    guest = service.guest
    service.runs("")
    assert guest.sh("systemctl is-active airsonde").strip() == "active"
    assert guest.sh("readlink /usr/bin/airsonde /usr/bin/hifi-wifi").split() == [
        "/var/lib/airsonde/program/bin/airsonde",
        "/var/lib/airsonde/program/bin/hifi-wifi",
    ]
    status = service.status()
    assert status["interfaces"]["wlan0"]["ap"]["bssid"] == link(guest).bssid
    assert status["interfaces"]["wlan0"]["ap"]["signal_dbm"] == pytest.approx(-40, abs=3)
    kinds = {entry["kind"] for entry in status["changed"]}
    assert {"qdisc", "sysctl"} <= kinds  # a simulated radio stands well otherwise
    shown = guest.sh("tc qdisc show dev wlan0")
    assert " besteffort " in shown
    assert " nat " in shown
    guest.sh("rm /usr/bin/hifi-wifi; systemctl restart airsonde")
    guest.until("test -L /usr/bin/hifi-wifi")


def test_cake_follows_the_rate_and_comes_back(service):
    guest = service.guest
    roam(guest, bssid(guest, "ap2"))
    service.runs(V3)
    first = guest.sh("tc qdisc show dev wlan0 | grep -o 'bandwidth [^ ]*'").strip()
    assert first.endswith("bit")
    roam(guest, bssid(guest, "ap6"))
    ping = guest.spawn("ping -i 0.02 -s 1400 -w 60 10.99.0.1 >/dev/null")
    guest.until(f"! tc qdisc show dev wlan0 | grep -q '{first} '", limit_s=120)
    guest.sh("pkill ping")
    guest.machine.wait(ping, limit_s=60)
    guest.sh("tc qdisc delete dev wlan0 root")
    guest.until(CAKE, limit_s=20)
    notes = [d.get("note", "") for d in service.status()["decisions"]]
    assert any("took our queue away" in note for note in notes)


@pytest.mark.parametrize(("config", "dbm"), [(V3, -50), (ADAPTIVE, -44)], ids=["v3", "adaptive"])
def test_it_roams_to_the_access_point_whose_score_wins(service, config, dbm):
    """From the loudest one, which the supplicant would keep, to a quieter one at 5 GHz."""
    guest = service.guest
    guest.sh("systemctl stop airsonde")
    near(guest, ap2=-40, ap5=dbm)
    roam(guest, bssid(guest, "ap2"))
    guest.until(REPLY)
    service.runs(config)
    if config == V3:  # it does not scan by itself, so what the roam alone costs can be counted
        guest.sh("nmcli device wifi list ifname wlan0 --rescan yes >/dev/null")
    ping = guest.spawn("ping -i 0.2 -w 150 10.99.0.1 | tee pings")
    target = bssid(guest, "ap5")
    guest.until(f"iw dev wlan0 link | grep -qi {target}", limit_s=140)
    guest.until(REPLY)
    guest.sh("pkill -INT ping; sleep 1")
    output = guest.machine.wait(ping, limit_s=180).output
    sent = int(output.rpartition(" packets transmitted")[0].rpartition("\n")[2])
    assert config != V3 or lost_pings(output, sent) <= 5
    assert link(guest).bssid == target
    guest.until(f"nmcli -t -e no -f ACTIVE,BSSID dev wifi list --rescan no | grep -qi yes:{target}")
    assert active_bssid(guest) == target
    roams = [d for d in service.status()["decisions"] if d.get("action") == "roam"]
    assert [d["bssid"] for d in roams] == [target]
    assert roams[0]["because"]["rule"] in {"better for long enough", "better for long enough: roam"}


def test_it_stays_where_nothing_scores_better(service):
    guest = service.guest
    guest.sh("systemctl stop airsonde")
    near(guest, ap2=-40)
    roam(guest, bssid(guest, "ap2"))
    service.runs(V3)
    guest.sh("nmcli device wifi list ifname wlan0 --rescan yes >/dev/null; sleep 12")
    assert link(guest).bssid == bssid(guest, "ap2")
    assert not [d for d in service.status()["decisions"] if d.get("action") == "roam"]


def test_a_dry_run_changes_nothing(service):
    guest = service.guest
    guest.sh(f"systemctl stop airsonde; rm -f {CONFIG}")
    before = guest.snapshot()
    told = guest.run("timeout -s INT 15 airsonde link run --dry-run").output
    decided = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert {"set_shaping", "set_power_save"} <= {d.get("action") for d in decided}
    assert difference(before, guest.snapshot()) == []


def test_a_stop_and_a_kill_leave_the_host_as_it_was(service):
    guest = service.guest
    guest.sh("systemctl stop airsonde")
    before = guest.snapshot()
    service.runs("")
    assert difference(before, guest.snapshot()) != []
    guest.sh("systemctl stop airsonde")
    mine = ("file /var/lib/airsonde", f"file {CONFIG}")
    assert [r for r in difference(before, guest.snapshot()) if not r.startswith(mine)] == []
    service.runs("")
    guest.sh("systemctl kill --signal KILL airsonde")
    guest.until("systemctl show -p NRestarts airsonde | grep -q =1")
    guest.until(CAKE)
    guest.sh("systemctl stop airsonde")
    assert [r for r in difference(before, guest.snapshot()) if not r.startswith(mine)] == []


def test_nothing_is_left_by_uninstall(service):
    guest = service.guest
    service.runs("")
    said = guest.sh("airsonde link uninstall", limit_s=180)
    assert "nothing of airsonde is left" in said
    assert guest.run("systemctl status airsonde").status == 4  # no such unit
    assert difference(service.before, guest.snapshot()) == []
