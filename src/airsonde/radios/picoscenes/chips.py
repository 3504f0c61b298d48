"""The radios that PicoScenes names in its records, and how each delivers CSI.

Source: PicoScenes toolbox, `rxs_parsing_core`.
"""

from airsonde.core.channel import Band
from airsonde.csi.chips import Chip
from airsonde.csi.model import Ppdu

IWL5300 = 0x5300
QCA9300 = 0x9300
IWLMVM = 0x2000

_DUAL = (Band.GHZ_2_4, Band.GHZ_5)
DEVICES = {
    IWL5300: Chip(slug="iwl5300", bands=_DUAL, widths_mhz=(20, 40)),
    QCA9300: Chip(slug="qca9300", bands=_DUAL, widths_mhz=(20, 40)),
    IWLMVM: Chip(slug="ax200", bands=_DUAL, widths_mhz=(20, 40, 80, 160)),
}
CHIPS = tuple(DEVICES.values())
FORMATS = {0: Ppdu.NON_HT, 1: Ppdu.HT, 2: Ppdu.VHT, 3: Ppdu.HE, 4: Ppdu.HE}
