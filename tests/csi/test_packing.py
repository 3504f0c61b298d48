"""Bit fields against Python integers, the slow way."""

import numpy as np
import pytest

from airsonde.csi.packing import GROUPS, grouped, grouped_bytes, store, ten_bit

ROWS = 3


def payload(size):
    counter = np.arange((ROWS + 1) * size, dtype=np.int64)
    rows = (counter * counter * 31 % 8191 % 256).astype(np.uint8).reshape(ROWS + 1, size)
    return rows, [int.from_bytes(row.tobytes(), "little") for row in rows]


def stored(pairs):
    out = np.empty(pairs.shape, dtype=np.complex64)
    store(pairs, out)
    return out


def signed(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


@pytest.mark.parametrize("n_rx", [1, 2, 3])
@pytest.mark.parametrize("n_tx", [1, 2, 3])
def test_groups_of_eight_bit_pairs(n_rx, n_tx):
    chains = n_rx * n_tx
    rows, numbers = payload(grouped_bytes(chains))
    values = stored(grouped(rows, ROWS, n_rx, n_tx)).reshape(ROWS, GROUPS, chains)
    for n in range(ROWS):
        for group in range(GROUPS):
            at = 3 * (group + 1) + 16 * chains * group
            for chain in range(chains):
                word = numbers[n] >> (at + 16 * chain)
                assert values[n, group, chain] == complex(signed(word, 8), signed(word >> 8, 8))


@pytest.mark.parametrize("count", [2, 56, 114, 342])
def test_ten_bit_pairs(count):
    rows, numbers = payload(count * 5 // 2)
    values = stored(ten_bit(rows, ROWS, count))
    for n in range(ROWS):
        for k in range(count):
            word = numbers[n] >> (20 * k)
            assert values[n, k] == complex(signed(word >> 10, 10), signed(word, 10))
