"""Asking when it was last like this, of recordings that are replayed and remembered."""

import pytest

from tests.faces.dashboard.test_views import LOOKS
from tests.faces.http.running import SIMULATED, RunningAgent
from tests.recordings import recording

pytestmark = pytest.mark.browser

REMEMBERED = """
[sources.still]
kind = "replay"
room = "living"
capture = "{still}"
speed = 20.0
[sources.walking]
kind = "replay"
room = "hall"
capture = "{walking}"
speed = 20.0
[memory]
enabled = true
store = "{store}"
"""
STILL, WALKING = "presence/orang_diam.csv", "presence/orang_bergerak.csv"
HITS = "() => document.querySelectorAll('.moments li').length === 12"


def held(agent):
    status, _, body = agent.ask("GET", "/memory")
    return sum(item["number"] for item in body["items"]) if status == 200 else 0


@pytest.fixture(scope="module")
def remembering(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("memory")
    names = {"still": recording(STILL).resolve(), "walking": recording(WALKING).resolve()}
    agent = RunningAgent(folder, REMEMBERED.format(store=folder / "rf.db", **names))
    agent.until(lambda: held(agent) > 100, 30)
    yield agent
    agent.stop()


@pytest.mark.parametrize("look", LOOKS)
def test_the_likest_moments_are_shown_accessible_and_fit(remembering, visit, pictures, look):
    seen = visit(remembering, "/memory", **LOOKS[look])
    seen.await_js(HITS)
    seen.page.wait_for_timeout(300)
    seen.page.screenshot(path=pictures / f"memory-{look}.png")
    width = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert seen.page.evaluate(width) == 0
    assert seen.axe() == []


def test_it_shows_what_the_agent_answers_and_goes_on_from_there(remembering, visit):
    seen = visit(remembering, "/memory")
    seen.await_js(HITS)
    scores = seen.page.locator(".moments .score").all_inner_texts()
    assert scores == sorted(scores, reverse=True)
    assert {t.lower() for t in seen.page.locator(".moments .tag").all_inner_texts()} == {"replay"}
    seen.page.get_by_role("button", name="Like ").first.click()
    seen.await_js("() => /memory\\/\\d+$/.test(location.hash)")
    number = seen.page.url.rsplit("/", 1)[1]
    seen.await_js("() => document.querySelector('.answer h2').textContent.includes('start + ')")
    found = remembering.get(f"/memory/search?like_id={number}&k=12&apart_s=60")
    shown = [f"{hit['score']:.3f}" for hit in found["items"]]
    seen.page.wait_for_function(
        "shown => JSON.stringify([...document.querySelectorAll('.moments .score')]"
        ".map(e => e.textContent)) === JSON.stringify(shown)",
        arg=shown,
    )
    seen.page.get_by_label("In room").select_option("hall")
    seen.await_js(
        "() => [...document.querySelectorAll('.moments .where')]"
        ".every(e => e.textContent.startsWith('hall'))"
    )
    seen.page.get_by_label("Not within").select_option("1 day")
    seen.page.get_by_text("Nothing is remembered that is further than 1 day away.").wait_for()


def test_a_memory_that_is_off_says_how_to_turn_it_on(start, visit, pictures):
    seen = visit(start(SIMULATED), "/memory")
    seen.page.get_by_role("heading", name="Nothing is remembered").wait_for()
    assert "enabled = true" in seen.text(".off pre")
    assert seen.page.locator(".answer").is_hidden()
    seen.page.screenshot(path=pictures / "memory-off.png")
    assert seen.axe() == []
