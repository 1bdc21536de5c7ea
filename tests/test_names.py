"""One name for each schedule: on screen, in links, in files and on the command line."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

import ays_toy
from ays_toy import glossary, names
from ays_toy.optimize import RIVALS
from ays_toy.palette import STYLES
from ays_toy.sampling.schedules import SCHEDULES

ROOT = Path(ays_toy.__file__).parent
OLD = re.compile(r"Optimized, p|[Dd]ialled|At rest|AYS, stopped|ODE optimum of|optimum p =|, as shipped")


def test_every_family_and_every_look_has_its_name():
    assert list(names.BASELINES) == list(SCHEDULES)
    assert set(STYLES) == set(names.TITLES)
    assert {name: style.title for name, style in STYLES.items()} == dict(names.TITLES)
    assert len(set(names.TITLES.values())) == len(names.TITLES)
    assert set(names.METHODS) | {"edm"} <= set(names.COMPARED) <= set(names.TITLES)
    assert set(names.SEARCHED) <= set(names.METHODS)
    assert set(names.SEARCHED) <= set(names.QUEUED) <= set(names.COMPARED) == set(names.USUAL) | set(RIVALS)
    assert list(RIVALS) == list(names.RIVALS)
    assert set(names.USUAL).isdisjoint(RIVALS), "no page shows or counts them unasked"


def test_no_two_schedules_look_alike():
    assert len({style.dash for style in STYLES.values() if style.dash != "solid"}) == len(STYLES) - 2
    assert (
        len({style.symbol for style in STYLES.values()})
        == len({style.color for style in STYLES.values()})
        == len(STYLES)
    )
    drawn = (ROOT / "ui" / "components" / "shared" / "plot.js").read_text(encoding="utf-8")
    for name, style in STYLES.items():
        known = re.search(rf'^ +"?{style.symbol}"?: \(\) =>', drawn, re.MULTILINE)
        assert known or style.symbol.startswith("circle"), f"{name} would be a circle in the browser"


@given(some.sampled_from([0.5, 1.0, 2.25, 3.0]))
def test_the_optimum_of_p_3_is_the_klub_optimum_under_any_name(power):
    same = power == 3
    assert (names.optimum(power) == "klub-optimum") is same
    assert names.title("p-optimum", power) == ("KLUB optimum" if same else f"p-optimum, p = {power:g}")
    assert names.title("edm", power) == "EDM"


def test_blends_say_how_far_from_what_to_what():
    assert names.blend("EDM", names.title("p-optimum", 1.5), 0.25) == "p-optimum, p = 1.5, 25 % from EDM"
    assert names.ode_optimum(2.0) == "ODE optimum, γ = 2"


@pytest.mark.parametrize("path", sorted([*ROOT.rglob("*.py"), *ROOT.parent.glob("pages/*.py")]), ids=lambda p: p.name)
def test_no_text_uses_a_name_of_old(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not OLD.search(node.value), node.value


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.js")), ids=lambda p: p.name)
def test_no_script_uses_a_name_of_old(path):
    assert not OLD.search(path.read_text(encoding="utf-8"))


def test_the_glossary_explains_every_name_in_a_sentence():
    everything = glossary.schedules() | dict(glossary.TERMS) | glossary.solvers() | glossary.metrics()
    assert set(names.TITLES.values()) <= set(everything)
    assert all(about.strip().endswith(".") for about in everything.values())
    architecture = (ROOT.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert all(f"| {title} |" in architecture for title in names.TITLES.values()), "the table of names is as the code"


LINES = {  # of a new family, each after the line of another
    "sampling/schedules.py": (
        '"cosine": cosine,',
        '"even": lambda n, low=SIGMA_MIN, high=SIGMA_MAX: np.linspace(high, low, n + 1),',
    ),
    "names.py": (
        '"cosine": ("Cosine", "Uniform in the time of the cosine log-SNR process."),',
        '"even": ("Even", "In σ."),',
    ),
    "palette.py": ('"cosine": ("#999933", "longdashdot", "x"),', '"even": ("#123456", "3px,9px", "bowtie"),'),
}
TRY = """
from ays_toy import glossary, images, names, palette
from ays_toy.images import compared
from ays_toy.runs import finding
from ays_toy.runs.live_search import SearchConfig
from ays_toy.ui.view import View, codec
rows = finding.compare(finding.Model("ring-8"), "ddim", 4, n=200, which=("edm", "even"), metrics=["energy"])
assert [row.title for row in rows] == ["EDM", "Even", "Fresh data"]
assert SearchConfig(finding.Model("ring-8"), start="even").first()[1] > 50
assert "even" in names.COMPARED and "even" in compared.ORDER and palette.STYLES["even"].about == "In σ."
assert codec.from_query(View, {"shown": "edm,even"}) == (View(shown=("edm", "even")), [])
"""


def test_a_schedule_is_three_lines(tmp_path):
    shutil.copytree(
        ROOT, tmp_path / ROOT.name, ignore=shutil.ignore_patterns("__pycache__", "results", "*.safetensors")
    )
    for name, (after, line) in LINES.items():
        path = tmp_path / ROOT.name / name
        text = path.read_text(encoding="utf-8")
        assert text.count(after) == 1
        path.write_text(text.replace(after, f"{after} {line}"), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", TRY], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
