"""One decoder and a few records of every family that is a stream of records."""

from airsonde.radios.intel5300.decode import Intel5300Decoder
from tests.radios.intel5300 import build as intel5300

STREAMS = {
    "intel5300": (
        Intel5300Decoder,
        [
            intel5300.report(3, n_tx, t_us=t, sel=s)
            for t, n_tx, s in ((9, 2, 36), (12, 1, 33), (15, 3, 24), (19, 2, 9))
        ],
    ),
}
