"""Rate of breathing from the channel: streams, their spectra, and what may be claimed."""
