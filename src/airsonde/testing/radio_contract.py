"""What every radio of the mesh promises, as tests that any of them can be put through.

Inherit `RadioContract` in a pytest module and say how a radio is made; the same controller that
runs the daemons' nodes is then run on it.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.mesh.model import CaptureProfile, NodeState, RadioMode, radio_mode
from airsonde.mesh.node import Controller
from airsonde.mesh.observation import NodeObservation, SetChannel, SetProfile
from airsonde.mesh.ports import RadioOps

_TICK_NS = 200_000_000


async def _accepted(order: Awaitable[None]) -> bool:
    """Whether an order was carried out; what is refused must be refused with a sentence."""
    try:
        await order
    except UnsupportedError as e:
        assert len(str(e)) > 10
        return False
    return True


class RadioContract(ABC):
    """Inherit, and define `radio`: a new one, closed."""

    @abstractmethod
    def radio(self) -> RadioOps: ...

    def test_it_is_open_between_open_and_close(self) -> None:
        async def use() -> list[bool]:
            radio = self.radio()
            seen = [(await radio.health()).open]
            await radio.open()
            seen.append((await radio.health()).open)
            await radio.aclose()
            await radio.aclose()
            return [*seen, (await radio.health()).open]

        assert asyncio.run(use()) == [False, True, False]

    def test_orders_are_carried_out_or_refused_with_a_reason(self) -> None:
        async def use() -> None:
            radio = self.radio()
            await radio.open()
            for mode in (RadioMode.ACTIVE_PROBE, RadioMode.CALIBRATION, RadioMode.PASSIVE_RX):
                await _accepted(radio.set_mode(mode))
            for profile in CaptureProfile:
                await _accepted(radio.set_profile(profile))
            for enabled in (True, False, True):
                await _accepted(radio.set_csi(enabled=enabled))
            await radio.aclose()

        asyncio.run(use())

    def test_it_listens_in_passive_mode(self) -> None:
        async def use() -> bool:
            radio = self.radio()
            await radio.open()
            accepted = await _accepted(radio.set_mode(RadioMode.PASSIVE_RX))
            await radio.aclose()
            return accepted

        assert asyncio.run(use())

    def test_the_channel_is_where_it_was_put_or_stays(self) -> None:
        async def use() -> list[tuple[bool, int, int | None, int | None]]:
            radio = self.radio()
            await radio.open()
            seen = []
            for channel in (1, 11, 44, 0, 250):
                before = (await radio.health()).channel
                accepted = await _accepted(radio.set_channel(channel, 20))
                seen.append((accepted, channel, before, (await radio.health()).channel))
            await radio.aclose()
            return seen

        for accepted, wanted, before, after in asyncio.run(use()):
            assert after == (wanted if accepted else before)
            assert not (accepted and wanted in {0, 250})

    def test_unknown_numbers_are_none_and_known_ones_are_real(self) -> None:
        async def use() -> None:
            radio = self.radio()
            await radio.open()
            health = await radio.health()
            assert health.pkt_yield is None or health.pkt_yield >= 0
            for dbm in (health.rssi_median_dbm, health.noise_dbm):
                assert dbm is None or -120 <= dbm < 0
            assert health.channel is None or 0 < health.channel < 234
            assert all(0 <= share <= 1 for share in health.busy.values())
            await radio.aclose()

        asyncio.run(use())

    def test_the_controller_of_every_node_runs_on_it(self) -> None:
        """From boot to sensing, its orders carried out or refused, never anything else."""

        async def use() -> NodeState:
            radio, controller = self.radio(), Controller()
            await radio.open()
            for tick in range(150):
                health = await radio.health()
                obs = NodeObservation(
                    t_ns=tick * _TICK_NS,
                    radio=health,
                    self_test=True,
                    calibrated=tick > 60,
                    coherence=0.9,
                )
                for action in controller.step(obs):
                    if isinstance(action, SetProfile):
                        await _accepted(radio.set_mode(radio_mode(action.profile)))
                        await _accepted(radio.set_profile(action.profile))
                    elif isinstance(action, SetChannel):
                        await _accepted(radio.set_channel(action.channel, action.bw_mhz))
            await radio.aclose()
            return controller.fast.state

        assert asyncio.run(use()) is NodeState.SENSE_IDLE

    def test_closed_radios_take_no_orders(self) -> None:
        async def use() -> None:
            radio = self.radio()
            for order in (radio.set_channel(6, 20), radio.set_csi(enabled=False)):
                try:
                    await order
                except DriverError as e:
                    assert len(str(e)) > 10
            assert not (await radio.health()).open

        asyncio.run(use())
