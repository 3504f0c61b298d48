"""Real nexmon captures: identity, accounting, lanes, and values equal to csiread's."""

import numpy as np
import pytest

import airsonde
from tests.recordings import DATA, recording

RECORDS = {
    "43455c0_20mhz": ("bcm43455c0", 10532),
    "example_4339": ("bcm4339", 2850),
    "example_43455c0": ("bcm43455c0", 566),
    "example_4358": ("bcm4358", 4),
    "example_4366c0": ("bcm4366c0", 293),
    "output-rssi": ("bcm43455c0", 383),
}


def frames_by_index(capture, subcarriers):
    """complex64[records, subcarriers] of single-chain lanes, by record number."""
    found = {
        int(i): b.csi[row, 0, 0]
        for b in capture
        if b.csi.shape[1:] == (1, 1, subcarriers)
        for row, i in enumerate(b.index)
    }
    return np.array([found[i] for i in sorted(found)])


@pytest.mark.parametrize("name", RECORDS)
def test_identity_and_accounting(name):
    chip, records = RECORDS[name]
    summary = airsonde.open(recording(f"nexmon/{name}.pcap")).summary()
    assert (summary["format"], summary["family"], summary["chip"]) == (
        "nexmon-pcap",
        "nexmon",
        chip,
    )
    assert (summary["records"], summary["decoded"], summary["skipped"]) == (records, records, {})


@pytest.mark.parametrize(
    ("name", "width"), [("43455c0_20mhz", 20), ("example_43455c0", 80), ("output-rssi", 80)]
)
def test_int16_values_equal_csiread_bit_for_bit(name, width):
    csiread = pytest.importorskip("csiread")
    path = recording(f"nexmon/{name}.pcap")
    peer = csiread.Nexmon(str(path), "43455c0", width, if_report=False)
    peer.read()
    ours = frames_by_index(airsonde.open(path), width * 64 // 20)
    theirs = np.fft.fftshift(peer.csi, axes=1).astype(np.complex64)
    assert np.array_equal(ours, theirs)


def test_soundings_of_the_4339_hold_three_streams():
    capture = airsonde.open(recording("nexmon/example_4339.pcap"))
    assert [(lane.n_rx, lane.n_tx) for lane in capture.lanes] == [(1, 3)] * len(capture.lanes)
    assert sum(lane.frames for lane in capture.lanes) == 950


def test_the_4358_sounding_is_two_cores_by_two_streams_and_lossless():
    batch = airsonde.open(recording("nexmon/example_4358.pcap")).read()
    assert batch.csi.shape == (1, 2, 2, 256)
    peer = pytest.importorskip("csiread").NexmonPull46(
        str(recording("nexmon/example_4358.pcap")), "4358", 80, if_report=False
    )
    peer.read()
    theirs = np.fft.fftshift(peer.csi, axes=1).astype(np.complex128)
    ours = batch.csi.reshape(4, 256).astype(np.complex128)
    factor = theirs[:, 100] / ours[:, 100]
    assert np.allclose(theirs, ours * factor[0], rtol=1e-6)
    assert factor[0] == pytest.approx(2**26)


def test_a_20_mhz_ppdu_inside_80_mhz_marks_the_rest_not_valid():
    for path in sorted((DATA / "motion" / "fition_room1").glob("walking_*/*.pcap"))[:4]:
        lane = max(airsonde.open(path).lanes, key=lambda s: s.frames)
        batch = airsonde.open(path).read(lane.lane)
        valid = batch.lane.subcarriers[batch.lane.valid]
        assert -128 <= valid.min() <= valid.max() <= -65
        level = np.abs(batch.csi[:, 0, 0])
        assert level[:, batch.lane.valid].mean() > 10 * np.median(level[:, ~batch.lane.valid])


def test_interleaved_transmitters_are_lanes_with_their_own_rssi():
    lanes = airsonde.open(recording("nexmon/output-rssi.pcap")).lanes
    by_sender = {}
    for lane in lanes:
        by_sender[lane.transmitter] = by_sender.get(lane.transmitter, 0) + lane.frames
    assert by_sender == {"d4:5d:64:d9:4c:2c": 252, "dc:a6:32:54:1a:6d": 131}
    assert lanes[0].rssi_dbm == (-76.0, -74.0)
