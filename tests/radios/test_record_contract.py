"""Families that are a stream of records keep the contract of every decoder."""

from airsonde.testing.decoder_contract import DecoderContract
from tests.radios.streams import STREAMS


class TestIntel5300(DecoderContract):
    family = "intel5300"

    def decoder(self):
        return STREAMS[self.family][0]()

    def capture(self):
        return b"".join(STREAMS[self.family][1] * 12)


class TestAtheros(TestIntel5300):
    family = "atheros"


class TestFeitcsi(TestIntel5300):
    family = "feitcsi"


class TestPicoscenes(TestIntel5300):
    family = "picoscenes"
