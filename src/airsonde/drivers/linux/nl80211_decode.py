"""What nl80211 answers, as facts (linux/nl80211.h).

Beacon bytes come from anybody on the air: they are read here with bounds, not by the library.
"""

from collections.abc import Iterator
from typing import Any

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.wifi_facts import (
    Format,
    HeardBss,
    Rate,
    Station,
    Survey,
    WifiInterface,
)

_WIDTHS_MHZ = {
    0: 20, 1: 20, 2: 40, 3: 80, 4: 160, 5: 160, 6: 5, 7: 10, 13: 320,
}  # fmt: skip
_STATION = 2
_AUTHORIZED = 1 << 1  # 1 << NL80211_STA_FLAG_AUTHORIZED
_SSID, _BSS_LOAD = 0, 11
_MOST_ELEMENTS_BYTES = 4096


def interface(message: Any) -> WifiInterface | None:
    """One answer to GET_INTERFACE; None for what has no network interface."""
    index = message.get_attr("NL80211_ATTR_IFINDEX")
    if index is None:
        return None
    address = message.get_attr("NL80211_ATTR_MAC")
    return WifiInterface(
        index=index,
        name=message.get_attr("NL80211_ATTR_IFNAME") or "",
        wiphy=message.get_attr("NL80211_ATTR_WIPHY") or 0,
        is_station=message.get_attr("NL80211_ATTR_IFTYPE") == _STATION,
        address=_address(address),
        ssid=raw(message, "NL80211_ATTR_SSID"),
        frequency_mhz=message.get_attr("NL80211_ATTR_WIPHY_FREQ"),
        width_mhz=_WIDTHS_MHZ.get(message.get_attr("NL80211_ATTR_CHANNEL_WIDTH")),
    )


def station(message: Any) -> Station:
    """One answer to GET_STATION. Raises DriverError where it holds no station."""
    told = message.get_attr("NL80211_ATTR_STA_INFO")
    if told is None:
        raise DriverError("nl80211 answered without a station")

    def count(name: str) -> int | None:
        found = told.get_attr(f"NL80211_STA_INFO_{name}")
        return None if found is None else int(found)

    expected = count("EXPECTED_THROUGHPUT")
    return Station(
        address=_address(message.get_attr("NL80211_ATTR_MAC")),
        authorized=_flag(raw(told, "NL80211_STA_INFO_STA_FLAGS"), _AUTHORIZED),
        signal_dbm=count("SIGNAL"),
        signal_average_dbm=count("SIGNAL_AVG"),
        tx_rate=_rate(told.get_attr("NL80211_STA_INFO_TX_BITRATE")),
        rx_rate=_rate(told.get_attr("NL80211_STA_INFO_RX_BITRATE")),
        tx_packets=count("TX_PACKETS"),
        tx_retries=count("TX_RETRIES"),
        tx_failed=count("TX_FAILED"),
        tx_duration_us=count("TX_DURATION"),
        rx_duration_us=count("RX_DURATION"),
        expected_mbit=None if expected is None else expected / 1000,
        beacons_lost=count("BEACON_LOSS"),
        connected_s=count("CONNECTED_TIME"),
        inactive_ms=count("INACTIVE_TIME"),
    )


def survey(message: Any) -> Survey | None:
    """One answer to GET_SURVEY; None for a channel without a frequency."""
    told = message.get_attr("NL80211_ATTR_SURVEY_INFO")
    if told is None or told.get_attr("NL80211_SURVEY_INFO_FREQUENCY") is None:
        return None

    def ms(name: str) -> int | None:
        found = told.get_attr(f"NL80211_SURVEY_INFO_{name}")
        return None if found is None else int(found)

    noise = ms("NOISE")
    return Survey(
        frequency_mhz=told.get_attr("NL80211_SURVEY_INFO_FREQUENCY"),
        in_use=any(slot[0] == "NL80211_SURVEY_INFO_IN_USE" for slot in told["attrs"]),
        noise_dbm=None if noise is None else _signed(noise),
        active_ms=ms("TIME"),
        busy_ms=ms("TIME_BUSY"),
        receiving_ms=ms("TIME_RX"),
        transmitting_ms=ms("TIME_TX"),
    )


