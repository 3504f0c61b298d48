"""Large inputs, made by repeating the records of real captures."""

from collections.abc import Callable, Iterator
from pathlib import Path

RECORDINGS = Path(__file__).parents[2] / "shared" / "data"
WORK = Path(__file__).parent / "data"
LARGE = 200_000_000


def recording(name: str) -> Path | None:
    """Path of a real capture; None where the recordings are absent."""
    path = RECORDINGS / name
    return path if path.exists() else None


def repeated(name: str, body: Callable[[bytes], tuple[bytes, bytes]], size: int = LARGE) -> Path:
    """Make a file of about `size` bytes out of one recording.

    `body` splits the recording into what stands once at the front and what is repeated.
    """
    source = RECORDINGS / name
    target = WORK / f"{body.__name__}_{size // 1_000_000}MB_{name.replace('/', '_')}"
    if target.exists():
        return target
    WORK.mkdir(exist_ok=True)
    front, records = body(source.read_bytes())
    with target.open("wb") as out:
        out.write(front)
        for _ in range(max(1, (size - len(front)) // len(records))):
            out.write(records)
    return target


def pcap_body(raw: bytes) -> tuple[bytes, bytes]:
    """The file header once, the packets again and again."""
    return raw[:24], raw[24:]


def pcap_of_equal_lengths(raw: bytes) -> tuple[bytes, bytes]:
    """As `pcap_body`, with the packets of the most frequent length alone."""
    packets = list(_packets(raw))
    lengths = [len(p) for p in packets]
    usual = max(set(lengths), key=lengths.count)
    return raw[:24], b"".join(p for p in packets if len(p) == usual)


def pcap_of_alternating_lengths(raw: bytes) -> tuple[bytes, bytes]:
    """As `pcap_body`, with every other packet four bytes longer: nothing is uniform."""
    packets = list(_packets(raw[:24] + pcap_of_equal_lengths(raw)[1]))
    return raw[:24], b"".join(p if i % 2 else _padded(p) for i, p in enumerate(packets))


def _packets(raw: bytes) -> Iterator[bytes]:
    at = 24
    while at + 16 <= len(raw):
        end = at + 16 + int.from_bytes(raw[at + 8 : at + 12], "little")
        yield raw[at:end]
        at = end


def _padded(packet: bytes) -> bytes:
    """The same packet with four more payload bytes, every length corrected."""
    size = len(packet) - 16 + 4
    lengths = size.to_bytes(4, "little") * 2
    ip = (int.from_bytes(packet[32:34], "big") + 4).to_bytes(2, "big")
    udp = (int.from_bytes(packet[54:56], "big") + 4).to_bytes(2, "big")
    return packet[:8] + lengths + packet[16:32] + ip + packet[34:54] + udp + packet[56:] + bytes(4)


def lines_body(raw: bytes) -> tuple[bytes, bytes]:
    """Whole lines, again and again."""
    return b"", raw[: raw.rindex(b"\n") + 1]


def whole_body(raw: bytes) -> tuple[bytes, bytes]:
    """Formats that are records and nothing else."""
    return b"", raw
