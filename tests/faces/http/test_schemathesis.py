"""REST, asked by schemathesis out of the published description: never a 5xx, all as described."""

import itertools
import subprocess
import sys

import pytest
import requests
import schemathesis
from hypothesis import given, settings
from requests.adapters import HTTPAdapter

from airsonde.faces.http.table import BASE, ENDPOINTS
from tests.faces.http.running import SIMULATED, RunningAgent

REMEMBERING = SIMULATED + "[memory]\nenabled = true\n"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
PATHS = sorted({endpoint.path for endpoint in ENDPOINTS})
FITTING, SPOILT = schemathesis.GenerationMode
SPOILABLE = [e for e in ENDPOINTS if e.parameters or e.body or e.writes]  # the rest takes anything
ONE_OF_TWO = "/memory/search"  # wants one of two parameters, which OpenAPI has no words for
CONFIGURATION = f"""
[[operations]]
include-path = "{BASE}{ONE_OF_TWO}"
checks.positive_data_acceptance.enabled = false
"""


class From(HTTPAdapter):
    """Asks from one loopback address: each may ask so often and no more."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """An agent of its own that has something of everything, and its description as read by others.

    `known` holds a name of each kind that is there.
    """
    running = RunningAgent(tmp_path_factory.mktemp("asked"), REMEMBERING)
    running.schema = schemathesis.openapi.from_dict(running.get("/openapi.json"))
    running.schema.config.update(base_url=f"http://127.0.0.1:{running.port}")
    running.until(lambda: running.get("/sources/sim")["state"] == "hearing")
    running.until(lambda: running.get("/events")["items"])
    body = {"source_id": "sim"}
    _, _, learning = running.ask("POST", "/calibrations", body, write=True)
    _, _, capture = running.ask("POST", "/captures", body, write=True)
    running.known = {
        "source_id": "sim",
        "id": "1",
        "capture_id": capture["capture_id"],
        "calibration_id": learning["calibration_id"],
    }
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


@pytest.fixture(scope="module")
def sessions():
    """Connections from one address after another."""
    made = []
    for number in range(2, 80):
        made.append(requests.Session())
        made[-1].mount("http://", From(f"127.0.9.{number}"))
    yield itertools.cycle(made)
    for session in made:
        session.close()


def checked(case, asked, sessions):
    """Ask, and hold the answer against the description."""
    lenient = case.operation.path.endswith(ONE_OF_TWO)
    left_out = [schemathesis.checks.positive_data_acceptance] if lenient else []
    headers = {"Authorization": f"Bearer {asked.token}"}
    answer = case.call(session=next(sessions), headers=headers)
    case.validate_response(answer, excluded_checks=left_out)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.call.__name__)
def test_what_fits_is_answered_as_described(asked, sessions, endpoint):
    operation = asked.schema[BASE + endpoint.path][endpoint.method]

    @settings(max_examples=3, database=None)
    @given(operation.as_strategy(generation_mode=FITTING))
    def ask(case):
        checked(case, asked, sessions)
        for name in asked.known.keys() & case.path_parameters.keys():
            case.path_parameters[name] = asked.known[name]
        if endpoint.method != "DELETE":
            checked(case, asked, sessions)

    ask()
    assert asked.get("/health")["problems"] == []


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", SPOILABLE, ids=lambda e: e.call.__name__)
def test_what_does_not_fit_is_refused_as_described(asked, sessions, endpoint):
    operation = asked.schema[BASE + endpoint.path][endpoint.method]

    @settings(max_examples=3, database=None)
    @given(operation.as_strategy(generation_mode=SPOILT))
    def ask(case):
        checked(case, asked, sessions)

    ask()
    assert asked.get("/health")["problems"] == []


@pytest.mark.parametrize("path", PATHS)
def test_other_methods_are_refused_and_the_right_ones_named(asked, path):
    there = {endpoint.method for endpoint in ENDPOINTS if endpoint.path == path}
    target = path.format(**asked.known)
    for method in set(METHODS) - there:
        address = f"127.0.10.{2 + PATHS.index(path)}"  # rates are limited for each
        status, headers, body = asked.ask(method, target, write=True, address=address)
        assert (status, body["error"]["code"]) == (405, "method_not_allowed")
        assert set(headers["allow"].split(", ")) - {"HEAD"} == there


@pytest.mark.slow
def test_for_minutes_through_every_phase(start, tmp_path):
    running = start(REMEMBERING)
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIGURATION)
    url = f"http://127.0.0.1:{running.port}{BASE}/openapi.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", f"--config-file={config}", "run", url),
            *("--header", f"Authorization: Bearer {running.token}", "--rate-limit", "45/s"),
            *("--max-examples", "100", "--generation-database", "none", "--no-color"),
            *("--continue-on-failure", "--request-timeout", "10"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert running.get("/health")["problems"] == []
    assert "Traceback" not in running.log.read_text()
