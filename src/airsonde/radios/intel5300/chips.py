"""What the Intel 5300 and its CSI firmware deliver. Source: Linux 802.11n CSI Tool, FAQ."""

from airsonde.core.channel import Band
from airsonde.csi.chips import Chip

CHIP = "iwl5300"
CHAINS = 3
STREAMS = 3

CHIPS = (Chip(slug=CHIP, bands=(Band.GHZ_2_4, Band.GHZ_5), widths_mhz=(20, 40)),)
