"""nexmon_csi captures: UDP datagrams in pcap or pcapng."""

from pathlib import Path

import numpy as np

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.captures.packets import LINK_TYPES, udp_payloads
from airsonde.captures.pcap import Packets, PcapBlocks, is_pcap
from airsonde.captures.pcapng import PcapngBlocks, is_pcapng
from airsonde.captures.stream import StreamReader
from airsonde.core.errors import DecodeError
from airsonde.csi.model import U8, Family, FrameBatch, Tally
from airsonde.csi.ports import Fed
from airsonde.drivers.transport.files import BLOCK_BYTES, read_head
from airsonde.radios.nexmon.decode import NexmonDatagrams
from airsonde.radios.nexmon.soundings import proven_words

_LARGE_BLOCK = 2 * BLOCK_BYTES  # a quarter faster; soundings are copied once more and stay at one
_WORTH_A_WARNING = 1 << 16  # bytes; a single damaged packet is shorter


class PcapDecoder:
    """Packets of a capture file to batches: container, network headers, datagrams."""

    def __init__(self, head: bytes, datagrams: NexmonDatagrams, port: int | None = None) -> None:
        self.warnings: list[str] = []
        self._blocks = PcapngBlocks() if is_pcapng(head) else PcapBlocks()
        self._datagrams = datagrams
        self._port = port
        self._passed_over = 0

    @property
    def tally(self) -> Tally:
        return self._datagrams.tally

    @property
    def chip(self) -> str | None:
        return self._datagrams.chip

    def feed(self, data: memoryview, *, final: bool = False) -> Fed:
        """Decode every whole packet. Raises DecodeError for a link type that carries no IP."""
        block = np.frombuffer(data, dtype=np.uint8)
        split = self._blocks.split(block, final=final)
        batches = [b for packets in split.packets for b in self._decode(block, packets)]
        for reason, count in split.skipped.items():
            self.tally.skip(reason, count)
        self._passed_over += split.passed_over
        if final:
            batches += self._datagrams.flush()
            if self._passed_over > _WORTH_A_WARNING:
                self.warnings.append(
                    f"{self._passed_over} bytes between or behind the packets hold none: "
                    "the file is damaged, or something else was appended"
                )
        return Fed(batches, split.consumed)

    def _decode(self, block: U8, packets: Packets) -> list[FrameBatch]:
        if packets.link_type not in LINK_TYPES:
            raise DecodeError(f"pcap: link type {packets.link_type} is not read here")
        index = np.arange(len(packets.starts)) + self.tally.records
        payloads = udp_payloads(block, packets.starts, packets.sizes, packets.link_type)
        good = payloads.good
        for kind, reason in enumerate(payloads.refused):
            if reason is not None:
                self.tally.skip(reason, int((payloads.kinds == kind).sum()))
        if self._port is not None:
            elsewhere = good & (payloads.ports != self._port)
            self.tally.skip("UDP to another port", int(elsewhere.sum()))
            good &= ~elsewhere
        starts, sizes, t_ns = payloads.starts, payloads.sizes, packets.t_ns
        if not good.all():
            starts, sizes, t_ns, index = starts[good], sizes[good], t_ns[good], index[good]
        return self._datagrams.decode_block(block, starts, sizes, t_ns, index)


def _reader(path: Path, options: OpenOptions) -> Reader:
    head = read_head(path, BLOCK_BYTES)
    trial = PcapDecoder(head, NexmonDatagrams(), options.port)
    words = proven_words(trial.feed(memoryview(head)).batches)
    datagrams = NexmonDatagrams(options.source or path.stem, words)
    decoder = PcapDecoder(head, datagrams, options.port)
    return StreamReader(path, Family.NEXMON, decoder, BLOCK_BYTES if words else _LARGE_BLOCK)


def _matches(head: Head) -> bool:
    return is_pcap(head.data) or is_pcapng(head.data)


FORMATS = (
    CaptureFormat(
        name="nexmon-pcap", suffixes=(".pcap", ".pcapng"), matches=_matches, reader=_reader
    ),
)
