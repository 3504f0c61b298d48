"""Equal to csiread, an independent reader, where it does not crash; it runs in its own process.

Where it differs on purpose: csiread leaves four tones an antenna out of Intel MVM records (meant are
the pilots, but each removal shifts the next), so its values must stand among ours in order. It takes
one bit instead of two for the first chain's port of an Intel 5300, so that its two antennas stand
the other way round than their RSSI. It does not know RxSBasic version 4.
"""

import subprocess
import sys

import numpy as np
import pytest

import airsonde
from airsonde.csi.antennas import antenna_order
from tests.recordings import recording

pytest.importorskip("csiread")

READ = """
import csiread, numpy, sys
size = {"CSI": [60, 3, 3], "PilotCSI": [0] * 3, "LegacyCSI": [0] * 3, "BasebandSignals": [0] * 3,
        "PreEQSymbols": [0] * 3, "MPDU": 1600}
peer = csiread.Picoscenes(sys.argv[1], size, if_report=False)
peer.read()
csi = peer.raw["CSI"]
numpy.savez(sys.argv[2], csi=csi["CSI"], rssi=peer.raw["RxSBasic"]["RSSI"])
"""

FILES = {
    "picoscenes/picoscenes_ax200_example.csi": True,
    "picoscenes/picoscenes_iwl5300_example.csi": True,
    "picoscenes/rx_4_251205_STATIC.csi": False,
    "picoscenes/rx_8_211217_191036.csi": True,
    "picoscenes/rx_by_qca9300.csi": True,
}


@pytest.mark.parametrize(("name", "levels"), FILES.items())
def test_values_are_equal_bit_for_bit(name, levels, tmp_path):
    path = recording(name)
    subprocess.run(
        [sys.executable, "-c", READ, path, tmp_path / "peer.npz"], check=True, timeout=60
    )
    peer = np.load(tmp_path / "peer.npz")
    seen = 0
    for batch in airsonde.open(path):
        lane, rows = batch.lane, batch.index
        theirs = peer["csi"][rows][:, : lane.valid.sum(), : lane.n_rx, : lane.n_tx]
        theirs = theirs.transpose(0, 2, 3, 1)
        if lane.chip == "iwl5300" and lane.n_rx == 2:
            theirs = theirs[:, ::-1]
        assert stands_among(theirs.reshape(len(rows), -1), batch.csi.reshape(len(rows), -1))
        assert not levels or np.array_equal(batch.rssi_dbm, peer["rssi"][rows])
        seen += len(rows)
    assert seen == len(peer["csi"])


def stands_among(some, values):
    """Whether the columns of `some` are columns of `values`, in order."""
    found = 0
    for column in values.T:
        found += found < some.shape[1] and np.array_equal(column, some[:, found])
    return found == some.shape[1]


def test_antennas_of_the_intel_5300_stand_as_their_levels_say():
    agreed = []
    for batch in airsonde.open(recording("picoscenes/picoscenes_iwl5300_example.csi")):
        if batch.lane.n_rx == 2:
            ports, _ = antenna_order(batch.extra["antenna_sel"], 2)
            levels = np.stack([batch.extra[f"rssi_{port}_dbm"] for port in ports[0]], axis=1)
            power = (np.abs(batch.csi) ** 2).mean(axis=(2, 3))
            agreed += list((levels[:, 1] > levels[:, 0]) == (power[:, 1] > power[:, 0]))
    assert len(agreed) == 111
    assert np.mean(agreed) > 0.9
