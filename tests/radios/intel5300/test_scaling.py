import numpy as np
import pytest

from airsonde.radios.intel5300.decode import Intel5300Decoder
from airsonde.radios.intel5300.scaling import scaled_csi, total_rss_dbm
from tests.radios.intel5300 import build


def batch_of(**fields):
    [batch] = Intel5300Decoder().feed(memoryview(build.report(**fields)), final=True).batches
    return batch


def test_chains_that_heard_nothing_do_not_count():
    rssi = np.array([[30, 30, 30], [30, 0, 0], [0, 0, 0]], dtype=np.uint8)
    got = total_rss_dbm(rssi, np.array([10, 10, 10], dtype=np.uint8))
    assert got[:2].tolist() == pytest.approx([30 + 10 * np.log10(3) - 54, 30 - 54])
    assert np.isnan(got[2])


@pytest.mark.parametrize(("n_tx", "gain"), [(1, 1.0), (2, 2.0), (3, 10**0.45)])
@pytest.mark.parametrize(("noise", "thermal"), [(-127, -92), (-85, -85)])
def test_the_published_formula(n_tx, gain, noise, thermal):
    batch = batch_of(n_rx=2, n_tx=n_tx, noise=noise, rssi=(40, 0, 0), agc=20)
    power = float((np.abs(batch.csi[0]) ** 2).sum()) / 30
    scale = 10 ** ((40 - 44 - 20) / 10) / power
    expected = batch.csi * np.sqrt(scale * gain / (10 ** (thermal / 10) + scale * 2 * n_tx))
    np.testing.assert_allclose(scaled_csi(batch), expected, rtol=1e-5)


def test_a_frame_without_rssi_scales_to_nothing():
    assert not scaled_csi(batch_of(rssi=(0, 0, 0))).any()
