"""The benchmark of schedules on the bundled models: what it measures, what it keeps, and where it goes on."""

import json
from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from benchmarks import images

SETUP = images.Setup("digits", None, "frechet", search=40, iterations=1, refining=40, samples=40, paths=16)


def test_a_cell_measures_every_schedule_by_every_figure():
    row = images.cell("ddim", 3, SETUP, images.Way("cpu"))
    assert {"choice", "ays", "klub-optimum", "edm", "gaussian"} <= row["schedules"].keys()
    for entry in (*row["schedules"].values(), row["plain"]):
        assert entry.keys() == {"sigmas", "frechet", "frechet-pixels", "precision", "recall"}
        assert np.isfinite([entry[name] for name in ("frechet", "precision")]).all()
        assert len(entry["sigmas"]) == 4


def test_what_was_made_with_other_settings_is_not_gone_on_with(tmp_path):
    out = tmp_path / "digits.json"
    images.write(out, [], SETUP, {"held-out images": {}})
    assert images.known_cells(out, SETUP, anew=False) == ({}, {"held-out images": {}})
    with pytest.raises(ValueError, match="other settings: give --anew"):
        images.known_cells(out, replace(SETUP, samples=80), anew=False)
    assert images.known_cells(out, replace(SETUP, samples=80), anew=True) == ({}, {})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["digits", "--guidance", "2"], "takes no guidance"),
        (["letters"], "letters"),
        (["digits", "--figure", "distance"], "adds noise of its own"),
    ],
)
def test_what_cannot_be_asked_for_is_a_sentence(arguments, words):
    app = typer.Typer()
    app.command()(images.main)
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 2
    assert words in " ".join(found.output.replace("│", " ").split())


def test_it_goes_on_where_it_was(tmp_path, monkeypatch):
    out = tmp_path / "digits.json"
    monkeypatch.setattr(images, "pictures", lambda *_: [])
    given = {"solver": ["ddim"], "samples": 40, "search": 40, "iterations": 0, "workers": 1, "device": "cpu"}
    arguments = {"model": "digits", "guidance": None, "figure": "frechet", "batch": None, "compiled": False, **given}
    arguments |= {"refining": 40, "schedules": None, "half": False}
    images.main(**arguments, steps=[2], limit=np.inf, out=out, anew=False)
    first = json.loads(out.read_text())
    assert [(row["solver"], row["steps"]) for row in first["cells"]] == [("ddim", 2)]
    monkeypatch.setattr(images, "cell", None)  # what is there is not found again
    images.main(**arguments, steps=[2], limit=np.inf, out=out, anew=False)
    assert json.loads(out.read_text()) == first


def test_schedules_that_were_found_are_measured_on_more_samples_and_in_half_precision(tmp_path, monkeypatch):
    first, more = tmp_path / "first.json", tmp_path / "more.json"
    monkeypatch.setattr(images, "pictures", lambda *_: [])
    setup = replace(SETUP, iterations=0, paths=images.Setup.paths)
    row = images.cell("ddim", 2, setup, images.Way("cpu"))
    images.write(first, [row], setup, {})
    monkeypatch.setattr(images, "_search", None)  # nothing is searched for
    again = images.cell("ddim", 2, replace(setup, dtype="bfloat16"), images.Way("cpu"), row)
    assert again["chosen"] == row["chosen"]
    for name, entry in row["schedules"].items():
        assert again["schedules"][name]["sigmas"] == entry["sigmas"]
        (half, _), (whole, stderr) = again["schedules"][name]["frechet"], entry["frechet"]
        assert 0 < abs(half - whole) < stderr  # another precision, and no other samples
    arguments = {"model": "digits", "guidance": None, "figure": "frechet", "device": "cpu", "search": 40}
    arguments |= {"solver": None, "steps": None, "batch": None, "compiled": False, "anew": False, "workers": 1}
    arguments |= {"iterations": 0, "refining": 40, "limit": np.inf}
    images.main(**arguments, samples=80, out=more, schedules=first, half=True)
    record = json.loads(more.read_text())
    assert (record["samples"], record["dtype"]) == (80, "bfloat16")
    assert [(one["solver"], one["steps"]) for one in record["cells"]] == [("ddim", 2)]  # what the file has
    with pytest.raises(typer.BadParameter, match="other settings of the search"):
        images.main(**arguments | {"search": 50}, samples=80, out=more, schedules=first, half=True)
