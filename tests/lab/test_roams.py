"""The governor roams where the score wins, takes back what was wrong, and is never torn."""

import itertools

import pytest

from lab.hwsim.governor import EAGER, V3, roam_asked, stand_at
from lab.hwsim.inside.radios import GATEWAY, PASSPHRASE
from lab.hwsim.station import REPLY, active_bssid, bssid, link, lost_pings, roam

pytestmark = pytest.mark.lab

FADED_S = 600


@pytest.mark.parametrize(("config", "dbm"), [(V3, -50), (EAGER, -44)], ids=["v3", "adaptive"])
def test_it_roams_to_the_access_point_whose_score_wins(governor, config, dbm):
    """From the loudest one, which the supplicant would keep, to a quieter one at 5 GHz."""
    guest = governor.guest
    stand_at(guest, "ap2", ap2=-40, ap5=dbm)
    guest.until(REPLY)
    if config == V3:  # it does not scan by itself, so what the roam alone costs can be counted
        guest.sh("nmcli device wifi list ifname wlan0 --rescan yes >/dev/null")
    ping = guest.spawn(f"ping -i 0.2 {GATEWAY} >pings")
    governor.run(config)
    target = bssid(guest, "ap5")
    guest.until(f"iw dev wlan0 link | grep -qi {target}", limit_s=400)
    guest.sh("sleep 10; pkill -INT ping")
    guest.machine.wait(ping, limit_s=180)
    output = guest.sh("cat pings")
    sent = int(output.rpartition(" packets transmitted")[0].rpartition("\n")[2])
    assert config != V3 or lost_pings(output, sent) <= 5
    guest.until(REPLY)
    assert link(guest).bssid == target
    guest.until(f"nmcli -t -e no -f ACTIVE,BSSID dev wifi list --rescan no | grep -qi yes:{target}")
    assert active_bssid(guest) == target
    roams = governor.decisions("roam")
    assert [d["bssid"] for d in roams] == [target]
    assert roams[0]["because"]["rule"] in {"better for long enough", "better for long enough: roam"}


def test_it_stays_where_nothing_scores_better(governor):
    guest = governor.guest
    stand_at(guest, "ap2", ap2=-40)
    governor.run(V3)
    guest.sh("nmcli device wifi list ifname wlan0 --rescan yes >/dev/null; sleep 12")
    assert link(guest).bssid == bssid(guest, "ap2")
    assert governor.decisions("roam") == []


def test_a_failed_handshake_is_taken_back_and_avoided(governor):
    """The better access point knows another passphrase of the same network."""
    guest = governor.guest
    stand_at(guest, "ap2", ap2=-40)
    guest.radios("secret", "ap5", "something-else")
    try:
        guest.radios("signal", "ap5", -44)
        guest.until(REPLY)
        governor.run(EAGER)
        target = bssid(guest, "ap5")
        guest.until(roam_asked(target), limit_s=600)
        guest.until(REPLY, limit_s=120)
        guest.sh("nmcli device wifi list ifname wlan0 --rescan yes >/dev/null; sleep 30")
        assert link(guest).bssid not in {None, target}
        assert [d["bssid"] for d in governor.decisions("roam")].count(target) == 1
        roam(guest, bssid(guest, "ap5b"))  # it is not held to where it went back to
    finally:
        guest.radios("secret", "ap5", PASSPHRASE)


def test_fading_does_not_toss_it_to_and_fro(governor):
    """Ten minutes at a spot where two access points are as good, as the guest's clock goes."""
    guest = governor.guest
    stand_at(guest, "ap5", ap2=-80, ap5=-60, ap5b=-60, ap6=-85)
    governor.run(EAGER)
    guest.radios("fade", FADED_S, "ap5", "ap5b", limit_s=3600)
    roams = governor.decisions("roam")
    times_s = [d["t_ns"] / 1e9 for d in roams]
    assert len(roams) <= 2  # 4 an hour where scans are asked for every 20 s
    assert all(later - earlier > 60 for earlier, later in itertools.pairwise(times_s))
    guest.until(REPLY)
