"""Recording, labelling, replaying, fetching and deleting from the page."""

import pytest

from tests.faces.http.running import SIMULATED

pytestmark = pytest.mark.browser


def test_a_recording_from_beginning_to_end(simulator, visit):
    seen = visit(simulator, "/captures")
    page = seen.page
    seen.await_js("() => document.querySelector('.recorder button')?.disabled === false")
    page.get_by_label("Label", exact=True).fill("walk")
    page.get_by_label("Seconds").fill("30")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Download").wait_for()
    (kept,) = simulator.get("/captures")["items"]
    assert (kept["label"], kept["state"], kept["origin"]) == ("walk", "kept", "simulated")
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Download").click()
    assert fetched.value.suggested_filename == kept["file"]
    assert len(fetched.value.path().read_bytes()) == kept["bytes"]
    label = page.locator(".name .label")
    label.fill("two people")
    label.press("Enter")
    simulator.until(lambda: simulator.get("/captures")["items"][0]["label"] == "two people")
    page.get_by_role("button", name="Replay").click()
    page.locator(".played li").wait_for()
    assert seen.text(".played .tag") == "SIMULATED"
    page.get_by_role("button", name="End").click()
    page.locator(".played li").wait_for(state="detached")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Really?").click()
    page.locator("tbody tr").wait_for(state="detached")
    assert simulator.get("/captures")["items"] == []


def test_writing_asks_for_the_token(simulator, visit):
    seen = visit(simulator, "/captures", write=False, expected=("401",))
    page = seen.page
    seen.await_js("() => document.querySelector('.recorder button')?.disabled === false")
    page.get_by_role("button", name="Record").click()
    assert seen.axe() == []
    page.get_by_role("textbox", name="Token").fill("x" * 32)
    page.get_by_role("button", name="Use it").click()
    page.get_by_text("does not know this token").wait_for()
    page.get_by_role("textbox", name="Token").fill(simulator.token)
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Download").wait_for()
    assert len(simulator.get("/captures")["items"]) == 1


def test_the_token_leaves_the_address(simulator, visit):
    seen = visit(simulator)
    assert simulator.token not in seen.page.url
    seen.page.reload()
    seen.await_js("() => document.querySelector('.link')?.dataset.state === 'open'")
    assert seen.page.evaluate("() => sessionStorage.length") == 1
    assert seen.page.evaluate("() => Object.keys(localStorage)") == []


def test_an_agent_that_is_not_open_asks_for_a_token_once(start, visit, tmp_path):
    secret = tmp_path / "read-token"
    secret.write_text("r" * 32)
    secret.chmod(0o600)
    agent = start(f'{SIMULATED}\n[http]\nread_token_file = "{secret}"\n')
    seen = visit(agent, write=False, expected=("401", "WebSocket"))
    dialog = seen.page.get_by_role("dialog")
    dialog.wait_for()
    assert seen.axe() == []
    seen.page.get_by_role("button", name="Not now").click()
    seen.page.wait_for_timeout(1500)
    assert dialog.count() == 0
    assert "wants a token" in seen.text(".alarm")
    seen.page.reload()
    seen.page.get_by_role("textbox", name="Token").fill("r" * 32)
    seen.page.get_by_role("button", name="Use it").click()
    seen.page.locator(".room").wait_for()
    assert seen.page.locator(".alarm").is_hidden()
