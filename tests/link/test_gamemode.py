"""What is a game, and what only looks busy."""

from dataclasses import replace

import pytest

from airsonde.link.gamemode import GameShape
from airsonde.link.model import Estimates
from tests.link.build import seen

GAME = Estimates(udp_rx_pps=60.0, udp_tx_pps=64.0)


def plays(sense, estimates, seconds=range(0, 20, 2), **fields):
    return [sense.push(seen(t, **fields), replace(estimates)) for t in seconds]


def test_small_steady_datagrams_both_ways():
    assert plays(GameShape(), GAME) == [False] * 3 + [True] * 7


def test_packets_stand_in_for_datagrams():
    estimates = Estimates(rx_pps=128.0, tx_pps=128.0, rx_mbit=0.2, tx_mbit=0.1)
    assert plays(GameShape(), estimates)[-1]


@pytest.mark.parametrize(
    ("estimates", "against"),
    [
        (Estimates(udp_rx_pps=9000.0, udp_tx_pps=900.0), "packet rate is not that of a game"),
        (Estimates(udp_rx_pps=2.0, udp_tx_pps=2.0), "packet rate is not that of a game"),
        (Estimates(udp_rx_pps=240.0, udp_tx_pps=20.0), "packets go one way"),
        (Estimates(rx_pps=200.0, tx_pps=100.0, rx_mbit=2.4, tx_mbit=0.05), "packets are large"),
        (Estimates(), "packet rates not known for long enough"),
    ],
)
def test_what_is_no_game(estimates, against):
    sense = GameShape()
    assert not any(plays(sense, estimates))
    assert sense.why().blocked_by == (against,)


def test_bursts_are_no_game():
    sense = GameShape()
    for t, pps in enumerate((40.0, 200.0, 20.0, 180.0, 30.0, 240.0)):
        assert not sense.push(seen(2 * t), Estimates(udp_rx_pps=pps, udp_tx_pps=pps))
    assert sense.why().blocked_by == ("packets are not steady",)


def test_a_registered_game_is_one_at_once():
    sense = GameShape()
    assert plays(sense, Estimates(), registered_games=1)[0]
    assert sense.why().rule == "registered with GameMode"


def test_it_is_held_for_thirty_seconds():
    sense = GameShape()
    plays(sense, GAME)
    assert plays(sense, Estimates(), range(20, 52, 2)) == [True] * 14 + [False] * 2


def test_a_sample_seen_again_is_no_sample():
    assert not any(GameShape().push(seen(t / 20), GAME) for t in range(100))
