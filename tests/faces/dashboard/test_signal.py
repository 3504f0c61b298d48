"""The Signal view draws what is measured, pauses, and keeps up."""

import json

import pytest

pytestmark = pytest.mark.browser

FOUR = "".join(
    f'[sources.s{i}]\nkind = "simulator"\nroom = "room {i}"\nseed = {i}\n' for i in range(4)
)
SHOWN = """() => {
    const picture = document.querySelector('.picture');
    if (picture === null) return [];
    const copy = new OffscreenCanvas(picture.width, picture.height);
    const context = copy.getContext('2d', {willReadFrequently: true});
    context.drawImage(picture, 0, 0);
    const pixels = context.getImageData(0, 0, picture.width, picture.height).data;
    return [...pixels].filter((_, i) => i % 4 === 3).map(alpha => alpha === 255);
}"""
PAINTED = f"() => ({SHOWN})().filter(Boolean).length"
FRAMES = """() => new Promise(done => {
    const times = [];
    const next = now => {
        times.push(now);
        if (times.length <= 300) return requestAnimationFrame(next);
        const gaps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
        done({mean: (times.at(-1) - times[0]) / 300, p50: gaps[150], p95: gaps[285]});
    };
    requestAnimationFrame(next);
})"""


def test_the_waterfall_grows_and_pauses(replay, visit):
    seen = visit(replay, "/signal")
    seen.await_js(f"() => ({PAINTED})() > 1000")
    first = seen.page.evaluate(PAINTED)
    seen.page.wait_for_timeout(1500)
    assert seen.page.evaluate(PAINTED) > first
    seen.page.get_by_role("button", name="Pause").click()
    seen.page.wait_for_timeout(300)
    still = seen.page.evaluate(PAINTED)
    seen.page.wait_for_timeout(1000)
    assert seen.page.evaluate(PAINTED) == still


def test_guard_subcarriers_are_not_drawn(replay, visit):
    seen = visit(replay, "/signal")
    seen.await_js(f"() => ({PAINTED})() > 1000")
    lane = replay.get("/lanes")["items"][0]
    newest = seen.page.evaluate(SHOWN)[: lane["subcarriers"]]
    assert newest == lane["valid"]


def test_phase_and_a_longer_time_can_be_shown(replay, visit):
    seen = visit(replay, "/signal")
    seen.page.get_by_role("button", name="Phase").click()
    seen.page.get_by_role("button", name="48 s").click()
    seen.await_js(f"() => ({PAINTED})() > 200")
    assert "rad" in seen.page.locator(".chart").first.get_attribute("aria-label")


def test_a_picked_subcarrier_is_followed(replay, visit):
    seen = visit(replay, "/signal")
    seen.await_js(f"() => ({PAINTED})() > 1000")
    field = seen.page.locator(".waterfall").first
    box = field.bounding_box()
    field.click(position={"x": box["width"] * 0.758, "y": 20})
    seen.await_js(
        "() => document.querySelector('.traces h3')?.textContent.startsWith('Subcarrier 16')"
    )


def test_four_wide_lanes_are_drawn_in_time(start, visit, pictures):
    seen = visit(start(FOUR), "/signal")
    seen.await_js("() => document.querySelectorAll('.picture').length === 4")
    seen.page.wait_for_timeout(3000)
    frames = seen.page.evaluate(FRAMES)
    (pictures / "frames_ms.json").write_text(json.dumps(frames))
    assert frames["p50"] < 17.5
    assert frames["mean"] < 25
