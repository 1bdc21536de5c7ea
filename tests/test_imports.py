import ast
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

import ays_toy
from benchmarks.fingerprints import ROOT, imported, modules

PATHS = {name: path for name, path in modules(ROOT).items() if name.split(".")[0] == "ays_toy"}
MODULES = [name for name in PATHS if not name.startswith("ays_toy.ui") and name != "ays_toy.__main__"]
SCREEN = {"streamlit", "pages", "ays_toy.ui"}
PICTURES = {"plotly", "ays_toy.figures", "ays_toy.palette"}
FRONT = {"ays_toy.cli", "ays_toy.__main__"}  # the command line may call everything but the screen


def imported_names(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level], path.name
    return imported(path, PATHS)


def imports_any(path, names):
    return {name for name in imported_names(path) for other in names if name == other or name.startswith(other + ".")}


def test_importing_all_but_the_screen_brings_in_no_streamlit_and_no_diffusers():
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint(*sys.modules)"
    command = [sys.executable, "-c", code, *MODULES]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.split())
    assert {"ays_toy.sampling.schedules", "ays_toy.pricing.paths"} <= loaded
    assert not {name for name in loaded if re.match(r"(streamlit|pages|ays_toy\.ui)(\.|$)", name)}
    assert not {name for name in loaded if re.match(r"(diffusers|transformers)(\.|$)", name)}, "seconds, for all"


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_from_screen_to_figures_to_mathematics(name):
    front, pictures = (any(name == top or name.startswith(top + ".") for top in tops) for tops in (FRONT, PICTURES))
    assert not imports_any(PATHS[name], SCREEN | (set() if front else FRONT))
    if not pictures and not front:
        assert not imports_any(PATHS[name], PICTURES)


def test_no_module_imports_itself_by_a_detour():
    graph = {name: set(imported_names(path)) & PATHS.keys() - {"ays_toy"} for name, path in PATHS.items()}
    assert "ays_toy.sampling.schedules" in graph["ays_toy.pricing.paths"]
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_pages_hold_no_figure_code():
    pages = list((ROOT / "pages").glob("*.py"))
    assert pages
    for page in pages:
        assert not imports_any(page, {"plotly"}), page.name


def floors():
    """The rooms of ARCHITECTURE.md, each with its floor."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Floors")[1].split("##")[0]
    lines = re.findall(r"^ +(\d+)  ([a-z_. ]+)$", text, re.MULTILINE)
    return {f"ays_toy.{room}": int(floor) for floor, rooms in lines for room in rooms.split()}


def room_of(name, rooms):
    return max((room for room in rooms if name == room or name.startswith(room + ".")), key=len, default=None)


def test_every_room_stands_above_all_that_it_imports():
    rooms = floors()
    assert len(rooms) > 25
    alone = {"ays_toy", "ays_toy.__main__", "ays_toy.version"}
    assert {name for name in PATHS if room_of(name, rooms) is None} == alone
    for name in PATHS.keys() - alone:
        for other in set(imported_names(PATHS[name])) & PATHS.keys() - alone:
            here, there = room_of(name, rooms), room_of(other, rooms)
            assert here == there or rooms[here] > rooms[there], f"{name} imports {other}"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
def test_what_notebooks_call_is_importable_from_the_package_whichever_comes_first():
    code = """
import os, sys, numpy, torch  # what takes long, once: each name is imported into a process of its own after that
for name in sys.argv[1:]:
    if not (child := os.fork()):
        exec(f"from ays_toy import {name} as found")
        print(name, getattr(found, "__name__", name), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, name
"""
    names = ["optimize", "metrics", "images", *ays_toy.__all__]
    run = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    told = [line.split() for line in run.stdout.splitlines()]
    assert [name for name, _ in told] == names
    assert all(found.endswith(name) for name, found in told)
