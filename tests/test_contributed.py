"""The published set of schedules: every file is of its form, what is not is named, and figures are measured anew."""

import json
from dataclasses import asdict

import pytest
from typer.testing import CliRunner

from benchmarks import contributed
from benchmarks.contributed import Contributed

FILES = contributed.everything()
ONE = Contributed(
    model="digits",
    solver="dpmpp-2m",
    steps=2,
    sigma_max=10.0,
    sigma_min=0.1,
    sigmas=[10.0, 1.0, 0.1],
    command="python -m ays_toy image optimize digits",
    who="Somebody",
    samples=64,
    seed=61_000,
    figures={"frechet": [2.0, 0.1]},
    beside={"edm": {"frechet": [3.0, 0.2]}},
    version="1.0.0",
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_of_the_form_and_has_baselines_beside_it(path):
    one = contributed.read(path)
    assert set(one.figures) <= set(next(iter(one.beside.values())))
    assert {"edm", "cosine", "time-uniform"} <= set(one.beside)


def test_the_set_starts_with_what_was_measured_here():
    assert FILES
    assert {contributed.read(path).model for path in FILES} <= {"digits", "handwritten"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sigmas": [10.0, 1.0]}, "2 steps have 3 levels"),
        ({"sigmas": [10.0, 0.1, 1.0]}, "must descend"),
        ({"sigmas": [11.0, 1.0, 0.1]}, "must be sigma_max and sigma_min"),
        ({"solver": "none"}, "Unknown solver"),
        ({"command": " "}, "“command” must say something"),
        ({"who": ""}, "“who” must say something"),
        ({"figures": {}}, "needs figures"),
        ({"figures": {"beauty": [1.0, 0.1]}}, "figure of quality"),
        ({"figures": {"frechet": [1.0, 0.0]}}, "standard error"),
        ({"beside": {"edm": {"frechet": [-1.0, 0.1]}}}, "The frechet"),
        ({"strength": 2.0}, "The strength"),
        ({"samples": 3}, "number of samples"),
        ({"steps": 2, "solver": "ddim"}, "should be called digits-ddim-2.json"),
        ({"more": 1}, "unexpected keyword"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, change, words):
    path = tmp_path / ONE.file
    path.write_text(json.dumps(asdict(ONE) | change))
    with pytest.raises(ValueError, match=words) as caught:
        contributed.read(path)
    assert str(caught.value).startswith(path.name)


def test_a_schedule_is_added_with_its_figures_and_holds_until_they_are_changed(tmp_path):
    schedule = tmp_path / "mine.csv"
    model = contributed.prepared("digits", "stochastic-ddim", 2, 1.0)
    schedule.write_text(f"{model.sigma_max}, 1.0, {model.sigma_min}")
    words = (
        f"add {schedule} --model digits --solver stochastic-ddim --command x --who y --samples 64 --folder {tmp_path}"
    )
    done = CliRunner().invoke(contributed.app, words.split())
    assert done.exit_code == 0, done.output
    path = tmp_path / "digits-stochastic-ddim-2.json"
    looked = CliRunner().invoke(contributed.app, ["check", str(tmp_path)])
    assert looked.exit_code == 0, looked.output
    record = json.loads(path.read_text())
    record["figures"]["frechet"][0] *= 2
    path.write_text(json.dumps(record))
    looked = CliRunner().invoke(contributed.app, ["check", str(tmp_path)], env={"COLUMNS": "160"})
    assert looked.exit_code == 1
    assert "the file says" in " ".join(looked.output.split())
