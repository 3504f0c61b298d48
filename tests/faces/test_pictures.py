"""`airsonde csi plot`, `airsonde demo` and pictures made of characters."""

import io

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from airsonde.apps.pictures import Image, Kind, MotionLine
from airsonde.csi.picture import Picture
from airsonde.faces.cli.csi_plot import plot
from airsonde.faces.cli.demo import demo
from airsonde.faces.cli.terminal_pictures import print_image, print_motion
from tests.recordings import recording

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def console(*, colour, width=60):
    system = "truecolor" if colour else None
    return Console(
        file=io.StringIO(), width=width, color_system=system, force_terminal=colour, no_color=False
    )


def stripes():
    """Loud high tones, quiet low ones, nothing at the edges."""
    values = np.repeat(np.linspace(-10, 0, 32, dtype=np.float32)[None], 50, axis=0)
    values[:, :4] = np.nan
    valid = ~np.isnan(values[0])
    rows = np.arange(-16, 16, dtype=np.float32)
    picture = Picture(values=values, seconds=5.0)
    return Image(kind=Kind.WATERFALL, picture=picture, rows=rows), valid


def test_a_pipe_gets_plain_ascii():
    out = console(colour=False)
    print_image(out, *stripes())
    text = out.file.getvalue()
    lines = text.splitlines()
    assert text.isascii()
    assert lines[0].startswith("    15 @@@")
    assert lines[-2].startswith("   -12    ")
    assert lines[-1].split() == ["0", "5.0", "s"]
    assert all(len(line) <= 60 for line in lines)


def test_a_terminal_gets_two_colours_a_character():
    out = console(colour=True)
    print_image(out, *stripes())
    text = out.file.getvalue()
    assert "▀" in text
    assert "\x1b[38;2;253;231;37;48;2;" in text
    assert len(text.splitlines()) == 15  # 28 valid tones, two a line, and the time


def test_motion_is_a_line_of_bars_of_its_own_scale():
    scores = np.array([0, 0.5, 1, np.nan], dtype=np.float32)
    line = MotionLine(seconds=np.arange(1, 5, dtype=np.float32), scores=scores)
    out = console(colour=True, width=48)
    print_motion(out, line)
    text = out.file.getvalue()
    assert "1.00" in text
    assert "▁" * 10 + "▅" * 10 + "█" * 10 in text or "▁" * 10 + "▄" * 10 + "█" * 10 in text


@pytest.mark.parametrize("colour", [False, True])
def test_nothing_to_draw_is_said(colour):
    out = console(colour=colour)
    empty = Picture(values=np.empty((0, 0), dtype=np.float32), seconds=0.0)
    image = Image(kind=Kind.SPECTROGRAM, picture=empty, rows=np.empty(0, dtype=np.float32))
    print_image(out, image, np.ones(3, dtype=bool))
    print_motion(
        out,
        MotionLine(seconds=np.ones(2, np.float32), scores=np.full(2, np.nan, np.float32)),
    )
    assert "too short to draw" in out.file.getvalue()
    assert "too few frames" in out.file.getvalue()


def test_plot_writes_a_file_and_draws_without_one(tmp_path):
    path = recording("nexmon/output-rssi.pcap")
    out = tmp_path / "w.png"
    result = CliRunner().invoke(plot, [str(path), "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert result.output == f"wrote {out}\n"
    assert out.read_bytes().startswith(b"\x89PNG")
    drawn = CliRunner().invoke(plot, [str(path), "--kind", "motion"])
    assert "motion · output-rssi.pcap: bcm43455c0" in drawn.output


def test_demo_shows_the_simulator_where_there_is_nothing_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(demo)
    assert result.exit_code == 0, result.output
    assert result.output.count("SIMULATED") >= 2
    assert "3000 records = 3000 decoded + 0 skipped" in result.output
    assert "demo/waterfall.png" in result.output
    assert (tmp_path / "demo" / "motion.png").exists()
