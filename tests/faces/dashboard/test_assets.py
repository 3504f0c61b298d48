"""What is shipped is whole, fetches nothing from elsewhere, and is what the sources give."""

import json
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

ASSETS = files("airsonde.faces.http") / "assets"
SOURCES = Path(__file__).parents[3] / "web" / "dashboard"
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"}
HASHED = re.compile(r"[\w-]+-[A-Z0-9]{8}\.\w+")


def test_the_page_names_files_that_are_there():
    page = (ASSETS / "index.html").read_text()
    named = re.findall(r'(?:src|href)="/assets/([^"]+)"', page)
    assert len(named) == 3
    assert all(HASHED.fullmatch(name) and (ASSETS / name).is_file() for name in named)


def test_the_page_has_no_code_or_style_of_its_own():
    page = (ASSETS / "index.html").read_text()
    assert re.findall(r"<style|style=|\son\w+=|<script(?![^>]*src=)", page) == []


def test_nothing_is_fetched_from_elsewhere():
    text = [f.read_text() for f in ASSETS.iterdir() if f.name.endswith((".js", ".css", ".html"))]
    assert len(text) == 3
    assert set(re.findall(r"https?://[\w./-]+", " ".join(text))) <= NAMESPACES


def test_it_stays_small():
    assert sum(len(f.read_bytes()) for f in ASSETS.iterdir()) < 250_000


def test_the_lock_names_versions_and_no_addresses():
    lock = json.loads((SOURCES / "package-lock.json").read_text())
    packages = {name: p for name, p in lock["packages"].items() if name}
    assert all("integrity" in p and "resolved" not in p for p in packages.values())


def test_licences_of_what_is_shipped_are_shipped():
    text = (ASSETS / "licences.txt").read_text()
    assert "uplot" in text
    assert "SIL OPEN FONT LICENSE" in text.upper()


@pytest.mark.browser
def test_the_assets_are_what_the_sources_give():
    npm = shutil.which("npm")
    if npm is None or not (SOURCES / "node_modules").is_dir():
        pytest.skip("npm ci was not run in web/dashboard")
    done = subprocess.run(
        [npm, "run", "check"], cwd=SOURCES, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
