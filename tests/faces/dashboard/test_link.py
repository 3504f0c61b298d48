"""The Link view on a governor that governs: what it did and why, and that it can be paused."""

import os
import shutil

import pytest

from tests.apps.governor.governed import needs_root
from tests.faces.dashboard.conftest import ARGUMENTS
from tests.faces.dashboard.household import household
from tests.faces.dashboard.page import Visit
from tests.faces.dashboard.test_views import LOOKS
from tests.faces.http.governing import GoverningAgent

pytestmark = [pytest.mark.browser, needs_root]

WIDTH = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
DRAWN = """() => [...document.querySelectorAll('.linked .figure .value')]
    .filter(value => value.textContent !== '–').length >= 5"""


@pytest.fixture(scope="module")
def host(browser, tmp_path_factory):
    with household(tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture(scope="module")
def agent(host):
    agent = GoverningAgent(host, ("tests.doubles.radio", str(host.folder / "radio.json")))
    yield agent
    agent.stop()


@pytest.fixture(scope="module")
def there(browser, host):
    """The browser, in the namespace of the agent."""
    wrapper = host.folder / "chromium"
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {host.namespace} {program} "$@"\n')
    wrapper.chmod(0o755)
    browser = browser.browser_type.launch(executable_path=wrapper, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def visit(there, agent):
    visits = []

    def open_page(*, write=True, expected=(), **settings):
        visits.append(Visit(there, agent, write=write, expected=expected, settings=settings))
        return visits[-1].go("/link")

    yield open_page
    for one in visits:
        one.close()
    assert [fault for one in visits for fault in one.faults] == []
    assert [url for one in visits for url in one.elsewhere] == []


@pytest.mark.parametrize("look", LOOKS)
def test_it_draws_is_accessible_and_fits(visit, pictures, look):
    seen = visit(**LOOKS[look])
    seen.await_js(DRAWN)
    seen.page.wait_for_timeout(6000)
    seen.page.screenshot(path=pictures / f"link-{look}.png", full_page=True)
    assert seen.page.locator(".origin").is_hidden()
    assert seen.page.evaluate(WIDTH) == 0
    assert seen.axe() == []


def test_it_says_what_the_agent_says(visit, agent):
    seen = visit()
    seen.await_js(DRAWN)
    link = agent.acts()
    page = seen.page
    assert seen.text(".linked h2") == "wlan0"
    assert "433" in seen.text(".linked .figures")
    assert "-58 dBm" in seen.text(".linked .figures")
    assert "most of it past the gateway" in seen.text(".linked .lead")
    assert page.locator(".lower tbody tr").count() == len(link["changed"])
    ecn = page.locator(".lower tbody tr", has_text="net.ipv4.tcp_ecn")
    assert ecn.locator("td").all_inner_texts() == ["2", "1"]
    awake = page.locator(".decisions li", has_text="The radio stays awake")
    assert "Because: mains: off" in awake.first.inner_text()
    assert page.locator(".cannot li").count() == len(
        link["refused"] + link["missing"] + link["complaints"]
    )
    assert "Power save" in seen.text(".rules")


def test_delays_from_before_the_page_are_drawn(visit, agent):
    agent.until(lambda: len(agent.get("/link/delays")["items"]) > 3)
    asked = []
    seen = visit()
    seen.page.on("response", lambda answer: asked.append(answer.url))
    seen.await_js(DRAWN)
    seen.page.reload()
    seen.await_js(DRAWN)
    assert any(url.endswith("/link/delays") for url in asked)
    assert seen.page.locator(".linked .uplot canvas").count() == 1


def test_it_is_paused_and_resumed_by_who_may_write(visit, agent, host):
    agent.acts()
    during = host.offloads()
    seen = visit(write=False, expected=("401",))
    page = seen.page
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("textbox", name="Token").fill(agent.token)
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="Resume").wait_for()
    assert seen.text(".link-view .empty") == "paused; the host stands as it was found"
    assert host.offloads() != during
    assert not (host.folder / "run" / "governor.sock").exists()
    assert page.locator(".linked").count() == 0
    assert seen.axe() == []
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.locator(".linked").wait_for()
    agent.acts()
    assert host.offloads() == during


def test_an_agent_that_is_gone_makes_it_stale(visit, agent, pictures):
    seen = visit(expected=("WebSocket", "ERR_CONNECTION"))
    seen.await_js(DRAWN)
    agent.stop()
    seen.page.locator(".linked[data-stale]").wait_for()
    assert set(seen.page.locator(".linked .value").all_inner_texts()) == {"–"}
    assert seen.text(".linked .tag") == "OLD"
    seen.page.screenshot(path=pictures / "link-lost.png")
    assert seen.axe() == []
