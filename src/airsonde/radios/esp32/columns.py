"""The orders in which firmware writes the columns of a CSI line, and header lines that name them.

Source: ESP32-CSI-Tool and Espressif's esp-csi examples; names are brought to one spelling.
"""

Columns = tuple[str, ...]

_RADIO = (
    "mac rssi rate sig_mode mcs cwb smoothing not_sounding aggregation stbc fec_coding sgi"
    " noise_floor ampdu_cnt channel secondary_channel local_timestamp ant sig_len rx_state"
)
_ORDERS = (
    f"type role {_RADIO} real_time_set real_timestamp len",
    f"type seq {_RADIO} len first_word",
    f"type seq timestamp taget_seq taget {_RADIO} agc_gain fft_gain len first_word",
    (
        "type seq mac rssi rate noise_floor fft_gain agc_gain channel local_timestamp sig_len"
        " rx_state len first_word"
    ),
)
_BY_COUNT: dict[int, Columns] = {len(o.split()): tuple(o.split()) for o in _ORDERS}
_SPELLINGS = {
    "id": "seq",
    "bandwidth": "cwb",
    "channel_primary": "channel",
    "channel_secondary": "secondary_channel",
    "first_word_invalid": "first_word",
}
_NEEDED = {"mac", "rssi", "channel", "local_timestamp", "len"}

INTEGERS = (
    "rssi",
    "rate",
    "sig_mode",
    "mcs",
    "cwb",
    "stbc",
    "noise_floor",
    "channel",
    "secondary_channel",
    "local_timestamp",
    "len",
    "first_word",
    "seq",
    "agc_gain",
    "fft_gain",
)


def usual_columns(count: int) -> Columns | None:
    """Columns before the values, where a line has `count` of them and no header told."""
    return _BY_COUNT.get(count)


def header_columns(line: bytes) -> Columns | None:
    """Columns that a header line names; () for the header of a wrapping file; None: no header."""
    names = [n.strip().strip('"') for n in line.decode("ascii", "replace").split(",")]
    if "raw_line" in names:
        return ()
    if names[0] != "type" or names[-1].lower() not in {"data", "csi_data"}:
        return None
    columns = tuple(_SPELLINGS.get(n, n) for n in names[:-1])
    return columns if set(columns) >= _NEEDED else None
