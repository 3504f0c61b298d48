"""Roams happen on evidence, one at a time, and are taken back when they were wrong."""

import itertools

import pytest

from airsonde.link.model import Estimates, Roam, Scan
from airsonde.link.roaming import Roaming
from tests.link.build import bss, mac, situation


def live(roaming, seconds, *, here=1, signal=-60.0, other=-60.0, scan_s=10, obeys=True, **fields):
    """Feed observations every 2 s, a scan every `scan_s`; (second, action) of what is said."""
    done, at = [], here
    for t in range(int(seconds.start), int(seconds.stop), 2):
        scan = t // scan_s + 1
        there = 3 - at
        now = situation(
            t, connected=True, scan_id=scan,
            ap=bss(at, 2437 if at == 1 else 5180, signal if at == 1 else other),
            candidates=(bss(there, 2437 if there == 1 else 5180, signal if there == 1 else other, scan=scan),),
            **fields,
        )  # fmt: skip
        for action in roaming.step(now):
            done.append((t, action))
            if isinstance(action, Roam) and obeys:
                at = action.bssid[-1]
    return done


def roams(done):
    return [(t, a.bssid) for t, a in done if isinstance(a, Roam)]


def test_three_scans_not_three_observations():
    done = live(Roaming(), range(60))
    assert roams(done) == [(20, mac(2))]


def test_one_stale_scan_is_never_enough():
    assert roams(live(Roaming(), range(600), scan_s=10_000)) == []


def test_the_margin_is_eight_decibels():
    assert roams(live(Roaming(), range(120), other=-68.0)) == []
    assert roams(live(Roaming(), range(120), other=-67.0)) == [(20, mac(2))]


def test_a_weak_candidate_is_not_worth_it():
    assert roams(live(Roaming(), range(120), signal=-76.0, other=-73.0)) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"game": True}, "game"),
        ({"estimates": Estimates(rx_mbit=9.0)}, "traffic"),
    ],
)
def test_nobody_is_disturbed(fields, reason):
    roaming = Roaming()
    assert roams(live(roaming, range(32), **fields)) == []
    live(roaming, range(40, 42), **fields)
    assert reason in roaming.why().blocked_by


def test_a_network_may_be_left_alone():
    roaming = Roaming()
    assert live(roaming, range(120), may_roam=False) == []
    assert roaming.why().rule == "not on this network"


def test_a_failing_link_is_left_at_once_even_in_a_game():
    done = live(Roaming(), range(20), signal=-85.0, other=-75.0, game=True)
    assert roams(done) == [(0, mac(2))]


def test_no_voluntary_scan_in_a_game():
    assert live(Roaming(), range(400), signal=-75.0, other=-90.0, game=True) == []


def test_scans_come_as_the_link_needs_them():
    def at(signal):
        done = live(Roaming(), range(300), signal=signal, other=-99.0)
        return sum(isinstance(a, Scan) for _, a in done)

    assert (at(-50.0), at(-73.0), at(-85.0)) == (1, 15, 38)


def test_after_a_roam_the_access_point_is_kept_a_minute():
    roaming = Roaming()
    assert roams(live(roaming, range(40))) == [(20, mac(2))]
    done = live(roaming, range(40, 200), here=2, signal=-40.0, other=-72.0)
    assert [t >= 82 for t, _ in roams(done)] == [True]


def test_going_back_costs_more():
    roaming = Roaming()
    live(roaming, range(40))
    assert roams(live(roaming, range(200, 400), here=2, signal=-40.0, other=-65.0)) == []
    assert roams(live(roaming, range(1000, 1040), here=2, signal=-40.0, other=-65.0)) != []


def test_a_roam_that_did_not_happen_is_avoided_longer_each_time():
    done = roams(live(Roaming(), range(1200), obeys=False))
    waits = [b - a for (a, _), (b, _) in itertools.pairwise(done)]
    assert len(done) >= 4
    assert all(longer > 1.5 * shorter for shorter, longer in itertools.pairwise(waits))


def test_a_worse_link_is_taken_back():
    roaming = Roaming()
    live(roaming, range(20))
    assert roams(live(roaming, range(20, 22))) == [(20, mac(2))]
    done = live(roaming, range(22, 40), here=2, other=-85.0)
    assert roams(done) == [(26, mac(1))]


def test_a_lost_association_is_taken_back():
    roaming = Roaming()
    live(roaming, range(22))
    actions = [a for t in (22, 24, 26) for a in roaming.step(situation(t, connected=False))]
    assert [a.bssid for a in actions] == [mac(1)]
    assert roaming.why().rule == "the association was lost: taken back"


def test_a_choice_of_the_supplicant_is_no_fault():
    roaming = Roaming()
    live(roaming, range(22))
    assert not roaming.step(situation(22, connected=True, ap=bss(7, 5180, -50.0)))
    assert roaming.why().rule == "somebody else chose another access point"


def test_of_equal_candidates_the_lower_bssid():
    roaming = Roaming()
    for scan in (1, 2, 3):
        candidates = (bss(9, 5180, -55.0, scan=scan), bss(4, 5180, -55.0, scan=scan))
        now = situation(scan * 10, ap=bss(1), scan_id=scan, candidates=candidates)
        done = [a for a in roaming.step(now) if isinstance(a, Roam)]
    assert [a.bssid for a in done] == [mac(4)]
