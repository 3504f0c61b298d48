"""Presets as a whole: what always holds, whatever is observed."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.errors import ConfigError
from airsonde.core.step import Setting
from airsonde.link.estimate import Estimator
from airsonde.link.governor import (
    MOST_INTERFACES,
    PRESETS,
    AdaptiveConfig,
    Governor,
    Standing,
    adaptive,
    governor,
)
from airsonde.link.model import HandsOff, Observation, Roam, SetPowerSave, SetShaping
from airsonde.link.network_policy import NetworkConfig, NetworkRule
from airsonde.link.powersave import PowerSaveConfig
from tests.link.build import S, bss, run, seen


def chaos(seed):
    """Up to 40 observations in order of time, of which anything may be unknown or extreme."""
    r = random.Random(seed)

    def maybe(value):
        return None if r.random() < 0.2 else value

    def count():
        return maybe(r.choice([r.randrange(1 << 62), r.randrange(5000)]))

    def access_point():
        where = r.choice([2437, 5180, 5975, 60480])
        ssid = r.choice(["home", "home", "other", None])
        return bss(r.randint(1, 4), where, maybe(r.uniform(-110, 0)), ssid, maybe(r.randint(0, 3)))

    return [
        Observation(
            t_ns=t_ns,
            ifname=r.choice(["wlan0", "wlan1", "veth0"]),
            kind=r.choice(["wifi", "ethernet"]),
            bitrate_mbit=maybe(r.choice([0.0, 6.0, r.uniform(0, 2000), 1e6])),
            rx_packets=count(),
            tx_packets=count(),
            cpu_busy=count(),
            cpu_total=count(),
            on_battery=maybe(r.random() < 0.5),
            connected=maybe(r.random() < 0.8),
            ap=maybe(access_point()),
            scan_id=maybe(r.randint(0, 5)),
            candidates=tuple(access_point() for _ in range(r.randrange(4))),
            tx_retries=count(),
            channel_busy=maybe(r.random()),
            gateway_rtt_ms=maybe(r.choice([3.0, r.uniform(0, 1e6)])),
            up_delay_ms=maybe(r.choice([1.0, r.uniform(0, 1e6)])),
            rx_bytes=count(),
            tx_bytes=count(),
            metered=maybe(r.random() < 0.1),
        )
        for t_ns in sorted(r.randrange(600 * S) for _ in range(r.randrange(40)))
    ]


signals = st.floats(-110, 0)
traces = st.integers(0, 1 << 32).map(chaos)
both = pytest.mark.parametrize("preset", PRESETS)


@both
@given(traces)
def test_two_instances_say_the_same(preset, trace):
    assert run(preset, trace) == run(preset, trace)


@both
@given(traces)
def test_virtual_interfaces_are_never_touched(preset, trace):
    assert all(not a.ifname.startswith("veth") for _, a in run(preset, trace))


@both
@given(traces)
def test_interfaces_keep_apart(preset, trace):
    together = [x for x in run(preset, trace) if x[1].ifname == "wlan0"]
    assert together == run(preset, [o for o in trace if o.ifname == "wlan0"])


@both
@given(traces)
def test_asking_why_changes_nothing(preset, trace):
    decide, silent = governor(preset), governor(preset)
    for obs in trace:
        assert list(decide.step(obs)) == list(silent.step(obs))
        assert all(reason.rule and reason.policy for reason in decide.why())


@both
@given(traces)
def test_a_setting_is_never_passed_on_twice(preset, trace):
    standing, last = Standing(), {}
    for _, action in run(preset, trace):
        if not standing.changes(action):
            continue
        if isinstance(action, HandsOff):
            last = {k: v for k, v in last.items() if v.ifname != action.ifname}
        elif isinstance(action, Setting):
            assert last.get(action.knob) != action
            last[action.knob] = action


@given(st.lists(st.tuples(signals, signals), min_size=60, max_size=60))
def test_roams_never_come_faster_than_the_dwell(heard):
    trace = [
        seen(
            2 * i, ap=bss(1, signal_dbm=max(here, -79.0)), connected=True, scan_id=i,
            candidates=(bss(2, 5180, there, scan=i),),
        )
        for i, (here, there) in enumerate(heard)
    ]  # fmt: skip
    times = [t for t, _ in run("adaptive", trace, Roam)]
    assert all(b - a >= 60 for a, b in itertools.pairwise(times))


def test_a_metered_network_is_left_alone_until_it_no_longer_is():
    trace = [seen(t, bitrate_mbit=100.0, metered=2 <= t < 8) for t in range(0, 12, 2)]
    done = run("adaptive", trace)
    assert [t for t, a in done if isinstance(a, HandsOff)] == [2]
    assert {t for t, a in done if isinstance(a, SetShaping)} == {0, 8, 10}
    standing = Standing()
    shaping = [t for t, a in done if standing.changes(a) and isinstance(a, SetShaping)]
    assert shaping == [0, 8]


@pytest.mark.parametrize("field", ["portal", "metered"])
def test_hands_off_says_why(field):
    decide = governor("adaptive")
    assert list(decide.step(seen(**{field: True}))) == [HandsOff(ifname="wlan0")]
    network = next(r for r in decide.why() if r.policy == "network")
    assert network.blocked_by == ({"portal": "captive portal"}.get(field, field),)


def test_a_rule_for_one_network():
    rules = (NetworkRule(ssid="home", hands_off=True), NetworkRule(connection="u", roam=False))

    def preset():
        return replace(adaptive(), networks=NetworkConfig(rules=rules))

    assert list(Governor(preset).step(seen(ap=bss(1)))) == [HandsOff(ifname="wlan0")]
    assert HandsOff(ifname="wlan0") not in Governor(preset).step(seen(ap=bss(1, ssid="work")))
    decide = Governor(preset)
    decide.step(seen(ap=bss(1, ssid="work"), connection="u"))
    assert next(r for r in decide.why() if r.policy == "roaming").rule == "not on this network"


def test_saving_begins_when_it_has_settled():
    trace = [seen(t, on_battery=t >= 2) for t in range(0, 14, 2)]
    done = run("adaptive", trace, SetPowerSave)
    assert [(t, a.enabled) for t, a in done] == [(0, False), (8, True), (10, True), (12, True)]


def test_memory_is_bounded():
    decide = governor("v3")
    for i in range(10 * MOST_INTERFACES):
        decide.step(Observation(t_ns=0, ifname=f"wlan{i}"))
    assert len(decide._interfaces) == MOST_INTERFACES


def test_an_unknown_preset_is_misuse():
    with pytest.raises(ConfigError, match="there are v3, adaptive"):
        governor("v4")


def test_observations_in_quick_succession_make_no_rates():
    """Twenty observations a second, ten packets each: two hundred a second, not a spike."""
    estimator = Estimator(span_s=0.9)
    rates = {
        estimator.push(seen(i / 20, rx_packets=10 * i + 40 * (i % 2), tx_packets=0)).packets_pps
        for i in range(200)
    }
    assert rates - {None}
    assert all(150 <= pps <= 250 for pps in rates - {None})


def test_thresholds_come_from_the_configuration():
    config = AdaptiveConfig(power_save=PowerSaveConfig(settle_s=0.0))
    done = Governor(lambda: adaptive(config)).step(seen(on_battery=True))
    assert SetPowerSave(ifname="wlan0", enabled=True) in done
