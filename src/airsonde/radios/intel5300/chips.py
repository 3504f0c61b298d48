"""What the Intel 5300 and its CSI firmware deliver.

Source: Linux 802.11n CSI Tool, FAQ and `read_bf_file`; IEEE 802.11n-2009 table 7-25f (grouping:
Ng = 2 at 20 MHz, Ng = 4 at 40 MHz, 30 groups each).
"""

import numpy as np

from airsonde.csi.model import I16

CHIP = "iwl5300"
CHAINS = 3
STREAMS = 3
GROUPS = 30


def _groups(positive: list[int]) -> I16:
    half = np.array(positive, dtype=np.int16)
    return np.concatenate([-half[::-1], half])


SUBCARRIERS: dict[int, I16] = {
    20: np.concatenate(
        [np.arange(-28, -1, 2), [-1], np.arange(1, 28, 2), [28]], dtype=np.int16, casting="unsafe"
    ),
    40: _groups(list(range(2, 59, 4))),
}
