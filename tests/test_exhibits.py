"""What stands beside the study: found on other noise than the study's, in its rows, and never worse unnoticed."""

import numpy as np
import pytest

from ays_toy.optimize import Effort
from ays_toy.runs import evidence
from benchmarks import cells, exhibits

CASE = cells.Case("grid-8x8", "exact", "sde-dpmpp-2m", 5)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(exhibits, "PATIENT", Effort(6, 256))
    monkeypatch.setattr(exhibits, "LEARNING", Effort(12, 512, 0.02))
    monkeypatch.setattr(exhibits, "FIRST", 1 << 10)
    monkeypatch.setattr(exhibits, "HELD_OUT", 1 << 12)
    monkeypatch.setattr(exhibits, "POWERS", (1.0, 3.0))
    monkeypatch.setattr(cells, "SAMPLES", 1 << 11)


@pytest.mark.usefixtures("quick")
def test_a_case_has_the_best_known_the_learned_and_the_dial_in_rows_of_the_study():
    rows = exhibits.rows(CASE)
    assert set(rows.columns) <= set(evidence.rows().columns)
    by = rows.groupby("schedule").metric.agg(set)
    assert by[evidence.BEST] == {*cells.METRICS, "klub"}
    assert by[evidence.COEFFICIENTS] == set(cells.METRICS), "KLUB prices the solver's own weights"
    assert {name for name in by.index if "outliers" in by[name]} == {"p=1", "p=3", *exhibits.BESIDE}
    known = exhibits.studied(CASE)
    levels = rows[rows.metric == "klub"].set_index("schedule").levels
    np.testing.assert_allclose(levels["p=3"], known["klub-optimum"].sigmas, rtol=1e-6)
    same = rows[(rows.schedule == "choice") & (rows.metric == "mode-mass")].value
    assert len(same) == cells.SEEDS


@pytest.mark.usefixtures("quick")
def test_the_best_known_is_no_worse_on_held_out_noise_than_any_that_was_studied():
    known = exhibits.studied(CASE)
    best = exhibits.best_known(CASE, known)
    points = exhibits.judged(CASE)
    score = lambda sigmas: points.score(sigmas, 1 << 12, exhibits.seeds.EXHIBITS + 2).value  # noqa: E731
    assert score(best.sigmas) <= min(score(known[name].sigmas) for name in ("choice", evidence.PLAIN, "ays"))
    assert best.calls > known["choice"].calls


@pytest.mark.usefixtures("quick")
def test_coefficients_that_gain_nothing_are_left_as_they_were(monkeypatch):
    choice = exhibits.studied(CASE)["choice"]
    found, solver = exhibits.learned(CASE, choice)
    np.testing.assert_array_equal(found.sigmas, choice.sigmas)
    samples = [cells.draw_samples(CASE.model, choice.sigmas, one, 5, 200) for one in (solver, CASE.solver)]
    assert not np.allclose(*samples), "these gain"
    monkeypatch.setattr(exhibits, "LEARNING", Effort(2, 256, 50.0))  # so far that all is lost
    _, solver = exhibits.learned(CASE, choice)
    samples = [cells.draw_samples(CASE.model, choice.sigmas, one, 5, 200) for one in (solver, CASE.solver)]
    np.testing.assert_allclose(*samples)


def test_only_what_the_study_has_of_a_case_is_taken_from_it():
    known = exhibits.studied(CASE)
    rows = evidence.rows()
    some = rows[(rows.data == CASE.data) & (rows.kind == CASE.kind) & (rows.solver == CASE.solver) & (rows.steps == 5)]
    assert set(known) == set(some.schedule)
    assert all(one.sigmas.size == 6 for one in known.values())
