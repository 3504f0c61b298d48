"""Every recorded ESP32 file: identity, accounting, lanes, and values against csiread."""

import json
import re
from collections import Counter

import numpy as np
import pytest

import airsonde
from airsonde.captures.model import HEAD_BYTES, Head
from airsonde.captures.registry import formats
from airsonde.core.errors import DecodeError
from airsonde.drivers.transport.files import read_head
from tests.recordings import DATA, recording

LEGACY, HT40 = "l-ltf", "l-ltf+ht-ltf"
CSV = {  # frames by transmitter, PPDU, 40 MHz, training, valid tones; counted with a plain split
    "esp32/espressif_columns.csv": {("00:00:00:00:00:00", "non-ht", 20, LEGACY, 51): 1025},
    "esp32/example_100hz_pitraffic.csv": {("11:22:33:44:55:66", "non-ht", 20, LEGACY, 51): 833},
    "esp32/example_csi.csv": {
        ("3c:71:bf:6d:2a:78", "ht", 20, LEGACY, 52): 12,
        ("3c:71:bf:6d:2a:78", "non-ht", 20, LEGACY, 52): 1,
    },
    "esp32/example_data.csv": {("d0:6e:de:27:6b:63", "ht", 20, LEGACY, 51): 60},
    "esp32/ht40_384bytes_count2.csv": {("1a:00:00:00:00:00", "ht", 40, HT40, 114): 1421},
    "esp32/mtd02.csv": {
        ("c8:f0:9e:f2:c2:ec", "non-ht", 20, LEGACY, 52): 686,
        ("c8:f0:9e:f2:c2:ec", "ht", 20, LEGACY, 52): 46,
    },
    "esp32/tch-csi-03.csv": {},
    "esp32/test02.csv": {
        ("c8:f0:9e:f2:c2:ec", "ht", 20, LEGACY, 52): 523,
        ("c8:f0:9e:f2:c2:ec", "non-ht", 20, LEGACY, 52): 8,
    },
    "esp32/tabletop/empty_01.csv": {
        ("10:b4:1d:cc:60:e0", "ht", 20, LEGACY, 52): 131,
        ("10:b4:1d:cc:60:e0", "non-ht", 20, LEGACY, 52): 12,
    },
    "esp32/tabletop/foil_01.csv": {
        ("10:b4:1d:cc:60:e0", "ht", 20, LEGACY, 52): 138,
        ("10:b4:1d:cc:60:e0", "non-ht", 20, LEGACY, 52): 12,
    },
    "esp32/tabletop/hand_01.csv": {
        ("10:b4:1d:cc:60:e0", "ht", 20, LEGACY, 52): 124,
        ("10:b4:1d:cc:60:e0", "non-ht", 20, LEGACY, 52): 12,
    },
    "esp32/tabletop/variation_02.csv": {
        ("10:b4:1d:cc:60:e0", "ht", 20, LEGACY, 52): 392,
        ("10:b4:1d:cc:60:e0", "non-ht", 20, LEGACY, 52): 11,
    },
    "presence/orang_bergerak.csv": {
        ("98:f4:ab:29:67:94", "ht", 20, LEGACY, 52): 1807,
        ("98:f4:ab:29:67:94", "non-ht", 20, LEGACY, 52): 181,
        ("54:8d:5a:e7:1d:0a", "non-ht", 20, LEGACY, 52): 3,
        ("f6:d3:bf:7a:52:8d", "non-ht", 20, LEGACY, 52): 2,
    },
    "presence/orang_diam.csv": {
        ("98:f4:ab:29:67:94", "ht", 20, LEGACY, 52): 1921,
        ("98:f4:ab:29:67:94", "non-ht", 20, LEGACY, 52): 77,
    },
    "presence/ruangan_kosong.csv": {
        ("98:f4:ab:29:67:94", "ht", 20, LEGACY, 52): 1853,
        ("98:f4:ab:29:67:94", "non-ht", 20, LEGACY, 52): 68,
        ("bc:d2:2c:1c:f0:6b", "non-ht", 20, LEGACY, 52): 1,
    },
    "breathing/esp32_paced/resp_12rpm.csv": {("20:50:0d:2a:a2:e4", "ht", 20, LEGACY, 52): 6592},
    "breathing/esp32_paced/resp_puertaabierta_6rpm.csv": {
        ("20:50:0d:2a:a2:e4", "ht", 20, LEGACY, 52): 7136,
        ("38:01:95:13:dd:24", "non-ht", 20, LEGACY, 52): 1,
    },
    "synthetic_impostor/AN1_Normal_Take01_BPM17_20260418_095253.csv": {
        ("68:fe:71:12:53:8c", "ht", 20, LEGACY, 52): 680,
        ("68:fe:71:12:53:8c", "non-ht", 20, LEGACY, 52): 31,
    },
}
SKIPPED = {"esp32/example_100hz_pitraffic.csv": {"ragged row": 1}}


