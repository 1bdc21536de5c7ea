"""Free ends: what is found is no worse than the model's own range, and every schedule has the same budget."""

import numpy as np
import pytest
from typer.testing import CliRunner

from ays_toy.cli import app
from ays_toy.estimates import Estimate
from ays_toy.runs import free_ends
from ays_toy.runs.comparison import Model
from ays_toy.sampling import schedules

MODEL = Model("gaussian")


def test_stretching_keeps_shares_of_the_range_in_log_sigma():
    levels = schedules.edm(6, 0.01, 40.0)
    moved = free_ends.stretched(levels, 10.0, 0.1)
    assert (moved[0], moved[-1]) == (10.0, 0.1)
    before, after = (np.diff(np.log(one)) / np.log(one[-1] / one[0]) for one in (levels, moved))
    np.testing.assert_allclose(before, after)
    np.testing.assert_allclose(free_ends.stretched(levels, 40.0, 0.01), levels)


@pytest.mark.parametrize("name", ["edm", "logsnr"])
def test_ends_are_searched_with_the_budget_that_is_said(monkeypatch, name):
    tried = []

    def one(high, low):
        tried.append((high, low))
        return schedules.SCHEDULES[name](3, low, high)

    monkeypatch.setattr(free_ends, "SAMPLES", 256)
    ends = free_ends.best_ends(MODEL, one, "ddim")
    assert len(tried) <= free_ends.BUDGET
    assert len(set(tried)) == len(tried)
    assert all(MODEL.sigma_min * 0.999 <= low < high <= MODEL.sigma_max * 1.001 for high, low in tried)
    assert any(np.allclose(ends, pair) for pair in tried)
    law, drawn = free_ends.law_of(MODEL.dataset.mixture, MODEL.sigma_min), []
    for high, low in (ends, (MODEL.sigma_max, MODEL.sigma_min)):
        levels = schedules.SCHEDULES[name](3, low, high)
        drawn.append(law.energy(free_ends.draw(MODEL, levels, "ddim", free_ends.seeds.CHOICE, 256)).value)
    assert drawn[0] <= drawn[1]


def test_the_ends_stay_apart_where_a_narrow_range_is_the_best(monkeypatch):
    """As for few steps on *Two moons*, where the finer grids once reached ends in the wrong order."""
    tried = []

    def one(high, low):
        tried.append(np.log(high / low))
        return schedules.logsnr(3, low, high)

    class Law:
        @staticmethod
        def energy(levels):
            return Estimate(float(np.log(levels[0] / levels[-1])), 0.0)

    monkeypatch.setattr(free_ends, "draw", lambda _model, levels, *_: levels)
    monkeypatch.setattr(free_ends, "law_of", lambda *_: Law)
    free_ends.best_ends(MODEL, one, "ddim")
    whole = np.log(MODEL.sigma_max / MODEL.sigma_min)
    assert min(tried) == pytest.approx(free_ends.NARROWEST * whole)


def test_at_few_steps_free_ends_help_a_baseline_on_noise_that_it_did_not_see(monkeypatch):
    monkeypatch.setattr(free_ends, "SAMPLES", 2048)
    (row,) = free_ends.compare(MODEL, "ddim", 4, which=("edm",))
    assert row.steps == 3
    assert row.over_model["energy"].exceeds(row.metrics["energy"])


def test_the_command_prints_a_table_of_its_own(monkeypatch):
    monkeypatch.setattr(free_ends, "SAMPLES", 256)
    monkeypatch.setattr(free_ends, "SHOWN", ("klub-optimum", "edm"))
    done = CliRunner().invoke(
        app, ["compare", "gaussian", "--steps", "5", "--solver", "ddim", "--free-ends"], env={"COLUMNS": "160"}
    )
    assert done.exit_code == 0, done.output
    assert "KLUB optimum" in done.output
    assert "ends of its own" in done.output
    refused = CliRunner().invoke(app, ["compare", "gaussian", "--free-ends", "--also", "ld3"])
    assert refused.exit_code == 2
