"""The package as it is installed: its pins, its wheel, the commands that it brings, and what `doctor` finds."""

import importlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from ays_toy import launch
from ays_toy.cli import app
from ays_toy.version import __version__

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
doctor = importlib.import_module("ays_toy.cli.doctor")  # not the command of that name
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins(name: str) -> set[str]:
    """What a file of requirements has, besides other files."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith(("#", "-r"))}


def test_what_the_wheel_asks_for_is_pinned_as_what_was_tested():
    extras = PROJECT["optional-dependencies"]
    app_alone = {one for one in extras["app"] if not one.startswith("ays-explorer")}
    assert "ays-explorer[images]" in extras["app"]
    assert {*PROJECT["dependencies"], *extras["images"], *app_alone} == pins("requirements.txt")
    assert set(extras["cluster"]) == pins("requirements-cluster.txt")
    assert set(extras["docs"]) == {"ays-explorer[app]", *pins("requirements-docs.txt")}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--no-build-isolation", "-q", "-w", out]
    subprocess.run(command, check=True)
    (found,) = out.glob("*.whl")
    return found


def test_the_wheel_holds_the_app_its_pages_and_all_that_they_read(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    assert wheel.name == f"ays_explorer-{__version__}-py3-none-any.whl"
    files = {path.relative_to(ROOT) for path in (ROOT / "ays_toy").rglob("*.*") if path.is_file()}
    ours = {path.as_posix() for path in files if "__pycache__" not in path.parts and path.suffix != ".part"}
    assert ours <= inside, "weights, results and components too"
    whole = {f"ays_toy/whole_app/{path.relative_to(ROOT)}" for path in (ROOT / "pages").glob("*.py")}
    assert whole | {"ays_toy/whole_app/app.py", "ays_toy/whole_app/.streamlit/config.toml"} <= inside
    assert not any("__pycache__" in name or name.startswith(("tests", "benchmarks", "docs")) for name in inside)
    assert wheel.stat().st_size < 12_000_000


@pytest.fixture(scope="session")
def installed(wheel: Path) -> Path:
    """A folder that has the wheel's contents alone."""
    folder = wheel.parent / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def ran(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of the installed package, with no checkout in sight."""
    surroundings = os.environ | {"PYTHONPATH": str(installed), "AYS_EXPLORER_HOME": str(installed.parent / "home")}
    surroundings["COLUMNS"] = "80"
    command = [sys.executable, "-P", *words]
    return subprocess.run(command, cwd=installed.parent, env=surroundings, capture_output=True, text=True, check=False)


def test_the_command_line_runs_from_the_wheel(installed: Path):
    done = ran(installed, "-m", "ays_toy", "compare", "gaussian", "--steps", "3")
    assert done.returncode == 0, done.stderr
    assert "Automatic" in done.stdout
    where = ran(installed, "-c", "from ays_toy import launch; print(launch.folder())")
    assert Path(where.stdout.strip()) == installed / "ays_toy" / "whole_app"
    assert launch.folder() == ROOT


@pytest.mark.browser
def test_the_app_serves_its_pages_from_the_wheel(
    installed: Path, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("playwright")
    from chromium import Visit, required, serving

    from ays_toy.ui.front import TITLES

    required()
    browser: Browser = request.getfixturevalue("browser")

    monkeypatch.setenv("PYTHONPATH", str(installed))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")  # no checkout in sight
    with serving(tmp_path, str(installed / "ays_toy" / "whole_app" / "app.py"), tmp_path) as url:
        visit = Visit(browser)
        for name, title in TITLES.items():
            visit.page.goto(f"{url}/{name}")
            visit.page.get_by_test_id("stMain").get_by_role("heading").first.wait_for(timeout=120_000)
            visit.idle()
            visit.unharmed()
            assert visit.page.get_by_role("link", name=title, exact=True).count() == 1
        primary = "getComputedStyle(document.querySelector('.stApp')).getPropertyValue('--st-primary-color')"
        assert visit.page.evaluate(primary).strip().upper() in ("#A84600", ""), "the theme has come along"
        visit.page.close()


def test_without_streamlit_the_launcher_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(launch, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match=r"ays-explorer\[app\]"):
        launch.main()


def test_what_a_jupyter_server_starts_answers_below_the_address_of_its_user():
    made = entry_point(PROJECT["entry-points"]["jupyter_serverproxy_servers"]["ays-explorer"]).load()()
    assert Path(made["launcher_entry"]["icon_path"]).is_file()
    assert made["absolute_url"], "the app knows its address"
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([word.format(port=port, base_url="/user/ada/") for word in made["command"]])
    try:
        assert answers(f"http://127.0.0.1:{port}/user/ada/ays-explorer/_stcore/health", made["timeout"])
    finally:
        process.kill()
        process.wait(timeout=20)


def entry_point(value: str) -> EntryPoint:
    """What a package's metadata would have of it."""
    return EntryPoint("ays-explorer", value, "jupyter_serverproxy_servers")


def answers(url: str, seconds: float) -> bool:
    """Whether there is an answer within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return bool(urllib.request.urlopen(url, timeout=5).status == 200)
        except OSError:
            time.sleep(0.1)
    return False


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(doctor.console, "width", 80)
    return lambda *words: CliRunner().invoke(app, ["doctor", *words])


def test_doctor_finds_what_there_is_in_eighty_columns(asked):
    done = asked()
    assert done.exit_code == 0, done.output
    assert all(len(line) <= 80 for line in done.output.splitlines())
    found = {one["what"]: one for one in json.loads(asked("--json").output)}
    assert found["AYS Explorer"]["there"].startswith(__version__)
    assert found["torch"]["there"].startswith("2.13.0")
    assert not found["data folder"]["missing"]


def test_doctor_says_what_to_do_and_exits_with_one_where_it_matters(
    asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        monkeypatch.setattr(doctor, "PORT", taken.getsockname()[1])
        done = asked("--json")
    assert done.exit_code == 0, "another port will do"
    assert "--server.port=" in done.output
    (tmp_path / "home").write_text("a file")
    done = asked("--json")
    assert done.exit_code == 1
    assert "AYS_EXPLORER_HOME" in done.output
    monkeypatch.setenv("AYS_SHARED", "maybe")
    assert "AYS_SHARED must be 1" in asked("--json").output
    real = doctor.find_spec
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "diffusers" else real(name))
    assert "ays-explorer[images]" in asked("--json").output


DOCUMENTS = [path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")) if "template" not in path.name]
WRITTEN = ("ideas.md", "words.md", "commands.md")  # when the site is built, which looks at links to them


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_to_what_there_is(path: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, part = target.partition("#")
        if name in WRITTEN:
            continue
        there = (path.parent / name) if name else path
        assert there.exists(), target
        if part:
            heads = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert part in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}, target


def test_the_version_is_the_same_wherever_it_stands():
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited
    assert cited[1] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
