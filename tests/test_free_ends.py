"""Free ends: what is found is no worse than the model's own range, and every schedule has the same budget."""

import time

import numpy as np
import pytest
from pages_shown import opened
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
    *_, logs = free_ends.best_ends(MODEL, one, "ddim")
    ends = tuple(np.exp(logs))
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
    assert list(free_ends.best_ends(MODEL, one, "ddim"))
    whole = np.log(MODEL.sigma_max / MODEL.sigma_min)
    assert min(tried) == pytest.approx(free_ends.NARROWEST * whole)


def test_at_few_steps_free_ends_help_a_baseline_on_noise_that_it_did_not_see(monkeypatch):
    monkeypatch.setattr(free_ends, "SAMPLES", 2048)
    *_, reached = free_ends.compare(MODEL, "ddim", 4, which=("edm",))
    (row,) = reached.found
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


def test_it_tells_how_far_it_is_and_ends_amid_a_choice_that_is_to_stop(monkeypatch):
    monkeypatch.setattr(free_ends, "SAMPLES", 256)
    every = list(free_ends.compare(MODEL, "ddim", 5, which=("edm", "logsnr")))
    shares = [one.share for one in every]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert [one.title for one in every[-1].found] == ["EDM", "LogSNR"]
    assert len(every) > 2 * free_ends.SIDE**2, "a look after every range"
    own = Model("gaussian", sigma_max=40.0)  # for which no choice ships
    assert [one.found for one in free_ends.compare(own, "ddim", 5, which=("choice",), stop=lambda: True)] == [()]


@pytest.mark.usefixtures("home")
def test_the_page_finds_ends_when_it_is_asked_to_and_says_where_they_are(monkeypatch):
    monkeypatch.setattr(free_ends, "SAMPLES", 256)
    monkeypatch.setattr(free_ends, "SHOWN", ("klub-optimum", "edm"))
    at = opened("optimize", data="gaussian", steps="4", solver="ddim")
    tables = len(at.dataframe)
    at.button(key="find ends").click().run()
    end = time.monotonic() + 60
    while len(at.dataframe) == tables:
        assert time.monotonic() < end
        time.sleep(0.1)
        at.run()
    while not any("Found in" in one.value for one in at.caption):
        assert time.monotonic() < end
        time.sleep(0.1)
        at.run()
    assert not at.exception
    shown = at.dataframe[-1].value
    *_, reached = free_ends.compare(MODEL, "ddim", 4)
    assert shown["Schedule"].tolist() == [one.title for one in reached.found] == ["KLUB optimum", "EDM"]
    np.testing.assert_allclose(shown["Highest σ"], [one.sigmas[0] for one in reached.found])
    own = [column for column in shown if column.endswith("own ends")]
    assert shown[own[0]].tolist() == [one.metrics["energy"].value for one in reached.found]


@pytest.mark.usefixtures("home")
def test_with_too_few_steps_the_page_says_how_many_it_takes():
    at = opened("optimize", data="gaussian", steps="3")
    assert any("Ends are looked for from 4 steps on" in one.value for one in at.caption)
    assert not [one for one in at.button if one.key == "find ends"]
