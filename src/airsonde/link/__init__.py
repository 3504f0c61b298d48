"""Keep the Wi-Fi link fast and steady: what to change, decided from what was seen."""
