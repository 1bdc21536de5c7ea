"""The study of all schedules: rows on other seeds than those that found them, kept in parts, and told apart."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer

from ays_toy import names, seeds
from ays_toy.images import results
from ays_toy.runs.evidence import METHOD, PLAIN, beaten, beside_digits, best_or_tied, means, ratios
from ays_toy.sampling.schedules import Schedule
from benchmarks import cells, evidence, image_cells

CASE = cells.Case("gaussian", "exact", "ddim", 3)


def study(out: Path, own: str | None = None) -> pd.DataFrame:
    evidence.main(["gaussian"], out, [3], ["ddim"], ["exact"], own, workers=1)
    return pd.read_parquet(out)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(names, "COMPARED", ("edm", "gaussian", "klub-optimum"))


def test_a_row_for_every_number_and_the_choice_before_its_refinement_beside_it():
    rows = evidence.measure(CASE, ["edm", "choice"], None)
    assert set(rows.schedule) == {"edm", "choice", PLAIN}
    assert set(rows.metric) == set(cells.METRICS) - {"mode-mass"} | {"klub"}, "a Gaussian has no modes to count"
    assert set(rows[rows.metric != "klub"].seed) == {seeds.EVIDENCE + k for k in range(1, 1 + cells.SEEDS)}
    assert (rows.stderr > 0).all()
    table = ratios(rows)
    assert float(table.min(axis=1).iloc[0]) == 1.0
    assert float(table["choice"].iloc[0]) < float(table["edm"].iloc[0])


def test_digits_are_measured_as_what_ships_of_them_is():
    case = image_cells.cases()[0]
    known = results.of("digits").at(case.solver, case.steps)
    rows = evidence.measure(case, ["p-optimum"], None)
    assert set(rows.schedule) == {"p-optimum"}
    assert set(rows.metric) == {"klub", *results.SHIPPED_FIGURES}
    assert len(rows[rows.metric == "klub"].levels.iloc[0]) == case.steps + 1
    ours = pd.DataFrame(image_cells.rows_of(case, Schedule("edm", "EDM", known["edm"].schedule.sigmas)))
    for figure in results.SHIPPED_FIGURES:
        (row,) = ours[ours.metric == figure].to_dict("records")
        assert row["seed"] == results.of("digits").seed
        assert row["value"] == pytest.approx(known["edm"].metrics[figure].value, rel=1e-3)
    both = beside_digits(rows)
    assert set(both.schedule) == {"p-optimum", *known}


@pytest.mark.usefixtures("few")
def test_a_study_goes_on_where_it_was_and_never_mixes_settings(tmp_path, monkeypatch):
    out = tmp_path / "study.parquet"
    first = study(out)
    (part,) = out.with_suffix(".parts").iterdir()
    made = part.stat().st_mtime_ns
    pd.testing.assert_frame_equal(study(out), first)
    assert part.stat().st_mtime_ns == made, "what is known is not found again"
    part.unlink()
    wanted, which = {CASE: part}, [*names.COMPARED]
    evidence.take_up(out, wanted, "others", which)
    evidence.take_up(out, wanted, first.settings[0], [*which, "edm-as-well"])
    assert not part.exists(), "other settings, and other schedules"
    evidence.take_up(out, wanted, first.settings[0], which)
    assert len(pd.read_parquet(part)) == len(first)
    pd.testing.assert_frame_equal(study(out), first)
    monkeypatch.setattr(cells, "SAMPLES", 1 << 12)
    other = study(out)
    assert len(list(out.with_suffix(".parts").iterdir())) == 2
    assert set(other.settings) != set(first.settings)
    assert len(other) == len(first)


@pytest.mark.usefixtures("few")
def test_a_method_that_somebody_brings_is_scored_on_the_same_cases(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "from ays_toy.sampling.schedules import gaussian\n"
        "def find(model, solver, steps):\n    return gaussian(steps, model.sigma_min, model.sigma_max)\n"
        "def wrong(model, solver, steps):\n    return [3, 2, 1]\n"
    )
    monkeypatch.chdir(tmp_path)
    rows = study(tmp_path / "study.parquet", "mine:find")
    values, _ = means(rows, "energy")
    np.testing.assert_allclose(values[METHOD], values["gaussian"])
    with pytest.raises(ValueError, match="the others from 80"):
        evidence.measure(CASE, [METHOD], "mine:wrong")
    with pytest.raises(typer.BadParameter, match="module:function"):
        study(tmp_path / "study.parquet", "mine:nothing")


def test_how_often_the_choice_is_beaten_is_told_by_two_errors():
    rows = pd.DataFrame(
        {"data": d, "kind": "exact", "solver": "ddim", "steps": 3, "schedule": name, "metric": "energy"}
        | {"seed": 1, "value": value, "stderr": 0.01}
        for d, name, value in [("a", "choice", 0.2), ("a", "edm", 0.1), ("b", "choice", 0.1), ("b", "edm", 0.099)]
    )
    assert beaten(rows)["edm"] == 0.5
    assert ratios(rows)["choice"].tolist() == pytest.approx([2.0, 0.1 / 0.099])
    tied = best_or_tied(rows)
    assert tied["choice"].tolist() == [False, True]
    assert tied["edm"].tolist() == [True, True]
