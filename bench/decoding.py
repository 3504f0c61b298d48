"""Decoding speed, against csiread in the same run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import inputs
from bench.measure import Work, in_turn
from bench.table import Row

OURS = Work(
    "import airsonde\nfrom airsonde.captures.registry import formats\nformats()",
    "count = sum(len(batch) for batch in airsonde.open(path))",
)
READING = Work(
    "block = bytearray(1 << 20)",
    """
count = 0
with open(path, "rb", buffering=0) as file:
    while file.readinto(block):
        count += 1
""",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison: the least ratio of CPU seconds, theirs to ours, that is promised."""

    name: str
    recording: str
    body: Callable[[bytes], tuple[bytes, bytes]]
    peer: Work
    at_least: float


def _csiread(call: str) -> Work:
    return Work(
        "import csiread",
        f"peer = csiread.{call}\npeer.read()\ncount = peer.count",
    )


_NEXMON = "Nexmon(path, {chip!r}, {width}, if_report=False)"

CASES = (
    Case(
        "nexmon int16, 80 MHz",
        "nexmon/output-rssi.pcap",
        inputs.pcap_of_equal_lengths,
        _csiread(_NEXMON.format(chip="43455c0", width=80)),
        4.0,
    ),
    Case(
        "nexmon int16, 20 MHz",
        "nexmon/43455c0_20mhz.pcap",
        inputs.pcap_body,
        _csiread(_NEXMON.format(chip="43455c0", width=20)),
        5.0,
    ),
    Case(
        "nexmon packed float, 80 MHz",
        "nexmon/example_4366c0.pcap",
        inputs.pcap_body,
        _csiread(_NEXMON.format(chip="4366c0", width=80)),
        1.5,
    ),
    Case(
        "nexmon, alternating lengths",
        "nexmon/example_43455c0.pcap",
        inputs.pcap_of_alternating_lengths,
        _csiread(_NEXMON.format(chip="43455c0", width=80)),
        1.0,
    ),
    Case(
        "ESP32 CSV, 128 values",
        "presence/orang_diam.csv",
        inputs.lines_body,
        _csiread("ESP32(path, if_report=False)"),
        1.8,
    ),
    Case(
        "Intel 5300 .dat",
        "intel5300/sample_0x5_64_3000.dat",
        inputs.whole_body,
        _csiread("Intel(path, nrxnum=3, ntxnum=2, if_report=False)"),
        0.8,
    ),
    Case(
        "Atheros .dat",
        "atheros/ath_csi_1.dat",
        inputs.whole_body,
        _csiread("Atheros(path, nrxnum=3, ntxnum=2, if_report=False)"),
        1.0,
    ),
)


def rows() -> list[Row]:
    """Every case, and how the first compares with reading the bytes alone."""
    return [row for case in CASES if (row := _row(case)) is not None] + _reading()


def _row(case: Case) -> Row | None:
    if inputs.recording(case.recording) is None:
        return None
    path = inputs.repeated(case.recording, case.body)
    ours, theirs = in_turn(OURS, case.peer, path)
    return Row(
        name=case.name,
        figures=f"{ours.per_s / 1000:.0f} k frames/s, {ours.peak_mb:.0f} MB",
        peer=f"csiread {theirs.per_s / 1000:.0f} k, {theirs.peak_mb:.0f} MB",
        ratio=(ours.per_s / theirs.per_s),
        at_least=case.at_least,
    )


def _reading() -> list[Row]:
    case = CASES[0]
    if inputs.recording(case.recording) is None:
        return []
    path: Path = inputs.repeated(case.recording, case.body)
    ours, reading = in_turn(OURS, READING, path)
    return [
        Row(
            name="nexmon int16, 80 MHz, against reading the bytes",
            figures=f"{ours.cpu_s:.2f} s",
            peer=f"readinto {reading.cpu_s:.2f} s",
            ratio=ours.cpu_s / reading.cpu_s,
            at_most=3.0,
        )
    ]
