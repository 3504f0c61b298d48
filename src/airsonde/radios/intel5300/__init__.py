"""Intel Wi-Fi Link 5300 with the Linux 802.11n CSI Tool."""
