"""The page says that what it shows is old, and comes back by itself."""

import pytest

from tests.faces.http.running import SIMULATED, RunningAgent

pytestmark = pytest.mark.browser

EXPECTED = ("WebSocket", "Failed to load", "ERR_CONNECTION")


def restarted(agent):
    """Another agent on the same port."""
    return RunningAgent(agent.folder, SIMULATED, "--port", str(agent.port))


def test_it_says_that_data_are_old_and_connects_again(visit, tmp_path, pictures):
    agent = RunningAgent(tmp_path, SIMULATED)
    seen = visit(agent)
    seen.await_js("() => document.querySelector('.room .value:not(:empty)') !== null")
    seen.expected = EXPECTED
    agent.stop()
    seen.page.locator(".alarm").wait_for(state="visible")
    assert seen.text(".verdict") == "Unknown"
    assert seen.text(".link").startswith("Lost")
    seen.page.screenshot(path=pictures / "now-lost.png")
    assert seen.axe() == []
    again = restarted(agent)
    try:
        seen.await_js("() => document.querySelector('.link').dataset.state === 'open'")
        seen.page.locator(".room:not([data-stale])").wait_for()
        assert seen.page.locator(".alarm").is_hidden()
    finally:
        again.stop()


def test_a_source_that_fell_silent_is_shown_as_stale(visit, tmp_path, pictures):
    agent = RunningAgent(
        tmp_path,
        '[sources.hall]\nkind = "udp"\nfamily = "nexmon"\nhost = "127.0.0.1"\nport = 55917\n',
    )
    try:
        seen = visit(agent)
        seen.page.locator(".room[data-stale]").wait_for()
        assert seen.text(".verdict") == "Unknown"
        assert "Nothing is heard" in seen.text(".why")
        assert seen.page.locator(".origin").is_hidden()
        seen.show("/start")
        seen.page.get_by_text("hall is silent").wait_for()
        seen.page.screenshot(path=pictures / "start-silent.png")
    finally:
        seen.expected = EXPECTED
        agent.stop()
