"""Qualcomm Atheros 802.11n chips with the Atheros CSI Tool."""
