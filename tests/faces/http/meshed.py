"""An agent that coordinates a mesh of real node processes, all of them with one key."""

from tests.apps.mesh.processes import Programs, free_port
from tests.faces.http.running import RunningAgent

HEAD = "c0" * 8
NODES = ["01" * 8, "02" * 8, "03" * 8]
COORDINATING = """
[mesh]
role = "coordinator"
id = "{head}"
keys = "{folder}/keys"
state = "{folder}/head"
listen = "127.0.0.1:{port}"
channels = [36, 40]
{more}
[mesh.rooms]
{rooms}
"""


class MeshedAgent:
    """`agent` leads; `start` adds nodes to it."""

    def __init__(self, folder, *, more="", rooms=("living", "living", "kitchen")):
        self.programs = Programs(folder)
        self.port = free_port()
        self.ports = [free_port() for _ in NODES]
        named = "\n".join(f'{n} = "{room}"' for n, room in zip(NODES, rooms, strict=True))
        toml = COORDINATING.format(head=HEAD, folder=folder, port=self.port, rooms=named, more=more)
        self.agent = RunningAgent(folder, toml)

    def start(self, number, *words, scene="walker"):
        """A simulated node, which names all others as peers."""
        peers = [w for port in self.ports for w in ("--peer", f"127.0.0.1:{port}")]
        return self.programs.start(
            f"node{number}", "node", "--simulate", scene, "--seed", number + 1,
            "--to", f"127.0.0.1:{self.port}", "--id", NODES[number],
            "--listen", f"127.0.0.1:{self.ports[number]}", *peers, *words,
        )  # fmt: skip

    def kill(self, number):
        process = self.programs.running.pop(f"node{number}")
        process.kill()
        process.wait()

    def mesh(self):
        return self.agent.get("/mesh")

    def node(self, name):
        """A node by what it is called; None while it is not known."""
        return next((n for n in self.mesh()["nodes"] if n["node"] == name), None)

    def room(self, name):
        return next((r for r in self.mesh()["rooms"] if r["room"] == name), None)

    def close(self):
        self.programs.close()
        if self.agent.process.poll() is None:
            self.agent.stop()
