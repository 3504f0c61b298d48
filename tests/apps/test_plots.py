"""Pictures: valid files of the right size that show something, whatever the length or layout."""

from dataclasses import replace

import numpy as np
import pytest

from airsonde.apps.pictures import Kind, MotionLine, gather, identity, main_lane
from airsonde.apps.plots import _thinned, draw
from airsonde.captures.summary import Survey
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.csi.batches import take
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.scene import Motion, Scene

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def blocks(motion=Motion.WALKER, seconds=14.0):
    scene = Scene(motion=motion)
    return SimulatedCapture(scene, seconds=seconds, chip="simulated-20mhz").blocks()


@pytest.fixture(scope="module")
def pictures():
    return gather(blocks(), 0)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (Kind.WATERFALL, (1500, 750)),
        (Kind.PHASE, (1500, 750)),
        (Kind.SPECTROGRAM, (1500, 750)),
        (Kind.MOTION, (1500, 510)),
    ],
)
def test_a_png_has_its_size_and_is_not_blank(pictures, kind, size, tmp_path):
    from matplotlib.image import imread

    path = tmp_path / "picture.png"
    draw(pictures, kind, path, title="walk")
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    image = imread(path)[..., :3]
    assert image.shape[1::-1] == size
    middle = image[150:-120, 300:-300].reshape(-1, 3)
    assert len(np.unique((middle * 255).astype(int), axis=0)) > (20 if kind != Kind.MOTION else 3)


def test_an_svg_names_its_axes(pictures, tmp_path):
    path = tmp_path / "picture.svg"
    draw(pictures, Kind.WATERFALL, path, title="walk")
    text = path.read_text()
    assert "<svg" in text
    assert "Subcarrier index" in text
    assert len(text) < 1_000_000


@pytest.mark.parametrize("frames", [1, 5, 60])
@pytest.mark.parametrize("kind", list(Kind))
def test_a_short_recording_is_drawn_as_far_as_it_goes(kind, frames, tmp_path):
    batch = take(next(iter(blocks()))[0], slice(0, frames))
    path = tmp_path / "short.png"
    draw(gather([[batch]], 0), kind, path, title="short")
    assert path.stat().st_size > 5_000


def test_dead_frames_and_lanes_without_a_valid_tone_are_drawn(tmp_path):
    batch = next(iter(blocks()))[0]
    lane = replace(batch.lane, valid=np.zeros_like(batch.lane.valid))
    for odd in (replace(batch, csi=np.zeros_like(batch.csi)), replace(batch, lane=lane)):
        pictures = gather([[odd]], 0)
        for kind in Kind:
            draw(pictures, kind, tmp_path / "odd.png", title="odd")
            assert (tmp_path / "odd.png").stat().st_size > 5_000


def test_pictures_do_not_grow_with_the_recording():
    def repeated():
        for hour in range(200):
            for block in blocks(seconds=1):
                yield [replace(b, t_ns=b.t_ns + hour * 3_600_000_000_000) for b in block]

    pictures = gather(repeated(), 0, frozenset({Kind.WATERFALL}))
    assert pictures.frames == 20_000
    assert len(pictures.images[Kind.WATERFALL].picture.values) <= 1024


def test_the_walk_is_where_the_motion_line_rises(pictures):
    line = pictures.motion
    assert 6.5 < line.seconds[np.nanargmax(line.scores)] < 13


def test_what_cannot_be_drawn_is_said(pictures, tmp_path):
    with pytest.raises(ConfigError, match=r"end it in \.png or \.svg"):
        draw(pictures, Kind.PHASE, tmp_path / "x.jpg", title="x")
    with pytest.raises(ConfigError, match="there is no lane 7"):
        gather(blocks(seconds=1), 7)
    empty = SimulatedCapture(seconds=1)
    empty.blocks = lambda: iter(())
    with pytest.raises(DecodeError, match="no frame to draw"):
        main_lane(Survey.of(empty))


def test_a_long_motion_line_keeps_its_peaks():
    scores = np.full(100_000, 0.01, dtype=np.float32)
    scores[54_321] = 0.7
    seconds = np.arange(100_000, dtype=np.float32)
    line = _thinned(MotionLine(seconds=seconds, scores=scores))
    assert len(line[1]) <= 3000
    assert line[1].max() == np.float32(0.7)
    assert abs(line[0][line[1].argmax()] - 54_321) < 40


def test_the_identity_says_what_was_measured(pictures):
    line = identity(pictures.lane, pictures.frames)
    assert line == "simulated-20mhz · 5180 MHz, 20 MHz wide · HT · 1400 frames"
