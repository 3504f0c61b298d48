"""One page of the dashboard in a browser, and what it complained of."""

from pathlib import Path

import pytest

AXE = Path(__file__).parents[3] / "web/dashboard/node_modules/axe-core/axe.min.js"
WAIT_MS = 15_000


class Visit:
    """`faults` are errors of the page and its console save `expected`, `elsewhere` other hosts."""

    def __init__(self, browser, agent, *, write, expected, settings):
        self.agent = agent
        self.root = f"http://127.0.0.1:{agent.port}/"
        self.write = write
        self.faults = []
        self.elsewhere = []
        self.expected = expected
        self.context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}} | settings
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._ask)

    def go(self, fragment):
        token = f"#token={self.agent.token}" if self.write else ""
        self.page.goto(self.root + token)
        self.show(fragment)
        return self

    def show(self, fragment):
        """Go to another view, as a link would."""
        self.page.evaluate("fragment => { location.hash = fragment; }", f"#{fragment}")

    def text(self, selector):
        return self.page.locator(selector).first.inner_text()

    def await_js(self, condition):
        self.page.wait_for_function(condition)

    def axe(self):
        """What axe-core finds against WCAG 2.2 A and AA."""
        if not AXE.exists():
            pytest.skip("axe-core is not there: npm ci in web/dashboard")
        self.page.evaluate(AXE.read_text())
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = self.page.evaluate("tags => axe.run({runOnly: tags})", tags)
        return [f"{v['id']}: {n['html'][:160]}" for v in found["violations"] for n in v["nodes"]]

    def close(self):
        self.context.close()

    def _hear(self, message):
        known = any(part in message.text for part in self.expected)
        if message.type in {"error", "warning"} and not known:
            self.faults.append(message.text)

    def _ask(self, request):
        if not request.url.startswith((self.root, f"ws{self.root[4:]}", "blob:")):
            self.elsewhere.append(request.url)
