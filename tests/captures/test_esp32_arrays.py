"""ESPectre archives and arrays of amplitudes that are not as they should be."""

import io
import zipfile

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from airsonde.captures.amplitude_npy import AmplitudeReader
from airsonde.captures.capture import open_capture
from airsonde.captures.espectre_npz import EspectreReader
from airsonde.captures.model import OpenOptions
from airsonde.captures.npy_arrays import read_header
from airsonde.core.errors import DecodeError


def npy(array, *, pickled=False):
    out = io.BytesIO()
    np.save(out, array, allow_pickle=pickled)
    return out.getvalue()


def npz(**members):
    out = io.BytesIO()
    np.savez_compressed(out, **members)
    return out.getvalue()


def rows(n=7):
    return np.arange(n * 128, dtype=np.int64).astype(np.int8).reshape(n, 128)


def passed(reader):
    frames = sum(len(b) for block in reader.blocks() for b in block)
    assert reader.tally.decoded == frames == reader.tally.records
    return frames


@pytest.fixture
def espectre(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(npz(csi_data=rows(), num_subcarriers=64, chip="S3", duration_ms=70.0))
    return path


def test_an_archive_is_read_with_time_spread_evenly(espectre):
    capture = open_capture(espectre)
    batch = capture.read()
    assert capture.summary()["chip"] == "esp32-s3"
    assert batch.t_ns.tolist() == [10_000_000 * i for i in range(7)]
    assert batch.csi[0, 0, 0, 32:35].tolist() == [1 + 0j, 3 + 2j, 5 + 4j]


def test_an_archive_without_duration_is_taken_at_the_nominal_rate(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(npz(csi_data=rows(), chip="unheard of"))
    capture = open_capture(path)
    assert capture.read().t_ns[1] == 10_000_000
    assert capture.summary()["chip"] is None
    assert "100 frames" in capture.summary()["warnings"][0]


@pytest.mark.parametrize(
    "members",
    [
        {"csi_data": rows().astype(np.int16)},
        {"csi_data": rows()[:, :-2]},
        {"csi_data": rows().ravel()},
        {"csi_data": np.array([{}], dtype=object)},
        {"other": rows()},
        {"csi_data": rows(), "chip": np.zeros(1 << 20)},
    ],
)
def test_other_archives_are_refused(tmp_path, members):
    path = tmp_path / "x.npz"
    path.write_bytes(npz(**members))
    with pytest.raises(DecodeError):
        passed(EspectreReader(path, OpenOptions()))


def test_a_member_shorter_than_its_header_says_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("csi_data.npy", npy(rows())[:-128])
    with pytest.raises(DecodeError, match="shorter"):
        passed(EspectreReader(path, OpenOptions()))


@pytest.mark.parametrize("step", [1])
def test_every_truncation_of_an_archive_is_refused(espectre, step):
    data = espectre.read_bytes()
    for end in range(0, len(data), step):
        espectre.write_bytes(data[:end])
        with pytest.raises(DecodeError):
            passed(EspectreReader(espectre, OpenOptions()))


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_of_an_archive_is_refused_or_harmless(espectre, at, bit):
    data = bytearray(espectre.read_bytes())
    at %= len(data)
    data[at] ^= 1 << bit
    flipped = espectre.with_name("flipped.npz")
    flipped.write_bytes(data)
    try:
        frames = passed(EspectreReader(flipped, OpenOptions()))
    except DecodeError:
        return
    assert frames == 7


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("turned", [False, True])
def test_amplitudes_in_any_order(tmp_path, order, turned):
    values = np.arange(56 * 9, dtype=np.float64).reshape(56, 9)
    path = tmp_path / "x.npy"
    path.write_bytes(npy(np.array(values.T if turned else values, order=order)))
    batch = open_capture(path).read()
    assert np.array_equal(batch.csi[:, 0, 0].real, values.T)
    assert batch.lane.subcarriers[27:29].tolist() == [-1, 1]


@pytest.mark.parametrize(
    "data",
    [
        npy(np.zeros((3, 5))),
        npy(np.zeros(56)),
        npy(np.zeros((56, 0))),
        npy(np.zeros((56, 4), dtype=complex)),
        npy(np.array(["a"], dtype=object), pickled=True),
        npy(np.zeros((56, 4)))[:-8],
        npy(np.zeros((56, 4)))[:40],
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'shape': (56, -3)}",
        b"\x93NUMPY\x03\x00\xff\xff\xff\xff",
    ],
)
def test_other_arrays_are_refused(tmp_path, data):
    path = tmp_path / "x.npy"
    path.write_bytes(data)
    with pytest.raises(DecodeError):
        passed(open_capture(path).reader())
    with pytest.raises(DecodeError):
        passed(AmplitudeReader(path, OpenOptions()))


_literals = st.text("{}()[],:'\"0123456789-L<>fiuO|V \n\\#descrshapfoten_", max_size=120)
_near = st.builds(
    "{{'descr': {}, 'fortran_order': {}, 'shape': {}}}".format,
    st.sampled_from(["'<f8'", "'|O'", "'<V0'", "[('a', '<f4')]", "'x'", "('<f8', 9)", "[]", "1"]),
    st.sampled_from(["True", "False", "None", "1L"]),
    st.sampled_from(
        ["(56, 3)", "(56L, 3)", "(-1,)", "()", "(9**9, 9)", "(10000000000000, 56)", "3"]
    ),
)


@settings(max_examples=100, deadline=None)
@given(version=st.integers(0, 4), text=st.one_of(_literals, _near))
def test_arbitrary_headers_give_an_answer(version, text):
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    try:
        header = read_header(b"\x93NUMPY" + bytes([version, 0]) + size + text.encode())
    except DecodeError:
        return
    assert header.size > 0
