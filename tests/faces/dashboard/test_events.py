"""Events appear when they happen, and show what they rest on."""

import json

import pytest

pytestmark = pytest.mark.browser

DELAYS = """() => {
    window.delays = [];
    const list = document.querySelector('.events');
    const known = new Set(list.children);
    new MutationObserver(() => {
        for (const item of list.children) {
            if (known.has(item)) continue;
            known.add(item);
            window.delays.push(Date.now() - Date.parse(item.querySelector('time').dateTime));
        }
    }).observe(list, {childList: true});
}"""


def test_an_event_shows_its_evidence(simulator, visit):
    simulator.until(lambda: simulator.get("/events?kind=MotionDetected")["items"])
    event = simulator.get("/events?kind=MotionDetected&limit=1")["items"][0]
    seen = visit(simulator, f"/events/{event['id']}")
    seen.page.locator(".evidence .uplot").nth(1).wait_for()
    assert seen.text(".evidence h2") == "Motion detected"
    assert f"{event['confidence']:.0%}".replace("%", " %") in seen.text(".facts")
    assert seen.page.locator(".event[aria-current]").count() == 1


def test_a_new_event_is_on_the_page_at_once(simulator, visit):
    seen = visit(simulator, "/events")
    seen.await_js("() => document.querySelector('.event') !== null")
    newest = simulator.get("/events?limit=1")["items"][0]["id"]
    simulator.until(lambda: simulator.get("/events?limit=1")["items"][0]["id"] > newest)
    count = len(simulator.get("/events?limit=150")["items"])
    seen.await_js(f"() => document.querySelectorAll('.event').length >= {count}")


def test_events_reach_the_page_in_time(simulator, visit, pictures):
    """From the time an event was told to the time it stands on the page."""
    seen = visit(simulator, "/events")
    seen.await_js("() => document.querySelector('.event') !== null")
    seen.page.evaluate(DELAYS)
    seen.await_js("() => window.delays.length >= 20")
    delays = sorted(seen.page.evaluate("() => window.delays"))
    (pictures / "event_delays_ms.json").write_text(json.dumps(delays))
    assert delays[len(delays) // 2] < 100


def test_kinds_are_filtered(simulator, visit):
    simulator.until(lambda: simulator.get("/events?kind=MotionSettled")["items"])
    seen = visit(simulator, "/events")
    seen.await_js("() => document.querySelector('#kind option[value=MotionSettled]') !== null")
    seen.page.locator("#kind").select_option("MotionSettled")
    kinds = "() => [...new Set([...document.querySelectorAll('.event')].map(e => e.dataset.kind))]"
    assert seen.page.evaluate(kinds) == ["MotionSettled"]
