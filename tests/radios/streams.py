"""One decoder and a few records of every family that is a stream of records."""

from airsonde.radios.atheros.decode import AtherosDecoder
from airsonde.radios.feitcsi.decode import FeitcsiDecoder
from airsonde.radios.intel5300.decode import Intel5300Decoder
from airsonde.radios.picoscenes.decode import PicoscenesDecoder
from tests.radios.atheros import build as atheros
from tests.radios.feitcsi import build as feitcsi
from tests.radios.intel5300 import build as intel5300
from tests.radios.picoscenes import build as picoscenes

STREAMS = {
    "intel5300": (
        Intel5300Decoder,
        [
            intel5300.report(3, n_tx, t_us=t, sel=s)
            for t, n_tx, s in ((9, 2, 36), (12, 1, 33), (15, 3, 24), (19, 2, 9))
        ],
    ),
    "atheros": (
        AtherosDecoder,
        [
            atheros.record(tones, 2, n_tx, t_us=t, order=">")
            for t, tones, n_tx in ((9, 56, 2), (12, 56, 1), (15, 114, 1), (19, 56, 2))
        ],
    ),
    "feitcsi": (
        FeitcsiDecoder,
        [
            feitcsi.record(tones, n_rx, 1, width=width, device_us=t)
            for t, tones, n_rx, width in (
                (9, 56, 2, 20),
                (12, 56, 1, 20),
                (15, 114, 1, 40),
                (19, 56, 2, 20),
            )
        ],
    ),
    "picoscenes": (
        PicoscenesDecoder,
        [
            picoscenes.record(tones, n_rx, 1, width=width, t_us=t)
            for t, tones, n_rx, width in (
                (9, 56, 2, 20),
                (12, 56, 1, 20),
                (15, 114, 1, 40),
                (19, 56, 2, 20),
            )
        ],
    ),
}
