"""What the Intel 5300 and its CSI firmware deliver. Source: Linux 802.11n CSI Tool, FAQ."""

CHIP = "iwl5300"
CHAINS = 3
STREAMS = 3
