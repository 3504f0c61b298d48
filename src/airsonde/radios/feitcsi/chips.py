"""What Intel AX200 / AX210 deliver with FeitCSI.

Source: feitcsi.kuskosoft.com/csi_format, FeitCSI `Csi.h` and `Csi.cpp`.
"""

from airsonde.core.channel import Band
from airsonde.csi.chips import Chip
from airsonde.csi.model import Ppdu

CHIPS = (
    Chip(slug="ax200", bands=(Band.GHZ_2_4, Band.GHZ_5), widths_mhz=(20, 40, 80, 160)),
    Chip(slug="ax210", bands=tuple(Band), widths_mhz=(20, 40, 80, 160)),
)
CHAINS = 4
WIDTHS_MHZ = (20, 40, 80, 160, 320)
FORMATS = {1: Ppdu.NON_HT, 2: Ppdu.HT, 3: Ppdu.VHT, 4: Ppdu.HE, 5: Ppdu.EHT}

# At 160 MHz the firmware may leave the first 80 MHz padded to its FFT size: (first, past the last)
# column that holds no tone, by PPDU format and number of columns.
PADDING = {(Ppdu.VHT, 498): (242, 256), (Ppdu.HE, 2020): (996, 1024)}
