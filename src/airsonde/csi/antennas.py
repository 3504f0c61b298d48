"""The antenna word of Intel 5300 reports: which port each receive chain was on."""

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import U8

_PORTS = 3


def _tables(n_rx: int) -> tuple[U8, NDArray[np.intp]]:
    ports = (np.arange(256)[:, None] >> (2 * np.arange(n_rx))) & 3
    order = np.argsort(ports, axis=1, kind="stable")
    ports = np.take_along_axis(ports, order, axis=1)
    wrong = (ports[:, -1] >= _PORTS) | (np.diff(ports, axis=1) == 0).any(axis=1)
    order[wrong] = ports[wrong] = np.arange(n_rx)
    return ports.astype(np.uint8), order


_ANTENNAS = {n_rx: _tables(n_rx) for n_rx in range(1, _PORTS + 1)}


def antenna_order(antenna_sel: U8, n_rx: int) -> tuple[U8, NDArray[np.intp]]:
    """Antenna ports of n frames in ascending order, and where each stands in the record.

    uint8[n, n_rx] and intp[n, n_rx]; two bits a chain. A word that names one port twice changes
    nothing. Source: Linux 802.11n CSI Tool, `read_bf_file`.
    """
    ports, order = _ANTENNAS[n_rx]
    return ports[antenna_sel], order[antenna_sel]


def in_port_order(pairs: NDArray[np.int16], order: NDArray[np.intp]) -> NDArray[np.int16]:
    """A contiguous int16[n, n_rx, ...] with the receive chains of each frame put in `order`."""
    if not (order == order[0]).all():
        return np.ascontiguousarray(pairs)[np.arange(len(pairs))[:, None], order]
    moved = np.empty(pairs.shape, dtype=np.int16)
    for port, chain in enumerate(order[0].tolist()):
        moved[:, port] = pairs[:, chain]
    return moved
