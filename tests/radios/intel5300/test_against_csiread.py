"""Equal to csiread, an independent reader of the same files."""

import numpy as np
import pytest

import airsonde
from airsonde.radios.intel5300.scaling import scaled_csi
from tests.recordings import recording

csiread = pytest.importorskip("csiread")

FILES = [
    "intel5300/example.dat",
    "intel5300/log.all_csi.6.7.6.dat",
    "intel5300/los_40.dat",
    "intel5300/sample_0x5_64_3000.dat",
    "breathing/intel5300_gyro/4_14_2.dat",
    "breathing/intel5300_gyro/4_14_m2.dat",
    "breathing/intel5300_gyro/4_19_mn1.dat",
    "breathing/intel5300_gyro/4_19_sn1.dat",
    "breathing/intel5300_gyro/move1.dat",
    "breathing/intel5300_gyro/sample4.dat",
    "breathing/intel5300_gyro/sample5.dat",
]


def numbered(path):
    """The frames of a capture with their number among the frames that csiread counts."""
    batches = list(airsonde.open(path))
    order = np.sort(np.concatenate([b.index for b in batches]))
    return [(b, np.searchsorted(order, b.index)) for b in batches]


@pytest.mark.parametrize("name", FILES)
def test_values_are_equal_bit_for_bit(name):
    path = recording(name)
    peer = csiread.Intel(str(path), nrxnum=3, ntxnum=3, if_report=False)
    peer.read()
    frames = numbered(path)
    assert sum(len(b) for b, _ in frames) == peer.count
    for batch, rows in frames:
        lane = batch.lane
        ports = np.sort(peer.perm[rows][:, : lane.n_rx], axis=1)
        theirs = peer.csi[rows].transpose(0, 2, 3, 1)[
            np.arange(len(rows))[:, None], ports, : lane.n_tx
        ]
        assert np.array_equal(batch.csi, theirs)
        assert np.array_equal(batch.t_ns // 1000 % 2**32, peer.timestamp_low[rows])
        assert np.array_equal(batch.seq, peer.bfee_count[rows])
        assert np.array_equal(batch.extra["agc_db"], peer.agc[rows])
        assert np.array_equal(batch.extra["rate"], peer.rate[rows])
        assert np.array_equal(batch.extra["rssi_b_db"], peer.rssi_b[rows])
        assert np.array_equal(
            batch.noise_dbm,
            np.where(peer.noise[rows] == -127, np.nan, peer.noise[rows]),
            equal_nan=True,
        )


@pytest.mark.parametrize("name", FILES)
def test_scaling_is_equal(name):
    path = recording(name)
    peer = csiread.Intel(str(path), nrxnum=3, ntxnum=3, if_report=False)
    peer.read()
    theirs = peer.get_scaled_csi()
    for batch, rows in numbered(path):
        lane = batch.lane
        ports = np.sort(peer.perm[rows][:, : lane.n_rx], axis=1)
        part = theirs[rows].transpose(0, 2, 3, 1)[np.arange(len(rows))[:, None], ports, : lane.n_tx]
        np.testing.assert_allclose(scaled_csi(batch), part, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", FILES)
def test_received_power_is_equal(name):
    path = recording(name)
    peer = csiread.Intel(str(path), nrxnum=3, ntxnum=3, if_report=False)
    peer.read()
    rss = peer.get_total_rss()
    for batch, rows in numbered(path):
        np.testing.assert_allclose(batch.rssi_dbm, rss[rows], rtol=1e-5)
