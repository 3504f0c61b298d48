"""The ESP32 family: chips, the layout of its rows, its datagrams and its lines of text."""
