"""Channels made up for breathing: a chest, somebody who walks, a room that only drifts."""

import numpy as np

from airsonde.csi.clean import relative_amplitude, signal_tones
from airsonde.csi.model import Family, FrameBatch, Lane
from airsonde.csi.windowing import Windowing
from airsonde.csi.windows import WindowShape

TONES = 52
WAVELENGTH_M = 0.125


def lane(n_rx=1, n_tx=1):
    return Lane(
        number=0,
        source="made up",
        family=Family.SIM,
        n_rx=n_rx,
        n_tx=n_tx,
        subcarriers=np.arange(TONES, dtype=np.int16),
        valid=np.ones(TONES, bool),
    )


def batch(t_s, csi, of=None):
    """Frames at float64[N] seconds; complex[N, n_rx, n_tx, 52]."""
    of = of or lane(*csi.shape[1:3])
    return FrameBatch(
        lane=of,
        index=np.arange(len(t_s)),
        t_ns=np.round(np.asarray(t_s) * 1e9).astype(np.int64) + 1_000_000_000_000,
        csi=csi.astype(np.complex64),
    )


def jittered(rng, seconds, rate_hz, lost=0.1):
    """Times of frames with jitter, losses and one hole of a second."""
    t = np.arange(0, seconds, 1 / rate_hz) + rng.uniform(0, 0.8 / rate_hz, round(seconds * rate_hz))
    keep = rng.random(len(t)) > lost
    hole = rng.uniform(5, seconds - 5)
    return t[keep & ~((t > hole) & (t < hole + 1))]


def room(rng, n_rx, n_tx):
    """complex[n_rx, n_tx, 52]: a few fixed paths."""
    delay = rng.uniform(0, 3, (n_rx, n_tx, 5, 1))
    gain = rng.normal(size=(n_rx, n_tx, 5, 1)) + 1j * rng.normal(size=(n_rx, n_tx, 5, 1))
    gain *= np.array([1, 0.5, 0.4, 0.3, 0.2])[:, None]
    return (gain * np.exp(1j * delay * np.arange(TONES) / TONES * 2 * np.pi)).sum(axis=2)


def path(rng, shape, metres):
    """complex[N, *shape, 52]: one reflection whose length changes by `metres` float64[N]."""
    phase = rng.uniform(0, 2 * np.pi, (*shape, 1)) + rng.uniform(0.5, 3) * np.arange(TONES) / TONES
    return np.exp(1j * (phase + 2 * np.pi * metres[:, None, None, None] / WAVELENGTH_M))


def measured(rng, t_s, channel, noise=0.02):
    """A batch as a radio gives it: noise, a gain and a carrier phase of each frame's own."""
    scale = noise * np.sqrt(np.mean(np.abs(channel) ** 2))
    noisy = channel + scale * (rng.normal(size=channel.shape) + 1j * rng.normal(size=channel.shape))
    own = rng.uniform(0.7, 1.4, len(t_s)) * np.exp(2j * np.pi * rng.random(len(t_s)))
    return batch(t_s, noisy * own[:, None, None, None])


def breather(rng, t_s, bpm, *, n_rx=1, n_tx=1, strength=0.25, wander=0.02, noise=0.02):
    """Somebody who keeps still and breathes at about `bpm`; gives the mean rate too."""
    steps = np.interp(t_s, np.arange(0, t_s[-1] + 8, 8.0), rng.normal(size=int(t_s[-1] // 8) + 2))
    phase = np.cumsum(np.gradient(t_s) * bpm / 60 * (1 + wander * steps)) * 2 * np.pi
    chest_m = 0.008 * (np.sin(phase) + 0.2 * np.sin(2 * phase + 1))
    fixed = room(rng, n_rx, n_tx)
    moved = strength * np.abs(fixed).mean() * path(rng, (n_rx, n_tx), chest_m)
    rate = (phase[-1] - phase[0]) / (2 * np.pi) / (t_s[-1] - t_s[0]) * 60
    return measured(rng, t_s, fixed + moved, noise), rate


def walker(rng, t_s):
    """Somebody who walks to and fro, 1 m/s, and turns every few seconds."""
    speed = np.sin(2 * np.pi * t_s / rng.uniform(5, 15)) + 0.3 * rng.normal(size=len(t_s))
    along = 2 * np.cumsum(np.gradient(t_s) * speed)
    fixed = room(rng, 1, 1)
    moved = sum(
        0.25 * np.abs(fixed).mean() * path(rng, (1, 1), along * rng.uniform(0.5, 1))
        for _ in range(3)
    )
    return measured(rng, t_s, fixed + moved)


def drifter(rng, t_s, *, n_rx=1, n_tx=1, size=0.1):
    """An empty room whose paths walk at random, as with warmth, doors and far people."""
    fixed = room(rng, n_rx, n_tx)
    walk = np.cumsum(np.sqrt(np.gradient(t_s)) * rng.normal(size=len(t_s)))
    metres = 0.06 * walk / max(np.abs(walk).max(), 1e-9)
    drifting = size * np.abs(fixed).mean() * path(rng, (n_rx, n_tx), metres)
    return measured(rng, t_s, fixed + drifting)


def windows(frames, hop_s=1.0):
    cut = Windowing(WindowShape(hop=hop_s))
    return [*cut.feed([frames]), *cut.flush()]


def rows(frames):
    """csi and amplitude as the detector gives them to `shapes`."""
    tones = signal_tones(frames.lane)
    chains = frames.lane.n_rx * frames.lane.n_tx
    return frames.csi, relative_amplitude(frames, tones).reshape(len(frames), chains, -1)
