"""What Atheros 802.11n chips and the CSI tool deliver.

Source: Atheros CSI Tool User Guide; Linux ath9k (ATH_DEFAULT_NOISE_FLOOR, rate codes).
"""

from airsonde.core.channel import Band
from airsonde.csi.chips import Chip

CHIP = "ath9k"
CHAINS = 3
TONES = (56, 114)
NOISE_FLOOR_DBM = -95

CHIPS = (Chip(slug=CHIP, bands=(Band.GHZ_2_4, Band.GHZ_5), widths_mhz=(20, 40)),)
