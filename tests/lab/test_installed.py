"""The wheel as a fresh user installs it, and what it may touch: qdiscs, sysctl, files, units."""

import textwrap

import pytest

from airsonde import __version__
from lab.hwsim.guest import VENV, difference

pytestmark = pytest.mark.lab

# The sandbox of a program that shapes and tunes; the rest of the capabilities is not needed.
SANDBOX = """
    ProtectSystem=full
    CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW
    NoNewPrivileges=yes
    ReadWritePaths=/etc/modprobe.d /etc/sysctl.d -/etc/iwd
"""


def shape(ifname):
    """Put 50 Mbit/s CAKE on an interface and answer the kinds of qdisc that stand there."""
    from pyroute2 import IPRoute

    with IPRoute() as ipr:
        (index,) = ipr.link_lookup(ifname=ifname)
        cake = {"bandwidth": "50mbit", "diffserv_mode": "besteffort", "nat": True}
        ipr.tc("replace", "cake", index, root=True, **cake)
        return [dict(row["attrs"])["TCA_KIND"] for row in ipr.get_qdiscs(index=index)]


def test_the_commands_run(guest):
    assert __version__ in guest.sh(f"{VENV}/bin/airsonde --version")
    assert "nexmon-pcap" in guest.sh(f"{VENV}/bin/airsonde csi formats")


def test_nothing_of_airsonde_comes_from_the_checkout(guest):
    def origin():
        import airsonde

        return airsonde.__file__

    assert guest.call(origin).startswith(VENV)


def test_cake_by_netlink_reads_as_by_tc(guest):
    before = guest.snapshot()
    assert guest.call(shape, "wlan0") == ["cake"]
    shown = guest.sh("tc qdisc show dev wlan0")
    assert "qdisc cake" in shown
    assert "bandwidth 50Mbit besteffort" in shown
    assert " nat " in shown
    changed = difference(before, guest.snapshot())
    guest.sh("tc qdisc delete dev wlan0 root")
    assert [row.split(":")[0] for row in changed] == ["qdisc wlan0 root"]
    assert difference(before, guest.snapshot()) == []


def test_a_service_in_its_sandbox_may_do_what_it_needs_and_no_more(guest):
    before = guest.snapshot()
    budget = before["sysctl"]["net/core/netdev_budget"]
    script = f"""
        tc qdisc replace dev wlan0 root cake bandwidth 30mbit besteffort nat || exit 10
        sysctl -w net.core.netdev_budget=400 || exit 11
        echo '# lab' >/etc/sysctl.d/90-lab.conf || exit 12
        echo '# lab' >/etc/NetworkManager/conf.d/lab-test.conf && exit 13
        modprobe dummy && exit 14
        {VENV}/bin/airsonde --version || exit 15
        exec sleep infinity
    """
    guest.start_unit("lab-sandbox", textwrap.dedent(script), SANDBOX)
    try:
        guest.until("tc qdisc show dev wlan0 | grep -q 'bandwidth 30Mbit'")
        guest.until("journalctl -u lab-sandbox | grep -q 'airsonde, version'")
        assert guest.sh("systemctl is-active lab-sandbox").strip() == "active"
        changed = difference(before, guest.snapshot())
    finally:
        guest.remove_unit("lab-sandbox")
        guest.sh("tc qdisc delete dev wlan0 root")
        guest.sh(f"sysctl -w net.core.netdev_budget={budget}; rm /etc/sysctl.d/90-lab.conf")
    names = {row.split(": ")[0] for row in changed}
    assert "qdisc wlan0 root" in names
    assert "sysctl net/core/netdev_budget" in names
    assert "file /etc/sysctl.d/90-lab.conf" in names
    assert not any("NetworkManager" in name for name in names)
    assert difference(before, guest.snapshot()) == []