@pytest.mark.parametrize("name", CSV)
def test_lines_of_text(name):
    path = recording(name)
    summary = airsonde.open(path).summary()
    assert summary["format"] == "esp32-csv"
    frames = Counter()
    for lane in summary["lanes"]:
        kind = (lane["transmitter"], lane["ppdu"], lane["width_mhz"], lane["training"])
        frames[(*kind, lane["valid_subcarriers"])] += lane["frames"]
    assert frames == CSV[name]
    assert summary["skipped"] == SKIPPED.get(name, {})
    assert summary["records"] == path.read_bytes().count(b"CSI_DATA,")
    assert summary["records"] == summary["decoded"] + sum(summary["skipped"].values())


def test_only_the_impostor_is_suspected():
    suspected = {name: airsonde.open(recording(name)).summary()["suspicions"] for name in CSV}
    assert {name for name, signs in suspected.items() if signs} == {
        "synthetic_impostor/AN1_Normal_Take01_BPM17_20260418_095253.csv"
    }
    assert "synthetic: dc bin never empty" in [s for signs in suspected.values() for s in signs]


def test_mesh_recording_by_node_and_layout():
    summary = airsonde.open(recording("mesh/pretrain-1775182186.csi.jsonl")).summary()
    assert (summary["format"], summary["records"], summary["decoded"]) == (
        "esp32-jsonl",
        5783,
        5309,
    )
    assert summary["skipped"] == {
        "compressed packet": 2,
        "feature packet": 236,
        "vitals packet": 236,
    }
    stbc = "l-ltf+ht-ltf+stbc-ht-ltf"
    assert sorted((lane["training"], lane["frames"]) for lane in summary["lanes"]) == [
        (LEGACY, 1994),
        (LEGACY, 2133),
        ("l-ltf+ht-ltf", 503),
        ("l-ltf+ht-ltf", 631),
        (stbc, 23),
        (stbc, 25),
    ]
    assert summary["suspicions"] == []


def test_mesh_values_are_those_of_the_datagrams():
    path = recording("mesh/pretrain-1775182186.csi.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for batch in airsonde.open(path):
        row = rows[batch.index[0]]
        assert batch.t_ns[0] == round(row["timestamp"] * 1e6) * 1000
        assert batch.lane.source.endswith(f"-node{row['node_id']}")
        raw = np.frombuffer(bytes.fromhex(row["iq_hex"]), dtype=np.int8).reshape(-1, 2)
        whole = np.fft.fftshift((raw[:, 1] + 1j * raw[:, 0]).reshape(-1, 64), axes=1)
        best = min(len(whole) - 1, 1)
        assert np.array_equal(batch.csi[0, 0, 0], whole[best])


@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("mesh/rec_1772470567081-20260302_165607.csi.jsonl", 253),
        ("mesh/rec_1772472968919-20260302_173608.csi.jsonl", 3),
    ],
)
def test_bare_amplitudes(name, frames):
    summary = airsonde.open(recording(name)).summary()
    (lane,) = summary["lanes"]
    assert summary["decoded"] == summary["records"] == lane["frames"] == frames
    assert (lane["subcarriers"], lane["valid_subcarriers"], lane["rssi_dbm"]) == (56, 44, None)
    assert "no phase" in summary["warnings"][0]


