"""A real browser against a real agent; skipped, saying so, where either cannot be had."""

import os
import shutil
from pathlib import Path

import pytest

from tests.faces.dashboard.page import Visit
from tests.faces.http.running import SIMULATED, RunningAgent
from tests.recordings import recording

ARGUMENTS = ["--no-sandbox", "--headless=new", "--disable-gpu", "--disable-background-networking"]
REPLAYED = """
[sources.desk]
kind = "replay"
room = "living"
capture = "{capture}"
"""
CAPTURE = "nexmon/43455c0_20mhz.pcap"


@pytest.fixture(scope="session")
def browser():
    """Debian's or the system's Chromium; nothing is downloaded."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def simulator(browser, tmp_path_factory):
    agent = RunningAgent(tmp_path_factory.mktemp("simulator"), SIMULATED)
    yield agent
    agent.stop()


@pytest.fixture(scope="module")
def replay(browser, tmp_path_factory):
    toml = REPLAYED.format(capture=recording(CAPTURE).resolve())
    agent = RunningAgent(tmp_path_factory.mktemp("replay"), toml)
    yield agent
    agent.stop()


@pytest.fixture
def start(browser, tmp_path):
    """Starts agents of one test's own; they end after its pages are closed."""
    agents = []

    def start_agent(toml=SIMULATED, *args):
        agents.append(RunningAgent(tmp_path, toml, *args))
        return agents[-1]

    yield start_agent
    for agent in agents:
        if agent.process.poll() is None:
            agent.stop()


@pytest.fixture
def visit(browser, start):
    """Opens pages; at the end none of them may have complained or asked elsewhere."""
    visits = []

    def open_page(agent, fragment="/now", *, write=True, expected=(), **settings):
        visits.append(Visit(browser, agent, write=write, expected=expected, settings=settings))
        return visits[-1].go(fragment)

    yield open_page
    for one in visits:
        one.close()
    assert [fault for one in visits for fault in one.faults] == []
    assert [url for one in visits for url in one.elsewhere] == []


@pytest.fixture(scope="session")
def pictures():
    """Where screenshots are left for people to look at; not kept in the repository."""
    folder = Path(__file__).parents[3] / "build" / "dashboard"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
