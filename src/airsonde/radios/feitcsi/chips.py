"""What Intel AX200 / AX210 deliver with FeitCSI.

Source: feitcsi.kuskosoft.com/csi_format, FeitCSI `Csi.h` and `Csi.cpp`.
"""

from airsonde.csi.model import Ppdu

CHIPS = ("ax200", "ax210")
CHAINS = 4
WIDTHS_MHZ = (20, 40, 80, 160, 320)
FORMATS = {1: Ppdu.NON_HT, 2: Ppdu.HT, 3: Ppdu.VHT, 4: Ppdu.HE, 5: Ppdu.EHT}

# At 160 MHz the firmware may leave the first 80 MHz padded to its FFT size: (first, past the last)
# column that holds no tone, by PPDU format and number of columns.
PADDING = {(Ppdu.VHT, 498): (242, 256), (Ppdu.HE, 2020): (996, 1024)}
