"""What every decoder of a stream of records must hold, asked of bytes that a test gives."""

import numpy as np

from airsonde.core.errors import DecodeError


def fed(decoder, data, cuts=()):
    """Feed like a file reader does, cut where told; every frame as (index, lane, t, csi bytes)."""
    frames, kept, last = [], b"", 0
    for cut in [*sorted(cuts), len(data)]:
        kept += data[last:cut]
        last = cut
        frames += _frames(answer := decoder.feed(memoryview(bytearray(kept)), final=False))
        assert 0 <= answer.consumed <= len(kept)
        kept = kept[answer.consumed :]
    answer = decoder.feed(memoryview(bytearray(kept)), final=True)
    assert answer.consumed == len(kept)
    frames += _frames(answer)
    assert decoder.tally.decoded == len(frames)
    return sorted(frames)


def _frames(answer):
    for batch in answer.batches:
        n, lane = len(batch), batch.lane
        assert n > 0
        assert batch.csi.dtype == np.complex64
        assert batch.csi.shape == (n, lane.n_rx, lane.n_tx, len(lane.subcarriers))
        assert batch.t_ns.dtype == batch.index.dtype == np.int64
        assert len(lane.valid) == len(lane.subcarriers)
        assert (np.diff(lane.subcarriers) > 0).all()
        assert all(len(c) == n for c in batch.extra.values())
        for column in (batch.rssi_dbm, batch.noise_dbm, batch.seq):
            assert column is None or column.shape == (n,)
    return [
        (int(b.index[i]), b.lane.number, int(b.t_ns[i]), b.csi[i].tobytes())
        for b in answer.batches
        for i in range(len(b))
    ]


def outcome(make, data, cuts=()):
    """Frames and counts, or the DecodeError; anything else escapes and fails the test."""
    decoder = make()
    try:
        frames = fed(decoder, data, cuts)
    except DecodeError:
        return [], {}
    indices = [f[0] for f in frames]
    assert len(set(indices)) == len(indices)
    assert decoder.tally.records == decoder.tally.decoded + decoder.tally.skipped.total()
    assert not indices or max(indices) < decoder.tally.records
    return frames, dict(decoder.tally.skipped)


def content(frames):
    """CSI bytes of the frames, for asking which survived."""
    return {f[3] for f in frames}
