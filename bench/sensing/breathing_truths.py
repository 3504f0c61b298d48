"""What is known of the breathing recordings, from clocks, a gyroscope and a belt."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import Family, FrameBatch, Lane
from bench.inputs import recording

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Truth:
    """`bpm` where it is known; `may_answer` is False where every rate is a false claim."""

    name: str
    bpm: float | None = None
    may_answer: bool = True

    @property
    def short(self) -> str:
        return Path(self.name).stem


_GYRO = "breathing/intel5300_gyro/"
_PACED = "breathing/esp32_paced/"
_MANIKIN = "breathing/atheros_manikin_1mm/"
TRUTHS: Final = (
    Truth(_GYRO + "4_19_sn1.dat", 14.5),
    Truth(_PACED + "resp_puertaabierta_6rpm.csv", 6.0),
    *(Truth(f"{_MANIKIN}BPM{bpm}", float(bpm)) for bpm in (3, 12, 21, 30)),
    *(Truth(_GYRO + name, None, may_answer=False) for name in ("4_19_mn1.dat", "move1.dat")),
    Truth(_GYRO + "4_14_m2.dat", None, may_answer=False),
    Truth("presence/ruangan_kosong.csv", None, may_answer=False),
    Truth("presence/orang_bergerak.csv", None, may_answer=False),
    Truth("picoscenes/rx_4_251205_HandsUpDown.csi", None, may_answer=False),
    Truth("mesh/pretrain-1775182186.csi.jsonl", None, may_answer=False),
    Truth("esp32/tabletop/variation_02.csv", None, may_answer=False),
    *(
        Truth(f"atheros/mixed_tones/{name}.dat", None, may_answer=False)
        for name in (
            "five_place/train/kitchen2",
            "three_place/test/kitchen9",
            "three_place/test/outer9",
            "three_place/train/outer0",
            "three_place/train/room0",
        )
    ),
    *(Truth(_GYRO + name) for name in ("sample4.dat", "sample5.dat", "4_14_2.dat")),
    Truth(_PACED + "resp_12rpm.csv"),
    Truth("presence/orang_diam.csv"),
    Truth("esp32/ht40_384bytes_count2.csv"),
    Truth("esp32/mtd02.csv"),
    Truth("intel5300/los_40.dat"),
    Truth("nexmon/43455c0_20mhz.pcap"),
    Truth("nexmon/example_4366c0.pcap"),
    Truth("picoscenes/rx_4_251205_STATIC.csi"),
)


def strongest_bpm(t_s: F64, values: F64, low: float = 4.0, high: float = 40.0) -> float:
    """The strongest rate of float64[N, M] at times float64[N], by a zero-padded spectrum."""
    even = np.arange(t_s[0], t_s[-1], 0.1)
    rows = np.stack([np.interp(even, t_s, column) for column in values.T], axis=1)
    place = even - even.mean()
    rows -= np.polynomial.polynomial.polyval(
        place, np.polynomial.polynomial.polyfit(place, rows, 2)
    ).T
    power = np.square(np.abs(np.fft.rfft(rows * np.hanning(len(even))[:, None], 1 << 15, axis=0)))
    rate = np.fft.rfftfreq(1 << 15, 0.1) * 60
    inside = (rate >= low) & (rate <= high)
    return float(rate[inside][np.argmax(power.sum(axis=1)[inside])])


def gyroscope_bpm(name: str) -> float | None:
    """Rate of the turning of a telephone on the chest; None without the recording."""
    path = recording(_GYRO + name)
    if path is None:
        return None
    with path.open() as lines:
        table = list(csv.reader(lines))[1:]
    rows = np.array(
        [[float(row[0]), *(float(v) for v in row[4:7])] for row in table if row[4].strip()]
    )
    return strongest_bpm(rows[:, 0], rows[:, 1:])


@dataclass(frozen=True, slots=True)
class Belt:
    """Frames of two cores' phase difference, and the force of a belt, on one clock."""

    frames: FrameBatch
    t_s: F64
    force: F64

    def bpm(self, start_s: float, end_s: float) -> float:
        inside = (self.t_s >= start_s) & (self.t_s < end_s)
        return strongest_bpm(self.t_s[inside], self.force[inside, None])


def belt() -> Belt | None:
    """The belt recording as frames of two receive antennas; None where it is absent."""
    path = recording("breathing/belt_phase_difference/pd_signal1.mat")
    if path is None:
        return None
    from scipy.io import loadmat  # type: ignore[import-untyped, unused-ignore]

    rows = loadmat(path)["pd_signal"]
    truth = loadmat(path.with_name("ground_truth_12_5_2021_5min_7_100ms.mat"))
    t_ns = np.round((rows[:, 209] / 1e3 + rows[:, 210].min()) * 1e9).astype(np.int64)
    turned = np.exp(1j * rows[:, None, None, :208])
    lane = Lane(
        number=0,
        source=path.name,
        family=Family.NEXMON,
        n_rx=2,
        subcarriers=np.arange(208, dtype=np.int16),
        valid=np.ones(208, bool),
    )
    frames = FrameBatch(
        lane=lane,
        index=np.arange(len(rows)),
        t_ns=t_ns,
        csi=np.concatenate([turned, np.ones_like(turned)], axis=1).astype(np.complex64),
    )
    return Belt(frames, truth["curr_time"].ravel(), truth["force"].ravel())
