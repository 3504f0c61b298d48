"""Every view on a recording and on the simulator: what it says is what the agent says."""

import pytest

pytestmark = pytest.mark.browser

VIEWS = ["now", "signal", "events", "link", "captures", "start"]
LOOKS = {
    "dark": {"color_scheme": "dark"},
    "light": {"color_scheme": "light"},
    "phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}
READY = {
    "now": "() => document.querySelector('.room .value:not(:empty)')?.offsetHeight > 0",
    "signal": "() => document.querySelector('.now-figures')?.textContent.includes('Hz')",
    "events": "() => document.querySelector('.event') !== null",
    "link": "() => document.querySelector('.link-view .empty')?.textContent.includes('[link]')",
    "captures": "() => document.querySelector('#capture-source option') !== null",
    "start": "() => document.querySelectorAll('.way').length === 3",
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    ("kind", "look"), [*(("replay", look) for look in LOOKS), ("simulator", "light")]
)
def test_a_view_draws_is_accessible_and_fits(request, visit, pictures, kind, view, look):
    seen = visit(request.getfixturevalue(kind), f"/{view}", **LOOKS[look])
    seen.await_js(READY[view])
    if view == "events":
        seen.page.locator(".event").last.click()
        seen.await_js("() => document.querySelector('.evidence h2') !== null")
    seen.page.wait_for_timeout(700)
    seen.page.screenshot(path=pictures / f"{view}-{kind}-{look}.png")
    assert seen.text(".origin strong") == {"replay": "REPLAY", "simulator": "SIMULATED"}[kind]
    width = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert seen.page.evaluate(width) == 0
    assert seen.axe() == []


def test_now_says_what_the_agent_says(simulator, visit):
    seen = visit(simulator)
    seen.await_js("() => document.querySelector('.room h2')?.textContent === 'lab'")
    words = {"empty": "Empty", "occupied": "Occupied", "moving": "Moving", "unknown": "Unknown"}
    said = set()
    for _ in range(40):
        said.add(seen.text(".verdict"))
        seen.page.wait_for_timeout(100)
    assert said <= set(words.values())
    assert "Moving" in said
    shown = seen.page.evaluate(
        "() => document.querySelector('.verdict').getBoundingClientRect().height"
    )
    assert shown > 90


def test_the_navigation_hides_what_the_agent_has_not(simulator, visit):
    seen = visit(simulator, write=False)
    seen.await_js("() => document.querySelectorAll('nav a').length > 0")
    assert seen.page.locator("nav a").all_inner_texts() == [
        "Now",
        "Signal",
        "Events",
        "Link",
        "Mesh",
        "Memory",
        "Captures",
        "Set up",
    ]
    paths = simulator.get("/openapi.json")["paths"]
    del paths["/api/v1/captures"]
    seen.page.route("**/openapi.json", lambda route: route.fulfill(json={"paths": paths}))
    seen.page.reload()
    seen.await_js("() => document.querySelectorAll('nav a').length > 0")
    assert "Captures" not in seen.page.locator("nav a").all_inner_texts()


def test_it_can_be_used_by_keyboard_alone(simulator, visit):
    seen = visit(simulator)
    seen.await_js("() => document.querySelectorAll('nav a').length > 0")
    keyboard = seen.page.keyboard
    for _ in range(4):  # skip link, brand, Now, Signal
        keyboard.press("Tab")
    keyboard.press("Enter")
    seen.page.locator(".waterfall").first.focus()
    seen.await_js("() => document.querySelector('.readout')?.textContent.includes('dB')")
    before = seen.text(".readout").split(" · ")[0]
    for _ in range(3):
        keyboard.press("ArrowRight")
    keyboard.press("Enter")
    keyboard.press("Escape")
    seen.page.wait_for_timeout(300)
    after = seen.text(".readout").split(" · ")[0]
    assert int(after.split()[1]) == int(before.split()[1]) + 3


def test_nothing_moves_under_the_reader(replay, visit):
    seen = visit(replay)
    seen.await_js("() => document.querySelector('.room') !== null")
    seen.page.wait_for_timeout(500)
    seen.page.evaluate(
        """() => { window.shift = 0; new PerformanceObserver(list => {
            for (const entry of list.getEntries()) window.shift += entry.value;
        }).observe({type: 'layout-shift'}); }"""
    )
    seen.page.wait_for_timeout(4000)
    assert seen.page.evaluate("() => window.shift") < 0.01


def test_the_theme_is_chosen_and_kept(simulator, visit):
    seen = visit(simulator, color_scheme="light")
    theme = "() => document.documentElement.dataset.theme"
    assert seen.page.evaluate(theme) == "light"
    for _ in range(2):
        seen.page.locator("button.theme").click()
    assert seen.page.evaluate(theme) == "dark"
    seen.page.reload()
    assert seen.page.evaluate(theme) == "dark"
