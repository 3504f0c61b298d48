"""A Wi-Fi card as a source: its samples, its access point, and what it has to say in a room."""

import asyncio
import itertools

import pytest

from airsonde.apps.agent.feeds import opener_of
from airsonde.apps.agent.rooms import Rooms
from airsonde.apps.agent.settings import settings_of
from airsonde.apps.agent.signal_feed import SignalFeed
from airsonde.apps.agent.source import Source, SourceState
from airsonde.core.errors import ConfigError, DriverError, UnsupportedError
from airsonde.csi.events import MotionReading, Occupancy, PresenceReading
from airsonde.csi.pipeline import Pipeline
from airsonde.csi.signal import SignalLook
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.wifi_facts import Format, Rate, Station
from airsonde.radios.linux.signal import LinuxSignal
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.scene import Motion, Scene

CARD = Interface(index=3, name="wlan0")
SETTINGS = settings_of(
    {"sources": {"card": {"kind": "rssi", "interface": "lo", "room": "hall"}}}, "a"
).sources["card"]


def station(signal_dbm, inactive_ms=20, address=b"\2\0\0\0\1\0", rate=None):
    unknown = dict.fromkeys(Station.__dataclass_fields__)
    known = {"address": address, "signal_dbm": signal_dbm, "inactive_ms": inactive_ms}
    return Station(**unknown | known | {"rx_rate": rate})


class Card:
    """Answers as nl80211 does, with one list of stations after the other."""

    def __init__(self, *answers):
        self._answers = itertools.cycle(answers)

    async def stations(self, interface):
        return next(self._answers)

    async def aclose(self):
        self._answers = iter(())


def sample(*stations):
    return asyncio.run(LinuxSignal(CARD, Card(list(stations))).sample(7))


def test_a_sample_is_what_nl80211_tells_of_the_access_point():
    rate = Rate(mbit=144.4, ppdu_format=Format.HT, mcs=15, streams=2, width_mhz=20)
    told = sample(station(-58, rate=rate))
    assert (told.t_ns, told.signal_dbm, told.peer) == (7, -58.0, b"\2\0\0\0\1\0")
    assert told.rate == "HT 144.4 20"
    assert sample(station(-58)).rate is None


def test_what_was_not_heard_just_now_is_no_sample():
    assert sample(station(-58, inactive_ms=900)) is None
    assert sample(station(None)) is None


@pytest.mark.parametrize("stations", [[], [station(-50), station(-60)]])
def test_a_card_without_one_access_point_says_so(stations):
    with pytest.raises(DriverError, match="connect it to one"):
        sample(*stations)


class Told:
    """Notes what a source tells."""

    def __init__(self):
        self.looks, self.batches = [], 0

    def heard(self, source, heard):
        self.looks += heard.signal
        self.batches += len(heard.batches)

    def changed(self, source):
        """Its states are not what is looked at here."""


def test_a_card_is_heard_like_any_source():
    async def scenario():
        told = Told()
        card = Card([station(-50)], [station(-51)], [station(-50, inactive_ms=800)])
        source = Source("card", 0, SETTINGS, lambda: SignalFeed(CARD, card), told)
        task = asyncio.create_task(source.run())
        async with asyncio.timeout(15):
            while not told.looks:  # noqa: ASYNC110  (what is waited for has no event)
                await asyncio.sleep(0.05)
        state, rate_hz, counts = source.state, source.rate_hz(), source.counts()
        task.cancel()
        await asyncio.wait({task})
        return told, state, rate_hz, counts

    told, state, _, counts = asyncio.run(scenario())
    assert state is SourceState.HEARING
    assert told.batches == 0
    assert told.looks[0].presence.verdict is Occupancy.UNKNOWN
    assert told.looks[0].samples <= counts.frames
    assert counts.skipped["nothing heard"] > 0


def test_a_card_that_loses_its_access_point_ends_the_session():
    async def scenario():
        feed = SignalFeed(CARD, Card([station(-50)], []))
        async for _ in feed.heard(Pipeline("card")):
            """Until it fails."""

    with pytest.raises(DriverError, match="wlan0 has no access point"):
        asyncio.run(scenario())


def test_an_interface_that_is_none_or_has_no_wifi_is_said():
    missing = SETTINGS.model_copy(update={"interface": "none0"})
    with pytest.raises(UnsupportedError, match="there is no interface"):
        opener_of(missing)()

    async def ask():
        feed = opener_of(SETTINGS)()
        try:
            async for _ in feed.heard(Pipeline("card")):
                """The loopback has no access point."""
        finally:
            await feed.aclose()

    with pytest.raises(DriverError, match=r"cfg80211|no access point|refuse|not"):
        asyncio.run(ask())


def test_it_has_no_calibration():
    table = {"kind": "rssi", "interface": "wlan0", "calibration": "hall"}
    with pytest.raises(ConfigError, match=r"sources\.card\.calibration"):
        settings_of({"sources": {"card": table}}, "a")


def look(*, moving):
    motion = MotionReading(t_ns=5, window_id=0, score=1.0, threshold=1.0, moving=moving)
    verdict = Occupancy.MOVING if moving else Occupancy.UNKNOWN
    presence = PresenceReading(t_ns=5, verdict=verdict, confidence=0.6, reason="signal")
    return SignalLook(motion=motion, presence=presence, samples=10)


def hearing(name):
    source = Source(name, 0, SETTINGS, lambda: None, Told())
    source.state = SourceState.HEARING
    return source


def test_where_csi_is_heard_a_card_has_no_say():
    reader = SimulatedCapture(Scene(motion=Motion.EMPTY), seconds=6.0, seed=1)
    pipeline = Pipeline("desk")
    looks = [look for block in reader.blocks() for look in pipeline.feed(block).looks]
    rooms = Rooms()
    rooms.take_signal("card", look(moving=True), 9)
    rooms.take("desk", looks[-1], 9)
    room = rooms.room("hall", [hearing("card"), hearing("desk")])
    assert room["presence"] == looks[-1].presence.verdict.value != "moving"
    assert room["quality_score"] is not None


def test_a_room_of_a_card_alone_is_moving_or_unknown():
    rooms, card = Rooms(), hearing("card")
    rooms.take_signal("card", look(moving=True), 9)
    room = rooms.room("hall", [card])
    assert (room["presence"], room["moving"], room["confidence"]) == ("moving", True, 0.6)
    assert (room["breathing_bpm"], room["quality_score"], room["stale"]) == (None, None, False)
    rooms.take_signal("card", look(moving=None), 10)
    room = rooms.room("hall", [card])
    assert (room["presence"], room["moving"]) == ("unknown", None)
