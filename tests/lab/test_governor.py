"""The governor from its wheel, as the service it ships: it governs, heals, and leaves nothing."""

import json
from contextlib import contextmanager

import pytest

from lab.hwsim.governor import CONFIG, SHAPED, V3
from lab.hwsim.guest import difference
from lab.hwsim.inside.radios import GATEWAY
from lab.hwsim.station import REPLY, bssid, link, roam

pytestmark = pytest.mark.lab

IFB = "tc qdisc show | grep -q 'cake a150: dev airsonde.* bandwidth'"
EACH_AP = "for ap in ap2 ap5 ap5b ap6; do ip netns exec air tc qdisc {}; done"


@contextmanager
def congested(guest):
    """A download that fills half a second of queue before the station."""
    guest.sh(EACH_AP.format("add dev $ap root tbf rate 8mbit burst 16kb latency 500ms"))
    load = guest.spawn(f"iperf3 -c {GATEWAY} -R -P 4 -t 120 >/dev/null")
    try:
        yield
    finally:
        guest.sh("pkill -f 'iperf3 -c'; " + EACH_AP.format("delete dev $ap root"))
        guest.machine.wait(load, limit_s=180)


def test_it_runs_as_the_service_it_ships(governor):
    guest = governor.guest
    governor.run()
    assert guest.sh("systemctl is-active airsonde").strip() == "active"
    assert guest.sh("readlink /usr/bin/airsonde /usr/bin/hifi-wifi").split() == [
        "/var/lib/airsonde/program/bin/airsonde",
        "/var/lib/airsonde/program/bin/hifi-wifi",
    ]
    status = governor.status()
    assert status["interfaces"]["wlan0"]["ap"]["bssid"] == link(guest).bssid
    assert status["interfaces"]["wlan0"]["ap"]["signal_dbm"] == pytest.approx(-40, abs=3)
    kinds = {entry["kind"] for entry in status["changed"]}
    assert {"qdisc", "sysctl"} <= kinds  # a simulated radio stands well otherwise
    shown = guest.sh("tc qdisc show dev wlan0")
    assert " besteffort " in shown
    assert " nat " in shown
    guest.sh("rm /usr/bin/hifi-wifi; systemctl restart airsonde")
    guest.until("test -L /usr/bin/hifi-wifi")


def test_cake_follows_the_rate_and_comes_back(governor):
    guest = governor.guest
    roam(guest, bssid(guest, "ap2"))
    governor.run(V3)
    first = guest.sh("tc qdisc show dev wlan0 | grep -o 'bandwidth [^ ]*'").strip()
    assert first.endswith("bit")
    roam(guest, bssid(guest, "ap6"))
    ping = guest.spawn(f"ping -i 0.02 -s 1400 -w 60 {GATEWAY} >/dev/null")
    guest.until(f"! tc qdisc show dev wlan0 | grep -q '{first} '", limit_s=120)
    guest.sh("pkill ping")
    guest.machine.wait(ping, limit_s=60)
    guest.sh("tc qdisc delete dev wlan0 root")
    guest.until(SHAPED)
    assert any("took our queue away" in note for note in governor.notes())


def test_a_deleted_ifb_is_healed_and_undone(governor):
    """What is received goes through an IFB once it waited somewhere; without it all is lost."""
    guest = governor.guest
    before = guest.snapshot()
    governor.run()
    with congested(guest):
        guest.until(IFB, limit_s=180)
        guest.sh("for ifb in $(ls /sys/class/net | grep ^airsonde); do ip link delete $ifb; done")
        guest.until(IFB)
        guest.until(REPLY)
    guest.sh("tc qdisc delete dev wlan0 ingress")
    guest.until("tc filter show dev wlan0 ingress | grep -q airsonde")
    governor.stop()
    assert governor.left(before) == []


def test_a_dry_run_changes_nothing(governor):
    guest = governor.guest
    guest.sh(f"rm -f {CONFIG}")
    before = guest.snapshot()
    told = guest.run("timeout -s INT 15 airsonde link run --dry-run").output
    decided = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert {"set_shaping", "set_power_save"} <= {d.get("action") for d in decided}
    assert difference(before, guest.snapshot()) == []


def test_a_stop_and_a_kill_leave_the_host_as_it_was(governor):
    guest = governor.guest
    before = guest.snapshot()
    governor.run()
    assert governor.left(before) != []
    governor.stop()
    assert governor.left(before) == []
    governor.run()
    guest.sh("systemctl kill --signal KILL airsonde")
    guest.until("systemctl show -p NRestarts airsonde | grep -q =1")
    guest.until(SHAPED)
    governor.stop()
    assert governor.left(before) == []


def test_a_read_only_etc_is_said_and_survived(governor):
    guest = governor.guest
    guest.sh("rm -f /usr/bin/hifi-wifi")
    before = guest.snapshot()
    read_only = "for d in /etc /usr; do mount --bind $d $d && mount -o remount,bind,ro $d; done"
    guest.sh(read_only)
    try:
        guest.sh("systemctl start airsonde")
        guest.until(SHAPED)
        notes = governor.notes()
        healed = guest.sh("journalctl -b -u airsonde")
        governor.stop()
    finally:
        guest.sh("umount --lazy /etc /usr")  # whoever started meanwhile holds files in them
    assert any("/etc/sysctl.d/90-airsonde.conf" in note for note in notes)
    assert "cannot write /usr/bin/hifi-wifi: the file system is read-only" in healed
    assert governor.left(before) == []


def test_nothing_is_left_by_uninstall(governor):
    guest = governor.guest
    governor.uninstall()
    before = guest.snapshot()
    governor.install()
    governor.run()
    said = guest.sh("airsonde link uninstall", limit_s=600)
    assert "nothing of airsonde is left" in said
    assert guest.run("systemctl status airsonde").status == 4  # no such unit
    assert difference(before, guest.snapshot()) == []
