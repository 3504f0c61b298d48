"""What Atheros 802.11n chips and the CSI tool deliver.

Source: Atheros CSI Tool User Guide; Linux ath9k (ATH_DEFAULT_NOISE_FLOOR, rate codes).
"""

CHIP = "ath9k"
CHAINS = 3
TONES = (56, 114)
NOISE_FLOOR_DBM = -95
