"""The governor while its host changes under it: radios, names, NetworkManager, another backend."""

import pytest

from lab.hwsim.governor import SHAPED
from lab.hwsim.station import PROFILE, REPLY, connect, link

pytestmark = pytest.mark.lab

GOVERNED = "airsonde link status | grep -q '^{} '"


def test_a_radio_is_plugged_in_renamed_and_pulled_out(governor):
    guest = governor.guest
    before = guest.snapshot()
    governor.run()
    radio = guest.plug()
    guest.until(GOVERNED.format(radio.ifname))
    guest.sh(f"ip link set {radio.ifname} down; ip link set {radio.ifname} name radio9")
    guest.until(GOVERNED.format("radio9"))
    guest.until("! " + GOVERNED.format(radio.ifname))
    guest.unplug(radio)
    guest.until("! " + GOVERNED.format("radio9"))
    targets = {entry["target"] for entry in governor.status()["changed"]}
    assert not any("radio9" in t or radio.ifname in t for t in targets)
    assert governor.status()["interfaces"].keys() == {"wlan0"}
    governor.stop()
    assert governor.left(before) == []


def test_network_manager_restarts(governor):
    guest = governor.guest
    governor.run()
    process = "systemctl show -p MainPID airsonde"
    before = guest.sh(process)
    guest.sh("systemctl restart NetworkManager")
    guest.until(f"nmcli -g GENERAL.STATE device show wlan0 | grep -q 100 && {REPLY}", limit_s=180)
    guest.until("airsonde link status | grep -q 'wlan0 .* connected'")
    guest.until(SHAPED)
    connection = guest.sh("nmcli -g GENERAL.CON-UUID device show wlan0").strip()
    seen = guest.rows("airsonde link record --count 1")
    assert seen["connection"] == connection
    assert guest.sh(process) == before


def test_iwd_is_left_to_choose_and_that_is_said(governor):
    guest = governor.guest
    try:
        guest.radios("backend", "iwd")
        guest.sh(f"nmcli connection delete {PROFILE}")
        connect(guest)
        before = guest.snapshot()
        governor.run()
        found = guest.run("airsonde link doctor").output
        assert "iwd: it chooses access points itself" in found
        status = governor.status()["interfaces"]["wlan0"]
        assert status["ap"]["bssid"] == link(guest).bssid
        assert guest.sh("grep -c . /etc/iwd/main.conf").strip() != "0"
        assert any("iwd reads its settings" in note for note in governor.notes())
        governor.stop()
        assert governor.left(before) == []
    finally:
        governor.stop()
        guest.radios("backend", "wpa_supplicant")
    guest.until("nmcli -t -f DEVICE,STATE device | grep -q ^wlan0:")
