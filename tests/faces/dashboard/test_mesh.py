"""The view Mesh against an agent that coordinates real nodes, and against one without a mesh."""

import socket
import threading

import pytest

from airsonde.mesh.feature_state import encode_feature_state
from tests.apps.mesh.processes import wait_for
from tests.faces.dashboard.test_views import LOOKS
from tests.faces.http.meshed import NODES, MeshedAgent
from tests.faces.http.test_mesh import STATE

pytestmark = pytest.mark.browser

SHOWN = "() => document.querySelectorAll('.map-node').length === 4"


@pytest.fixture(scope="module")
def meshed(browser, tmp_path_factory):
    """Three nodes in two rooms, and one of somebody's that cannot sign."""
    running = MeshedAgent(tmp_path_factory.mktemp("mesh"))
    for number, scene in enumerate(["walker", "walker", "empty"]):
        running.start(number, scene=scene)
    stopped = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:

        def firmware():
            while not stopped.wait(0.2):
                sock.sendto(encode_feature_state(STATE), ("127.0.0.1", running.port))
                sock.sendto(b"\x99\x00\x11\xc5junk", ("127.0.0.1", running.port))

        sender = threading.Thread(target=firmware)
        sender.start()
        try:
            wait_for(lambda: (r := running.room("living")) and r["fresh_nodes"] == 2, 60)
            yield running
        finally:
            stopped.set()
            sender.join()
            running.close()


@pytest.mark.parametrize("look", LOOKS)
def test_the_mesh_is_drawn_accessible_and_fits(meshed, visit, pictures, look):
    seen = visit(meshed.agent, "/mesh", **LOOKS[look])
    seen.await_js(SHOWN)
    seen.page.wait_for_timeout(700)
    seen.page.screenshot(path=pictures / f"mesh-{look}.png", full_page=True)
    assert seen.text(".origin strong") == "SIMULATED"
    width = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert seen.page.evaluate(width) == 0
    assert seen.axe() == []


def test_what_is_shown_is_what_the_agent_says(meshed, visit):
    seen = visit(meshed.agent, "/mesh")
    seen.await_js(SHOWN)
    rows = seen.page.locator(".mesh tbody tr").all_inner_texts()
    ours = [row for row in rows if NODES[0] in row]
    assert len(ours) == 1
    assert {"SIMULATED", "living", "alive", "closed"} <= set(ours[0].split())
    (stranger,) = [row for row in rows if row.startswith("7@")]
    assert "NOT AUTHENTICATED" in stranger
    cards = {
        name: seen.page.locator(".mesh-room").filter(has=seen.page.get_by_role("heading", name=name, exact=True))
        for name in ("living", "room")
    }  # fmt: skip
    assert "Authenticated" in cards["living"].inner_text()
    assert "Not authenticated" in cards["room"].inner_text()
    assert cards["room"].get_by_role("button").is_disabled()
    assert "unknown magic c5110099" in seen.text(".mesh-more")
    assert "leads" in seen.text(".mesh .lead")


def test_the_nodes_of_a_room_calibrate(meshed, visit):
    seen = visit(meshed.agent, "/mesh")
    seen.await_js(SHOWN)
    seen.page.get_by_role("button", name="Calibrate living").click()
    seen.page.get_by_text("nodes of living calibrate; nobody may be in there").wait_for()
    seen.page.get_by_text("living calibrates").first.wait_for()
    seen.page.locator(".map-node[data-fares=calibrating]").first.wait_for()


def test_calibrating_asks_for_the_token(meshed, visit):
    seen = visit(meshed.agent, "/mesh", write=False)
    seen.await_js(SHOWN)
    seen.page.get_by_role("button", name="Calibrate kitchen").click()
    seen.page.get_by_role("dialog").wait_for()
    assert "Calibrating needs the write token" in seen.text("dialog")


def test_nothing_moves_under_the_reader_of_a_mesh(meshed, visit):
    seen = visit(meshed.agent, "/mesh")
    seen.await_js(SHOWN)
    seen.page.wait_for_timeout(500)
    seen.page.evaluate(
        """() => { window.shift = 0; new PerformanceObserver(list => {
            for (const entry of list.getEntries()) window.shift += entry.value;
        }).observe({type: 'layout-shift'}); }"""
    )
    seen.page.wait_for_timeout(4000)
    assert seen.page.evaluate("() => window.shift") < 0.01


def test_a_node_that_dies_is_drawn_dead(meshed, visit):
    seen = visit(meshed.agent, "/mesh")
    seen.await_js(SHOWN)
    meshed.kill(2)
    seen.page.locator(".map-node[data-fares=dead]").wait_for()
    seen.page.get_by_text("030303 fell silent").wait_for()
    kitchen = seen.page.locator(".mesh-room").first
    assert {"Kitchen", "Unknown"} <= set(kitchen.inner_text().split())


def test_an_agent_without_a_mesh_says_how_to_have_one(simulator, visit):
    seen = visit(simulator, "/mesh")
    seen.page.get_by_text('[mesh] role = "watch"').wait_for()
    assert seen.page.locator(".mesh-map").is_hidden()
    assert seen.axe() == []
