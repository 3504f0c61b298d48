"""The simulated air behaves as the governor's drivers rely on."""

import pytest

from lab.hwsim.inside.radios import ACCESS_POINTS, GATEWAY
from lab.hwsim.station import (
    PROFILE,
    REPLY,
    active_bssid,
    bssid,
    carried_bytes,
    connect,
    link,
    lost_pings,
    roam,
    scan,
)

pytestmark = pytest.mark.lab


def test_network_manager_sees_the_station_and_every_access_point(guest):
    assert guest.sh("nmcli -g RUNNING general").strip() == "running"
    assert "wlan0:wifi" in guest.sh("nmcli -t -f DEVICE,TYPE device")
    everyone = {bssid(guest, point.name) for point in ACCESS_POINTS}
    seen = set()
    for _ in range(5):  # one scan may miss beacons while the emulated processor is busy
        seen |= scan(guest)
        if seen >= everyone:
            break
    assert seen == everyone


def test_the_station_connects_and_traffic_flows_through_its_access_point(connected):
    addresses = {bssid(connected, point.name): point.name for point in ACCESS_POINTS}
    mine = addresses[link(connected).bssid]
    before = {name: carried_bytes(connected, name) for name in addresses.values()}
    connected.sh(f"ping -c 20 -i 0.1 -s 1400 {GATEWAY}")
    carried = {name: carried_bytes(connected, name) - before[name] for name in before}
    assert carried[mine] > 2 * 20 * 1400
    assert all(carried[name] < 20 * 1400 for name in carried if name != mine)


def test_the_supplicant_roams_to_a_worse_access_point_and_back(connected):
    preferred, worse = bssid(connected, "ap5"), bssid(connected, "ap2")
    connected.radios("signal", "ap2", -65)
    scan(connected)
    roam(connected, preferred)
    for address in (worse, preferred):
        connected.until(REPLY)
        ping = connected.spawn(f"ping -i 0.05 -c 100 -W 2 {GATEWAY} | tee pings")
        connected.until("grep -q icmp_seq=20 pings")
        roam(connected, address)
        output = connected.finish(ping)
        assert link(connected).bssid == address
        assert lost_pings(output, 100) <= 5
        connected.until(
            f"nmcli -t -e no -f ACTIVE,BSSID dev wifi list --rescan no | grep -qi yes:{address}"
        )
        assert active_bssid(connected) == address


def test_nl80211_sees_the_signal_change(connected):
    roam(connected, bssid(connected, "ap5"))
    for dbm in (-72, -48):
        connected.radios("signal", "ap5", dbm)
        connected.until(f"{REPLY} && iw dev wlan0 link | grep -q 'signal: {dbm} '")
        assert link(connected).dbm == dbm


def test_a_radio_comes_and_goes(guest):
    plugged = guest.plug()
    guest.until(f"nmcli -t -f DEVICE,STATE device | grep -q ^{plugged.ifname}:disconnected")
    guest.unplug(plugged)
    guest.until(f"! nmcli -t -f DEVICE device | grep -q ^{plugged.ifname}$")
    assert plugged.ifname not in guest.sh("ls /sys/class/net").split()


def test_an_access_point_goes_and_comes(connected):
    mine = bssid(connected, "ap5")
    roam(connected, mine)
    connected.radios("stop", "ap5")
    connected.until(f"iw dev wlan0 link | grep Connected | grep -vq {mine}", limit_s=120)
    connected.radios("start", "ap5")
    connected.until(f"nmcli -t -e no -f BSSID dev wifi list --rescan yes | grep -qi {mine}")
    assert link(connected).bssid != mine


def test_iwd_serves_network_manager(connected):
    try:
        connected.radios("backend", "iwd")
        # NetworkManager hands iwd the passphrase of profiles that are made while iwd runs.
        connected.sh(f"nmcli connection delete {PROFILE}")
        connect(connected)
        assert link(connected).bssid in {bssid(connected, point.name) for point in ACCESS_POINTS}
        assert connected.sh("systemctl is-active iwd").strip() == "active"
    finally:
        connected.radios("backend", "wpa_supplicant")
    connected.until("nmcli -t -f DEVICE,STATE device | grep -q ^wlan0:")
    assert connected.run("systemctl is-active --quiet iwd").status != 0
