"""FeitCSI records to frames: which are good, which lane each belongs to, its columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.core.ids import MacAddress
from airsonde.csi.chain import RecordSplitter, gather, mac_keys, rows_alike
from airsonde.csi.clock import Unwrapped
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import C64, I16, I64, U8, Family, FrameBatch, Lane, Ppdu, Tally
from airsonde.csi.payload import RecordPayloads
from airsonde.csi.ports import Fed, PayloadDecoder
from airsonde.csi.tones import data_tones, pilot_tones
from airsonde.radios.feitcsi.chips import FORMATS, PADDING, WIDTHS_MHZ
from airsonde.radios.feitcsi.layout import HEADER, HEADER_BYTES, FeitShape

_CHUNK_BYTES = 1 << 18


class FeitcsiDecoder:
    """Decoder of FeitCSI captures.

    A lane is the transmitter, PPDU format, width and antenna counts that the record names; it does
    not name the channel. Pilots are not valid: the firmware delivers next to nothing there. Times
    are the host's where it wrote any, else the device's microseconds, counted on where they wrap.
    """

    def __init__(self, source: str = "") -> None:
        self.tally = Tally()
        self.chip: str | None = None
        self.warnings: list[str] = []
        self._source = source
        self._splitter = RecordSplitter(FeitShape())
        self._lanes = LaneBook()
        self._clock = Unwrapped(32)

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        split = self._splitter.split(data, final=final)
        self.tally.skipped.update(split.lost)
        if not len(split.starts):
            return Fed([], split.consumed)
        block = np.frombuffer(data, dtype=np.uint8)
        headers = gather(block, split.starts, HEADER.itemsize).view(HEADER)[:, 0]
        device_us = self._clock.unwrap(headers["device_us"])
        host_us = headers["host_us"].astype(np.int64)
        t_ns = np.where(host_us > 0, host_us, device_us) * 1000
        batches = []
        for rows in _alike(headers):
            lane = self._lane(headers[rows[0]])
            if isinstance(lane, str):
                self.tally.skip(lane, len(rows))
                continue
            self.tally.decoded += len(rows)
            csi = _values(block, headers[rows[0]], split.starts[rows] + HEADER_BYTES)
            batches.append(_batch(lane, headers[rows], split.numbers[rows], t_ns[rows], csi))
        return Fed(batches, split.consumed)

    def _lane(self, header: Any) -> Lane | str:
        """Lane of a record, or why it has none."""
        n_rx, n_tx, tones = int(header["n_rx"]), int(header["n_tx"]), int(header["tones"])
        ppdu, width = _rate_format(int(header["rate"]))
        if ppdu is None or width is None:
            return "rate flags name no PPDU format with a tone plan"
        subcarriers = _subcarriers(ppdu, width, tones)
        if subcarriers is None:
            return f"{tones} tones are not those of {ppdu} at {width} MHz"
        source = header["source"].tobytes()

        def make(number: int) -> Lane:
            return Lane(
                number=number,
                source=self._source,
                family=Family.FEITCSI,
                transmitter=MacAddress(source),
                width_mhz=width,
                ppdu=ppdu,
                n_rx=n_rx,
                n_tx=n_tx,
                subcarriers=subcarriers,
                valid=~np.isin(subcarriers, pilot_tones(ppdu, width)),
            )

        return self._lanes.lane((source, ppdu, width, n_rx, n_tx), make)


def _rate_format(rate: int) -> tuple[Ppdu | None, int | None]:
    """PPDU format (bits 8-10) and width in MHz (bits 11-13) of the rate flags."""
    width = rate >> 11 & 7
    return FORMATS.get(rate >> 8 & 7), WIDTHS_MHZ[width] if width < len(WIDTHS_MHZ) else None


def _subcarriers(ppdu: Ppdu, width_mhz: int, tones: int) -> I16 | None:
    first, end = PADDING.get((ppdu, tones), (0, 0))
    try:
        plan = data_tones(ppdu, width_mhz)
    except KeyError:
        return None
    return plan if len(plan) == tones - (end - first) else None


def _values(block: U8, header: Any, starts: I64) -> C64:
    """complex64[n, n_rx, n_tx, S], padding columns left out."""
    n_rx, n_tx, tones = int(header["n_rx"]), int(header["n_tx"]), int(header["tones"])
    ppdu, _ = _rate_format(int(header["rate"]))
    first, end = PADDING.get((ppdu, tones), (0, 0)) if ppdu else (0, 0)
    kept = np.delete(np.arange(tones), np.s_[first:end])
    csi = np.empty((len(starts), n_rx, n_tx, len(kept)), dtype=np.complex64)
    size = 4 * n_rx * n_tx * tones
    step = max(1, _CHUNK_BYTES // size)
    for i in range(0, len(starts), step):
        parts = gather(block, starts[i : i + step], size).view("<i2").astype(np.float32)
        values = parts.view(np.complex64).reshape(-1, n_rx, n_tx, tones)
        csi[i : i + step] = values[..., kept] if len(kept) < tones else values
    return csi


def _batch(lane: Lane, headers: NDArray[np.void], numbers: I64, t_ns: I64, csi: C64) -> FrameBatch:
    levels = np.where(headers["rssi"] > 0, -headers["rssi"].astype(np.float32), np.float32(np.nan))
    levels[(levels < -127)] = np.nan
    best = np.fmax(levels[:, 0], levels[:, 1])
    return FrameBatch(
        lane=lane,
        index=numbers,
        t_ns=t_ns,
        csi=csi,
        rssi_dbm=best,
        extra={
            "rssi_0_dbm": levels[:, 0].copy(),
            "rssi_1_dbm": levels[:, 1].copy(),
            "rate": headers["rate"].copy(),
            "ftm_clock_ticks": headers["ftm_clock"].copy(),
        },
    )


def _alike(headers: NDArray[np.void]) -> list[NDArray[np.intp]]:
    """Rows of each layout and transmitter, in the order in which they first appear."""
    layout = (headers["rate"].astype(np.int64) >> 8 & 0x3F) << 32 | headers["tones"]
    layout |= headers["n_rx"].astype(np.int64) << 28 | headers["n_tx"].astype(np.int64) << 24
    return rows_alike(layout, mac_keys(headers["source"]))


def payloads() -> PayloadDecoder:
    """Decoder of one record a call, as the tool writes them to files and sends them by UDP."""
    return RecordPayloads(FeitcsiDecoder)
