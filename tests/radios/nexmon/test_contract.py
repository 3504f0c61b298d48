"""nexmon captures keep the contract of every decoder."""

from airsonde.captures.nexmon_pcap import PcapDecoder
from airsonde.csi.model import Ppdu
from airsonde.csi.tones import data_tones
from airsonde.radios.nexmon.decode import NexmonDatagrams
from airsonde.testing.decoder_contract import DecoderContract
from tests.packet_bytes import ethernet, ipv4, nexmon_payload, pcap, pcapng, udp
from tests.radios.nexmon.test_decode import samples
from tests.recordings import recording


def mixed_packets():
    """Two transmitters, two sizes, a pad, and traffic that is no CSI."""
    wide = samples(256, data_tones(Ppdu.VHT, 80))
    narrow = samples(64, data_tones(Ppdu.HT, 20))
    for i in range(40):
        yield ethernet(ipv4(udp(nexmon_payload(wide, chanspec=0xE02A, sequence=i))))
        if i % 3 == 0:
            yield ethernet(ipv4(udp(nexmon_payload(narrow + bytes(4), mac=b"second", sequence=i))))
        if i % 7 == 0:
            yield ethernet(bytes(28), 0x0806)


class TestClassic(DecoderContract):
    def decoder(self):
        return PcapDecoder(self.capture(), NexmonDatagrams())

    def capture(self):
        return pcap(list(mixed_packets()))


class TestNextGeneration(TestClassic):
    def capture(self):
        return pcapng(list(mixed_packets()))


class TestRecorded(TestClassic):
    def capture(self):
        return recording("nexmon/output-rssi.pcap").read_bytes()[:120_000]


class TestSoundings(TestClassic):
    def decoder(self):
        return PcapDecoder(self.capture(), NexmonDatagrams(words=(0, 8, 16)))

    def capture(self):
        return recording("nexmon/example_4339.pcap").read_bytes()[:120_000]