def heard_bss(message: Any) -> HeardBss | None:
    """One answer to GET_SCAN; None for an answer that names no BSS."""
    told = message.get_attr("NL80211_ATTR_BSS")
    if told is None:
        return None
    bssid = raw(told, "NL80211_BSS_BSSID")
    frequency = told.get_attr("NL80211_BSS_FREQUENCY")
    if bssid is None or frequency is None:
        return None
    content = raw(told, "NL80211_BSS_INFORMATION_ELEMENTS") or b""
    found = dict(reversed(list(elements(content[:_MOST_ELEMENTS_BYTES]))))
    load = found.get(_BSS_LOAD, b"")
    signal = raw(told, "NL80211_BSS_SIGNAL_MBM")
    return HeardBss(
        bssid=bssid,
        ssid=found.get(_SSID, b"")[:32],
        frequency_mhz=frequency,
        signal_dbm=None if signal is None else int.from_bytes(signal, "little", signed=True) / 100,
        seen_ms_ago=told.get_attr("NL80211_BSS_SEEN_MS_AGO") or 0,
        associated=told.get_attr("NL80211_BSS_STATUS") == 1,
        utilisation=load[2] / 255 if len(load) >= 5 else None,
        stations=int.from_bytes(load[:2], "little") if len(load) >= 5 else None,
    )


def elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The information elements of a beacon (802.11 clause 9.4.2) up to the first that is cut."""
    at = 0
    while at + 2 <= len(content):
        kind, size = content[at], content[at + 1]
        if at + 2 + size > len(content):
            return
        yield kind, content[at + 2 : at + 2 + size]
        at += 2 + size


def raw(attributes: Any, name: str) -> bytes | None:
    """The bytes of an attribute, which the library has not looked into."""
    for slot in attributes["attrs"]:
        if slot.cell[0] == name:
            held = slot.cell[1]
            return bytes(held.data[held.offset + 4 : held.offset + held.length])
    return None


def _rate(told: Any) -> Rate | None:
    if told is None:
        return None
    values = {slot[0].removeprefix("NL80211_RATE_INFO_"): slot[1] for slot in told["attrs"]}
    tenths = values.get("BITRATE32", values.get("BITRATE"))
    if not tenths:
        return None
    ppdu_format, mcs, streams = _modulation(values)
    return Rate(
        mbit=tenths / 10,
        ppdu_format=ppdu_format,
        mcs=mcs,
        streams=streams,
        width_mhz=_rate_width(values),
    )


def _modulation(values: dict[str, Any]) -> tuple[Format, int | None, int | None]:
    for ppdu_format in (Format.EHT, Format.HE, Format.VHT):
        mcs = values.get(f"{ppdu_format.value}_MCS")
        if mcs is not None:
            return ppdu_format, mcs, values.get(f"{ppdu_format.value}_NSS")
    if "MCS" in values:  # HT counts streams within the index
        return Format.HT, values["MCS"] % 8, values["MCS"] // 8 + 1
    return Format.NON_HT, None, None


def _rate_width(values: dict[str, Any]) -> int:
    for mhz in (320, 160, 80, 40, 10, 5):
        if f"{mhz}_MHZ_WIDTH" in values:
            return mhz
    return 160 if "80P80_MHZ_WIDTH" in values else 20


def _flag(update: bytes | None, flag: int) -> bool | None:
    """One of a station's flags (struct nl80211_sta_flag_update: mask, set)."""
    if update is None or len(update) < 8:
        return None
    mask, stands = int.from_bytes(update[:4], "little"), int.from_bytes(update[4:8], "little")
    return bool(stands & flag) if mask & flag else None


def _address(text: str | None) -> bytes:
    return bytes.fromhex(text.replace(":", "")) if text else b""


def _signed(octet: int) -> int:
    """A level in dBm that the library reads as an unsigned octet."""
    return octet - 256 if octet > 127 else octet
