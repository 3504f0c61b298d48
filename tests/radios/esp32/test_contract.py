"""ESP32 captures keep the contract of every decoder."""

from airsonde.radios.esp32.csv_decoder import CsvDecoder
from airsonde.radios.esp32.decode import Adr018Decoder
from airsonde.radios.esp32.json_decoder import JsonDecoder
from airsonde.testing.decoder_contract import DecoderContract
from tests.radios.esp32 import build
from tests.radios.esp32.test_streams import STREAMS
from tests.recordings import recording


class TestLines(DecoderContract):
    def decoder(self):
        return CsvDecoder("x")

    def capture(self):
        return b"".join(STREAMS["csv"][1] + [b"I (9) log\n"] + STREAMS["classic-csv"][1]) * 8


class TestDatagrams(DecoderContract):
    def decoder(self):
        return Adr018Decoder("x")

    def capture(self):
        return b"".join(STREAMS["adr018"][1] + [b"\x02\x00\x11\xc5" + bytes(28)]) * 12


class TestJsonLines(DecoderContract):
    def decoder(self):
        return JsonDecoder("x")

    def capture(self):
        vitals = b'{"type": "vitals"}\n'
        return b"".join([*STREAMS["json"][1], vitals, build.json_line([0] * 128, node=2)]) * 12


class TestRecordedLines(TestLines):
    def capture(self):
        return recording("esp32/tabletop/variation_02.csv").read_bytes()[:90_000]


class TestRecordedJson(TestJsonLines):
    def capture(self):
        return recording("mesh/pretrain-1775182186.csi.jsonl").read_bytes()[:90_000]
