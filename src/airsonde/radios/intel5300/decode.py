"""Intel 5300 records to frames: which are good, which lane each belongs to, its columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.antennas import antenna_order, in_port_order
from airsonde.csi.chain import RecordSplitter, gather, rows_alike
from airsonde.csi.clock import Unwrapped
from airsonde.csi.lanes import LaneBook
from airsonde.csi.model import C64, I64, U8, Bools, Family, FrameBatch, Lane, Ppdu, Tally
from airsonde.csi.packing import GROUPS, grouped, grouped_bytes, store
from airsonde.csi.payload import RecordPayloads
from airsonde.csi.ports import Fed, PayloadDecoder
from airsonde.csi.tones import grouped_tones
from airsonde.radios.intel5300.chips import CHAINS, CHIP, STREAMS
from airsonde.radios.intel5300.layout import (
    BEAMFORMING,
    HEADER,
    HT,
    HT40,
    IntelShape,
)
from airsonde.radios.intel5300.scaling import total_rss_dbm

_NOT_MEASURED = -127
_CHUNK = 512


class Intel5300Decoder:
    """Decoder of the Linux 802.11n CSI Tool's log.

    A lane is the number of chains and streams, the width and format that the rate word tells
    (without its HT bit both are unknown and the groups are taken for those of 20 MHz), and, with
    fewer than three chains, the antennas they were on. Times are the chip's 32-bit microseconds,
    counted on where they wrap.
    """

    def __init__(self, source: str = "") -> None:
        self.tally = Tally()
        self.chip: str | None = CHIP
        self.warnings: list[str] = []
        self._source = source
        self._splitter = RecordSplitter(IntelShape())
        self._lanes = LaneBook()
        self._clock = Unwrapped(32)

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        split = self._splitter.split(data, final=final)
        self.tally.skipped.update(split.lost)
        if not len(split.starts):
            return Fed([], split.consumed)
        block = np.frombuffer(data, dtype=np.uint8)
        headers = gather(block, split.starts, HEADER.itemsize).view(HEADER)[:, 0]
        rows = np.flatnonzero(self._good(headers))
        headers, starts, numbers = headers[rows], split.starts[rows], split.numbers[rows]
        t_ns = self._clock.unwrap(headers["timestamp_us"]) * 1000
        self.tally.decoded += len(rows)
        batches = [
            self._batch(block, headers[of], starts[of], numbers[of], t_ns[of])
            for of in _alike(headers)
        ]
        return Fed(batches, split.consumed)

    def _good(self, headers: NDArray[np.void]) -> Bools:
        report = headers["code"] == BEAMFORMING
        for code, count in zip(
            *np.unique(headers["code"][~report], return_counts=True), strict=True
        ):
            self.tally.skip(f"no csi: record code {code:#04x}", int(count))
        chains = headers["n_rx"].astype(np.int64) * headers["n_tx"]
        fits = (headers["n_rx"] <= CHAINS) & (headers["n_tx"] <= STREAMS) & (chains > 0)
        expected = grouped_bytes(chains)
        fits &= (headers["csi_bytes"] == expected) & (headers["length"] == expected + 21)
        self.tally.skip("csi length does not fit the antennas", int((report & ~fits).sum()))
        good: Bools = report & fits
        return good

    def _batch(
        self, block: U8, headers: NDArray[np.void], starts: I64, numbers: I64, t_ns: I64
    ) -> FrameBatch:
        n_rx, n_tx = int(headers["n_rx"][0]), int(headers["n_tx"][0])
        ports, order = antenna_order(headers["antenna_sel"], n_rx)
        csi = _values(block, starts + HEADER.itemsize, (n_rx, n_tx), order)
        rssi = np.ascontiguousarray(headers["rssi"])
        noise = headers["noise"].astype(np.float32)
        return FrameBatch(
            lane=self._lane(headers[0], n_rx, n_tx, ports[0]),
            index=numbers,
            t_ns=t_ns,
            csi=csi,
            rssi_dbm=total_rss_dbm(rssi, headers["agc"]).astype(np.float32),
            noise_dbm=np.where(noise == _NOT_MEASURED, np.float32(np.nan), noise),
            seq=headers["bfee_count"].astype(np.int32),
            extra=_extra(headers, rssi),
        )

    def _lane(self, header: Any, n_rx: int, n_tx: int, ports: U8) -> Lane:
        rate = int(header["rate"])
        width = 40 if rate & HT and rate & HT40 else 20
        antennas = tuple(int(p) for p in ports)

        def make(number: int) -> Lane:
            return Lane(
                number=number,
                source=self._source,
                family=Family.INTEL5300,
                chip=CHIP,
                width_mhz=width,
                ppdu=Ppdu.HT if rate & HT else None,
                n_rx=n_rx,
                n_tx=n_tx,
                core=antennas[0] if n_rx == 1 else None,
                subcarriers=grouped_tones(width),
                valid=np.ones(GROUPS, dtype=np.bool_),
            )

        return self._lanes.lane((n_rx, n_tx, width, rate & HT, antennas), make)


def _values(block: U8, starts: I64, chains: tuple[int, int], order: NDArray[np.intp]) -> C64:
    """complex64[n, n_rx, n_tx, 30], antennas put in `order`."""
    n_rx, n_tx = chains
    size = grouped_bytes(n_rx * n_tx)
    csi = np.empty((len(starts), n_rx, n_tx, GROUPS), dtype=np.complex64)
    for i in range(0, len(starts), _CHUNK):
        at, moved = starts[i : i + _CHUNK], order[i : i + _CHUNK]
        payload = np.empty((len(at) + 1, size), dtype=np.uint8)
        payload[:-1] = gather(block, at, size)
        pairs = grouped(payload, len(at), n_rx, n_tx).transpose(0, 2, 3, 1)
        store(in_port_order(pairs, moved), csi[i : i + _CHUNK])
    return csi


def _alike(headers: NDArray[np.void]) -> list[NDArray[np.intp]]:
    """Rows of each layout, in the order in which the layouts first appear."""
    rate = headers["rate"].astype(np.int64)
    n_rx = headers["n_rx"].astype(np.int64)
    antennas = np.where(n_rx == 3, 0, headers["antenna_sel"] & (4**n_rx - 1))
    width = np.where(rate & HT, rate & (HT | HT40), 0)
    return rows_alike(width << 16 | n_rx << 12 | headers["n_tx"].astype(np.int64) << 8 | antennas)


def _extra(headers: NDArray[np.void], rssi: U8) -> dict[str, NDArray[np.generic]]:
    columns: dict[str, NDArray[np.generic]] = {
        f"rssi_{name}_db": rssi[:, i].copy() for i, name in enumerate("abc")
    }
    columns["agc_db"] = headers["agc"].copy()
    columns["rate"] = headers["rate"].astype(np.uint16)
    columns["antenna_sel"] = headers["antenna_sel"].copy()
    return columns


def payloads() -> PayloadDecoder:
    """Decoder of one record a call, its length prefix included."""
    return RecordPayloads(Intel5300Decoder)
