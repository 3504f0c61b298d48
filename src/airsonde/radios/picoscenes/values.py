"""The CSI of PicoScenes records: three kinds of packing, one for each family of radios."""

from dataclasses import dataclass

import numpy as np

from airsonde.csi.antennas import antenna_order, in_port_order
from airsonde.csi.chain import gather
from airsonde.csi.model import C64, I16, I64, U8, Ppdu
from airsonde.csi.packing import GROUPS, Pairs, grouped, grouped_bytes, store, ten_bit
from airsonde.csi.tones import data_tones, grouped_tones
from airsonde.radios.picoscenes.chips import FORMATS, IWL5300, IWLMVM, QCA9300

_CHUNK = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """How the CSI of records of one layout is packed."""

    device: int
    format: int
    width_mhz: int
    tones: int
    n_rx: int
    size: int

    @property
    def ppdu(self) -> Ppdu | None:
        return FORMATS.get(self.format)

    @property
    def n_tx(self) -> int:
        """Streams, extra sounding ones included, as the size tells; 0: it tells no whole number."""
        if not self.n_rx or not self.tones:
            return 0
        if self.device == IWL5300:
            for chains in range(self.n_rx, 4 * self.n_rx, self.n_rx):
                if grouped_bytes(chains) == self.size and self.tones == GROUPS:
                    return chains // self.n_rx
            return 0
        bits = 32 if self.device == IWLMVM else 20
        streams, rest = divmod(8 * self.size, bits * self.tones * self.n_rx)
        return 0 if rest else streams

    def subcarriers(self) -> I16 | None:
        """Indices relative to the centre of the PPDU's channel; None: they are not known.

        Of a non-HT duplicate wider than 20 MHz the radio delivers 52 tones without saying whose;
        they are numbered as in their own 20 MHz.
        """
        if self.device == IWL5300:
            return grouped_tones(self.width_mhz) if self.width_mhz in {20, 40} else None
        if self.ppdu is None:
            return None
        width = 20 if self.ppdu is Ppdu.NON_HT and self.tones == 52 else self.width_mhz
        try:
            plan = data_tones(self.ppdu, width)
        except KeyError:
            return None
        return plan if len(plan) == self.tones else None


def unpacked(packed: Packed, block: U8, starts: I64, antenna_sel: U8) -> C64:
    """complex64[n, n_rx, n_tx, tones] of the CSI bytes that begin at each start."""
    n_rx, n_tx, tones = packed.n_rx, packed.n_tx, packed.tones
    csi = np.empty((len(starts), n_rx, n_tx, tones), dtype=np.complex64)
    for i in range(0, len(starts), _CHUNK):
        at = starts[i : i + _CHUNK]
        payload = np.zeros((len(at) + 1, packed.size), dtype=np.uint8)
        payload[:-1] = gather(block, at, packed.size)
        store(_rows(packed, payload, antenna_sel[i : i + _CHUNK]), csi[i : i + _CHUNK])
    return csi


def _rows(packed: Packed, payload: U8, antenna_sel: U8) -> Pairs:
    n, n_rx, n_tx, tones = len(antenna_sel), packed.n_rx, packed.n_tx, packed.tones
    if packed.device == IWLMVM:
        return payload[:-1].view("<i4").reshape(n, n_rx, n_tx, tones)
    if packed.device == QCA9300:
        values = ten_bit(payload, n, tones * n_rx * n_tx).reshape(n, tones, n_tx, n_rx)
        return values.transpose(0, 3, 2, 1)
    _, order = antenna_order(antenna_sel, n_rx)
    return in_port_order(grouped(payload, n, n_rx, n_tx).transpose(0, 2, 3, 1), order)
