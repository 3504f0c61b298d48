"""Short ways to say what is observed."""

from airsonde.core.ids import MacAddress
from airsonde.link.governor import governor
from airsonde.link.model import Bss, Estimates, Observation, Situation

S = 1_000_000_000
HOME = "home"


def mac(number):
    return MacAddress(bytes([2, 0, 0, 0, 0, number]))


def bss(number, freq_mhz=2437, signal_dbm=-50.0, ssid=HOME, scan=None):
    return Bss(
        bssid=mac(number), ssid=ssid, freq_mhz=freq_mhz, signal_dbm=signal_dbm, seen_scan_id=scan
    )


def seen(t_s=0.0, **fields):
    return Observation(t_ns=round(t_s * S), ifname="wlan0", **fields)


def situation(t_s=0.0, *, game=False, may_roam=True, woke=False, estimates=None, **fields):
    estimates = estimates or Estimates()
    return Situation(
        obs=seen(t_s, **fields),
        estimates=estimates,
        game=game,
        may_roam=may_roam,
        woke=woke,
    )


def run(preset, observations, only=None):
    """(seconds, action) of everything a preset says, a setting as often as it is said."""
    decide = governor(preset)
    return [
        (obs.t_ns / S, action)
        for obs in observations
        for action in decide.step(obs)
        if only is None or isinstance(action, only)
    ]