def test_espectre_archives():
    names = sorted(recording("motion/espectre").glob("*.npz"))
    assert len(names) == 12
    for path in names:
        summary = airsonde.open(path).summary()
        (lane,) = summary["lanes"]
        with np.load(path) as archive:
            frames, chip = len(archive["csi_data"]), str(archive["chip"])
        assert summary["format"] == "espectre-npz"
        assert summary["chip"] == ("esp32" if chip == "esp32" else f"esp32-{chip}")
        assert summary["decoded"] == summary["records"] == lane["frames"] == frames
        assert lane["valid_subcarriers"] == (55 if chip == "esp32" else 56)
        assert summary["suspicions"] == []


def test_espectre_values_have_their_nulls_where_the_standard_has_them():
    path = recording("motion/espectre/baseline_s3_64sc_20260329_125557.npz")
    batch = airsonde.open(path).read()
    assert not batch.csi[..., ~batch.lane.valid].any()
    assert np.abs(batch.csi[..., batch.lane.valid]).mean() > 20


def test_amplitude_arrays():
    names = sorted(recording("motion/geotec_D1").glob("*-x.npy"))
    assert len(names) == 20
    for path in names:
        capture = airsonde.open(path)
        values = np.load(path)
        batch = capture.read()
        assert capture.format == "amplitude-npy"
        assert np.array_equal(batch.csi[:, 0, 0].real, values.T.astype(np.float32))
        assert np.diff(batch.t_ns).tolist() == [10_000_000] * (values.shape[1] - 1)


def test_label_arrays_are_refused_and_named():
    with pytest.raises(DecodeError, match="labels"):
        airsonde.open(recording("motion/geotec_D1/e01_rx_tx-y.npy"))


def test_no_other_file_is_claimed():
    recording("MANIFEST.md")
    ours = ["espectre-npz", "amplitude-npy", "esp32-jsonl", "esp32-csv", "adr018"]
    homes = ("esp32/", "mesh/", "presence/", "synthetic", "breathing/esp32", "motion/espectre")
    for path in (p for p in DATA.rglob("*") if p.is_file()):
        head = Head(path=path, data=read_head(path, HEAD_BYTES), size=path.stat().st_size)
        claims = [n for n in ours if formats()[n].matches(head)]
        name = str(path.relative_to(DATA))
        at_home = name.startswith(homes) and not name.endswith(".json")
        assert len(claims) == (at_home or name.endswith("-x.npy")), name


def test_values_equal_those_of_csiread():
    csiread = pytest.importorskip("csiread")
    path = recording("presence/orang_diam.csv")
    peer = csiread.ESP32(str(path), if_report=False)
    peer.read()
    batches = list(airsonde.open(path))
    index = np.concatenate([b.index for b in batches])
    ours = np.concatenate([b.csi[:, 0, 0] for b in batches])[np.argsort(index)]
    assert np.array_equal(ours, peer.csi.astype(np.complex64))


def test_values_equal_those_of_a_plain_reading():
    for name in ("esp32/ht40_384bytes_count2.csv", "esp32/espressif_columns.csv"):
        text = recording(name).read_text()
        rows = [np.fromstring(r, sep=",") for r in re.findall(r"\[([-0-9, ]+)\]", text)]
        raw = np.array(rows)[:, 1::2] + 1j * np.array(rows)[:, ::2]
        (batch,) = list(airsonde.open(recording(name)))[:1]
        if name.endswith("count2.csv"):
            wanted = np.fft.fftshift(raw[:, 64:], axes=1)
            assert np.array_equal(batch.extra["l_ltf"][:, 0], raw[: len(batch), :64])
        else:
            wanted = np.concatenate([raw[:, 26:], raw[:, :26]], axis=1)
        assert np.array_equal(batch.csi[:, 0, 0], wanted[: len(batch)])
