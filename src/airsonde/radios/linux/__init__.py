"""Any Wi-Fi card by nl80211: signal and survey, no channel state information."""
