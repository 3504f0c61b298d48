"""`.rvcsi`, RVNX and Arrow decoders keep the contract of every decoder."""

import pytest

from airsonde.captures.arrow import ArrowRecorder
from airsonde.captures.arrow_decode import ArrowDecoder
from airsonde.captures.csv import CsvWriter
from airsonde.captures.csv_decode import CsvDecoder
from airsonde.captures.model import Origin
from airsonde.captures.rvcsi_decode import RvcsiDecoder
from airsonde.csi.model import Family
from airsonde.radios.nexmon.rvnx import RvnxDecoder
from airsonde.radios.nexmon.rvnx_encode import encode
from airsonde.testing.decoder_contract import DecoderContract
from tests.captures.frames import bare_batch, interleaved_lanes
from tests.captures.test_rvcsi import capture, frame
from tests.radios.nexmon.test_rvnx import frames


class TestRvcsi(DecoderContract):
    def decoder(self):
        return RvcsiDecoder()

    def capture(self):
        lines = [
            frame(
                frame_id=k, timestamp_ns=k * 1000, channel=6 if k % 3 else 36, i_values=[k / 8, 1.0]
            )
            for k in range(150)
        ]
        return capture(*lines)


class TestRvnx(DecoderContract):
    def decoder(self):
        return RvnxDecoder()

    def capture(self):
        return b"".join(encode(frames(30, size)).tobytes() for size in (8, 64, 8, 100))


class TestArrow(DecoderContract):
    @pytest.fixture(autouse=True)
    def recorded(self, tmp_path):
        path = tmp_path / "live.arrows.zst"
        recorder = ArrowRecorder(path, Origin(source="s", family=Family.SIM))
        for k in range(30):
            recorder.write([bare_batch(3, 0, 4, first=5 * k), bare_batch(2, 1, 8, first=5 * k + 3)])
        recorder.close()
        self.data = path.read_bytes()

    def decoder(self):
        return ArrowDecoder()

    def capture(self):
        return self.data


class TestCsv(DecoderContract):
    @pytest.fixture(autouse=True)
    def written(self, tmp_path):
        path = tmp_path / "x.csv"
        writer = CsvWriter(path, Origin(source="s", family=Family.INTEL5300))
        for block in interleaved_lanes(200):
            writer.write(block)
        writer.close()
        self.data = path.read_bytes()

    def decoder(self):
        return CsvDecoder()

    def capture(self):
        return self.data
