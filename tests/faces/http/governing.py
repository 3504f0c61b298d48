"""An agent in the network namespace of a governed host, which governs it."""

from tests.apps.governor.governed import SOURCE
from tests.faces.http.running import SIMULATED, RunningAgent

SETTINGS = SIMULATED + '[link]\nmode = "run"\nconfig = "{config}"\n'


class GoverningAgent(RunningAgent):
    """Its API is asked from within the namespace; `module` runs airsonde there."""

    def __init__(self, host, module=("airsonde",)):
        self.host, self.module = host, module
        (host.folder / "agent").mkdir(exist_ok=True)
        super().__init__(host.folder / "agent", SETTINGS.format(config=host.config))

    def command(self, *words):
        return self.host.command("-m", *self.module, *words)

    def environment(self):
        return self.host.environment() | {"PYTHONPATH": f"{SOURCE}:{SOURCE.parent}"}

    def ask(self, *words, **more):
        return self.host.inside(lambda: RunningAgent.ask(self, *words, **more))

    def link(self):
        return self.get("/link")

    def acts(self):
        """The link as soon as everything was decided once."""

        def acted():
            link = self.link()
            return any(d["action"] == "set_power_save" for d in link["decisions"]) and link

        return self.until(acted, 15)
