"""Rows, lines and datagrams as ESP32 firmware writes them, from numbers that a test chooses."""

import json

import numpy as np

from airsonde.radios.esp32.decode import HEADER

MAC = "02:00:5e:10:00:01"


def pairs(layout, seed=0):
    """int8[2n]: a row with signal on the tones of each field and zeros elsewhere."""
    out = np.zeros(2 * layout.values, dtype=np.int8)
    for field in layout.fields:
        at = field.positions[field.valid(stale=False)]
        out[2 * at] = 1 + (37 * at + 11 * seed) % 99
        out[2 * at + 1] = -1 - (23 * at + 17 * seed) % 99
    return out


def tool_line(values, *, t_us=7_000_000, ht=0, cwb=0, stbc=0, secondary=0, channel=6, **other):
    """A line of ESP32-CSI-Tool; `length` is what the len column says."""
    length, mac = other.get("length", len(values)), other.get("mac", MAC)
    rssi = other.get("rssi", -41)
    numbers = " ".join(str(int(v)) for v in values)
    return (
        f"CSI_DATA,AP,{mac},{rssi},11,{ht},7,{cwb},1,1,0,{stbc},0,0,-96,0,{channel},{secondary},"
        f"{t_us},0,84,0,0,7.5,{length},[{numbers} ]\n"
    ).encode()


def classic_line(values, *, seq=5, t_us=7_000_000, ht=0, cwb=0, secondary=0, stale=0):
    """A line of Espressif's first column order, values quoted."""
    numbers = ",".join(str(int(v)) for v in values)
    return (
        f"CSI_DATA,{seq},{MAC},-50,11,{ht},7,{cwb},1,1,0,0,0,0,-95,0,6,{secondary},{t_us},0,47,0,"
        f'{len(values)},{stale},"[{numbers}]"\n'
    ).encode()


def he_line(values, *, seq=5, t_us=7_000_000):
    """A line of Espressif's order for the Wi-Fi 6 chips: no format, width or secondary channel."""
    numbers = ",".join(str(int(v)) for v in values)
    return (
        f'CSI_DATA,{seq},{MAC},-50,11,-95,3,21,6,{t_us},47,0,{len(values)},0,"[{numbers}]"\n'
    ).encode()


def datagram(values, *, node=1, mhz=2437, seq=42, rssi=-50, noise=-95, n_rx=1):
    """An ADR-018 datagram; `values` are the pairs of every antenna, one behind the other."""
    header = np.zeros(1, dtype=HEADER)
    header[0] = (0xC5110001, node, n_rx, len(values) // 2 // n_rx, mhz, seq, rssi, noise, 0)
    return header.tobytes() + np.asarray(values, dtype=np.int8).tobytes()


def json_line(values, *, node=1, t_s=1775182186.957776):
    """A row of dialect A."""
    return (
        json.dumps(
            {
                "timestamp": t_s,
                "node_id": node,
                "magic": "0xC5110001",
                "rssi": 1,
                "type": "raw_csi",
                "iq_hex": np.asarray(values, dtype=np.int8).tobytes().hex(),
                "subcarriers": len(values) // 2,
            }
        )
        + "\n"
    ).encode()
