"""Every recorded file is identified without help, accounted for, and suspected only if made up."""

from pathlib import Path

import pytest

import airsonde
from airsonde.core.errors import DecodeError
from tests.recordings import DATA

FORMATS = {
    "nexmon/*.pcap": ("nexmon-pcap", "nexmon"),
    "motion/fition_room1/*/*.pcap": ("nexmon-pcap", "nexmon"),
    "esp32/**/*.csv": ("esp32-csv", "esp32"),
    "presence/*.csv": ("esp32-csv", "esp32"),
    "breathing/esp32_paced/*.csv": ("esp32-csv", "esp32"),
    "synthetic_impostor/*.csv": ("esp32-csv", "esp32"),
    "mesh/*.csi.jsonl": ("esp32-jsonl", "esp32"),
    "motion/espectre/*.npz": ("espectre-npz", "esp32"),
    "motion/geotec_D1/*-x.npy": ("amplitude-npy", "esp32"),
    "intel5300/*.dat": ("intel5300", "intel5300"),
    "breathing/intel5300_gyro/*.dat": ("intel5300", "intel5300"),
    "atheros/**/*.dat": ("atheros", "atheros"),
    "breathing/atheros_manikin_1mm/BPM*": ("nist-csv", "atheros"),
    "breathing/atheros_manikin_1mm/BPM*/*_log.csv": ("nist-csv", "atheros"),
    "picoscenes/*.csi": ("picoscenes", "picoscenes"),
    "feitcsi/*.csi": ("feitcsi", "feitcsi"),
}
EXPECTED = {path: identity for glob, identity in FORMATS.items() for path in DATA.glob(glob)}
OTHERS = sorted({p for p in DATA.rglob("*") if p.is_file()} - set(EXPECTED))


def shown(path):
    return str(path.relative_to(DATA))


@pytest.mark.skipif(not EXPECTED, reason="the recordings are not on this machine")
@pytest.mark.parametrize("path", sorted(EXPECTED), ids=shown)
def test_identity_account_and_suspicion(path):
    summary = airsonde.open(path).summary()
    assert (summary["format"], summary["family"]) == EXPECTED[path]
    assert summary["records"] == summary["decoded"] + sum(summary["skipped"].values())
    for lane in summary["lanes"]:
        assert 0 < lane["valid_subcarriers"] <= lane["subcarriers"]
    frames = sum(lane["frames"] * lane["n_rx"] * lane["n_tx"] for lane in summary["lanes"])
    assert frames >= summary["decoded"]
    made_up = path.parent.name == "synthetic_impostor"
    assert bool(summary["suspicions"]) == made_up


@pytest.mark.skipif(not EXPECTED, reason="the recordings are not on this machine")
@pytest.mark.parametrize("path", OTHERS, ids=shown)
def test_what_is_no_capture_is_refused_in_one_sentence(path):
    with pytest.raises(DecodeError, match="no capture that is known here") as refused:
        airsonde.open(path)
    assert str(Path(path)) in str(refused.value)
    assert "\n" not in str(refused.value)
