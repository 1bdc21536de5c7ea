"""The command line: what it prints and writes, and what it says where an argument is not usable."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from ays_toy.cli import app, common
from ays_toy.models.store import ModelStore
from ays_toy.runs import finding
from ays_toy.runs.comparison import Model
from ays_toy.sampling.schedules import edm


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(common.console, "width", 200)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("method", ["klub-optimum", "p-optimum", "choice", "ays"])
def test_every_method_finds_a_schedule_and_writes_it(run, tmp_path, method):
    out = tmp_path / "schedule.json"
    done = run("optimize", "gaussian", "--method", method, "--steps", 5, "--samples", 128, "--out", out)
    assert done.exit_code == 0, done.output
    record = json.loads(out.read_text())
    sigmas = np.array(record["sigmas"])
    assert record["steps"] == 5
    assert sigmas.size == 6
    assert (np.diff(sigmas) < 0).all()
    assert (sigmas[0], sigmas[-1]) == (80.0, 0.002)
    assert record["calls"] > 0
    assert record["klub"]["value"] > 0
    assert record["klub"]["value"] == pytest.approx(sum(record["klub"]["terms"]))
    assert not np.allclose(sigmas, edm(5))
    assert "Gaussian-optimal" in done.output, "the baselines stand beside it"
    if method == "ays":
        assert "sweep   0" in done.output


@pytest.mark.parametrize("method", ["boss", "rescaled-entropic", "dmn"])
def test_what_other_papers_propose_is_a_method_too(run, tmp_path, method):
    out = tmp_path / "schedule.json"
    done = run("optimize", "gaussian", "--method", method, "--steps", 4, "--out", out)
    assert done.exit_code == 0, done.output
    assert "arXiv" in done.output
    assert json.loads(out.read_text())["sigmas"] == finding.rival(Model("gaussian"), method, "ddim", 4).sigmas.tolist()


def test_they_stand_in_the_table_where_they_are_asked_for(run):
    done = run("compare", "gaussian", "--steps", 3, "--also", "gits", "--also", "entropic", "--also", "gits")
    assert done.exit_code == 0, done.output
    assert done.output.count("GITS") == done.output.count("Entropic") == 1
    assert "BOSS" not in done.output
    assert done.output.index("Gaussian-optimal") < done.output.index("GITS") < done.output.index("│ Fresh data")


def test_a_schedule_as_csv_is_read_back_to_the_bit(run, tmp_path):
    for kind in ("csv", "json"):
        words = ("--method", "p-optimum", "--steps", 4, "--out", tmp_path / f"schedule.{kind}")
        assert run("optimize", "gaussian", *words).exit_code == 0
    table = np.loadtxt(tmp_path / "schedule.csv", delimiter=",", skiprows=1)
    assert table[:, 0].tolist() == [0, 1, 2, 3, 4]
    found = finding.optimum(finding.one_pass(Model("gaussian")), 4, 2.0).sigmas  # in double precision, same seed
    assert table[:, 1].tolist() == json.loads((tmp_path / "schedule.json").read_text())["sigmas"] == found.tolist()


def test_a_trained_model_is_kept_and_used_by_name(run):
    trained = run("train", "mine", "ring-8", "--width", 16, "--depth", 2, "--steps", 20, "--batch", 64)
    assert trained.exit_code == 0, trained.output
    assert [saved.name for saved in ModelStore().list()] == ["mine"]
    used = run("optimize", "ring-8", "--model", "saved:mine", "--method", "p-optimum", "--steps", 4)
    assert used.exit_code == 0, used.output
    again = run("train", "mine", "ring-8", "--width", 16, "--depth", 2, "--steps", 20, "--batch", 64)
    assert again.exit_code == 2
    assert "choose another name, or replace it" in " ".join(again.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["optimize", "grid-9x9"], "Unknown data set"),
        (["optimize", "--method", "magic"], "Unknown method"),
        (["compare", "moons", "--also", "magic"], "Unknown comparator"),
        (["optimize", "--solver", "lms"], "Unknown solver"),
        (["optimize", "--metric", "beauty"], "Unknown metric"),
        (["optimize", "--steps", "1"], "number of steps must be"),
        (["optimize", "--model", "saved:none"], "There is no saved model"),
        (["optimize", "--method", "p-optimum", "--power", "nan"], "The power must be a number"),
        (["optimize", "--sigma-min", "90"], "must be below sigma_max"),
        (["optimize", "--out", "schedule.doc"], "must end in .py, .txt, .workflow.json"),
        (["optimize", "--out", "nowhere/schedule.json"], "There is no folder"),
        (["train", "CON", "moons"], "A name must be"),
        (["train", "new", "moons", "--steps", "0"], "number of training steps must be"),
        (["compare", "moons", "--model", "saved:../x"], "A name must be"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_without_a_traceback(run, words, sentence):
    done = run(*words)
    assert done.exit_code == 2
    assert sentence in " ".join(done.output.replace("│", " ").split())
    assert "Traceback" not in done.output
