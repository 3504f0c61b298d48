"""Equal to csiread, an independent reader of the same files, bit for bit."""

import numpy as np
import pytest

import airsonde
from tests.recordings import recording

csiread = pytest.importorskip("csiread")

FILES = {
    "atheros/ath_csi_1.dat": "little",
    "atheros/mixed_tones/five_place/train/kitchen2.dat": "big",
    "atheros/mixed_tones/three_place/test/kitchen9.dat": "big",
    "atheros/mixed_tones/three_place/test/outer9.dat": "big",
    "atheros/mixed_tones/three_place/train/outer0.dat": "big",
    "atheros/mixed_tones/three_place/train/room0.dat": "big",
}


@pytest.mark.parametrize(("name", "endian"), FILES.items())
def test_values_are_equal_bit_for_bit(name, endian):
    path = recording(name)
    peer = csiread.Atheros(str(path), nrxnum=3, ntxnum=6, tones=114, if_report=False, bufsize=3000)
    peer.read(endian=endian)
    capture = airsonde.open(path)
    assert capture.format == "atheros"
    seen = 0
    for batch in capture:
        lane, rows = batch.lane, batch.index
        theirs = peer.csi[rows][:, : len(lane.subcarriers), : lane.n_rx, : lane.n_tx]
        assert np.array_equal(batch.csi, theirs.transpose(0, 2, 3, 1))
        assert np.array_equal(batch.t_ns // 1000, peer.timestamp[rows])
        assert np.array_equal(batch.extra["rssi_db"], peer.rssi[rows])
        assert np.array_equal(batch.extra["rate"], peer.Rate[rows])
        seen += len(rows)
    assert seen == (peer.csi_len > 0).sum()
    assert capture.survey.records == peer.count
