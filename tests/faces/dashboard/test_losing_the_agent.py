"""The page says that what it shows is old, and comes back by itself."""

import pytest

from tests.faces.http.running import SIMULATED, free_port

pytestmark = pytest.mark.browser

LOST = ("WebSocket", "ERR_CONNECTION")
SILENT = '[sources.hall]\nkind = "udp"\nfamily = "nexmon"\nhost = "127.0.0.1"\nport = {port}\n'


def test_it_says_that_data_are_old_and_connects_again(start, visit, pictures):
    agent = start()
    seen = visit(agent, expected=LOST)
    seen.await_js("() => document.querySelector('.room .value:not(:empty)') !== null")
    agent.stop()
    seen.page.locator(".alarm").wait_for(state="visible")
    assert seen.text(".verdict") == "Unknown"
    assert seen.text(".link").startswith("Lost")
    seen.page.screenshot(path=pictures / "now-lost.png")
    assert seen.axe() == []
    start(SIMULATED, "--port", str(agent.port))
    seen.await_js("() => document.querySelector('.link').dataset.state === 'open'")
    seen.page.locator(".room:not([data-stale])").wait_for()
    assert seen.page.locator(".alarm").is_hidden()


def test_rooms_that_are_no_more_disappear(start, visit):
    agent = start()
    seen = visit(agent, expected=LOST)
    seen.page.get_by_role("heading", name="lab").wait_for()
    agent.stop()
    start(SIMULATED.replace("lab", "attic"), "--port", str(agent.port))
    seen.page.get_by_role("heading", name="attic").wait_for()
    seen.page.get_by_role("heading", name="lab").wait_for(state="detached")


def test_a_source_that_fell_silent_is_shown_as_stale(start, visit, pictures):
    seen = visit(start(SILENT.format(port=free_port())))
    seen.page.locator(".room[data-stale]").wait_for()
    assert seen.text(".verdict") == "Unknown"
    assert "Nothing is heard" in seen.text(".why")
    assert seen.page.locator(".origin").is_hidden()
    seen.show("/start")
    seen.page.get_by_text("hall is silent").wait_for()
    seen.page.screenshot(path=pictures / "start-silent.png")


def test_what_stays_private_is_said(start, visit):
    seen = visit(start(SILENT.format(port=free_port())), "/signal")
    seen.page.get_by_text("hall keeps its raw signal").wait_for()
    seen.show("/captures")
    seen.page.get_by_text("hall stay off the disk").wait_for()
    assert seen.page.get_by_role("button", name="Record").is_disabled()
