"""How strong a Wi-Fi card hears its access point, as nl80211 tells it."""

from airsonde.core.errors import DriverError
from airsonde.csi.signal import SignalSample
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.nl80211 import Nl80211
from airsonde.drivers.linux.wifi_facts import Rate, Station
from airsonde.radios.linux.ops import WifiQuestions

_OLD_MS = 500


class LinuxSignal:
    """One interface; `wifi` None: the kernel is asked, once it is opened."""

    def __init__(self, interface: Interface, wifi: WifiQuestions | None = None) -> None:
        self._interface = interface
        self._wifi = wifi

    async def sample(self, now_ns: int) -> SignalSample | None:
        """The last frame's strength at `now_ns`; None where none was heard for half a second.

        Raises DriverError where the interface has no access point, UnsupportedError without Wi-Fi.
        """
        self._wifi = self._wifi or await Nl80211.open()
        stations = await self._wifi.stations(self._interface)
        if len(stations) != 1:
            peers = "no access point" if not stations else f"{len(stations)} peers"
            raise DriverError(
                f"{self._interface.name} has {peers}; connect it to one", transient=True
            )
        return _sample(stations[0], now_ns)

    async def aclose(self) -> None:
        wifi, self._wifi = self._wifi, None
        if wifi is not None:
            await wifi.aclose()


def _sample(station: Station, now_ns: int) -> SignalSample | None:
    if station.signal_dbm is None or (station.inactive_ms or 0) > _OLD_MS:
        return None
    return SignalSample(
        t_ns=now_ns,
        signal_dbm=float(station.signal_dbm),
        peer=station.address,
        rate=None if station.rx_rate is None else _name(station.rx_rate),
    )


def _name(rate: Rate) -> str:
    return f"{rate.ppdu_format.value} {rate.mbit} {rate.width_mhz}"
