"""The radios that PicoScenes names in its records, and how each delivers CSI.

Source: PicoScenes toolbox, `rxs_parsing_core`.
"""

from airsonde.csi.model import Ppdu

IWL5300 = 0x5300
QCA9300 = 0x9300
IWLMVM = 0x2000

CHIPS = {IWL5300: "iwl5300", QCA9300: "qca9300", IWLMVM: "ax200"}
FORMATS = {0: Ppdu.NON_HT, 1: Ppdu.HT, 2: Ppdu.VHT, 3: Ppdu.HE, 4: Ppdu.HE}
