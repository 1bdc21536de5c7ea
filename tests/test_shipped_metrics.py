"""What ships of the presets' samples, against what is measured live; and that no page draws what ships."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pages_shown import opened

from ays_toy import names
from ays_toy.data.datasets import DATASETS
from ays_toy.metrics import METRICS, evaluate
from ays_toy.runs import comparison, finding, shipped_metrics
from ays_toy.runs.comparison import Model
from ays_toy.sampling.schedules import edm, logsnr
from ays_toy.ui.view import View
from benchmarks import outcomes


def test_every_preset_opens_on_a_table_that_ships():
    opening = View()
    for data in DATASETS:
        model = Model(data)
        passed = finding.one_pass(model)
        for name in names.USUAL:
            found = outcomes.shipped.find(model, opening.solver, opening.steps, name) if name in names.QUEUED else None
            found = found or finding.find(model, passed, name, opening.solver, opening.steps)
            metrics = shipped_metrics.find(model, opening.solver, opening.seed, found.levels)
            assert metrics, (data, name)
            assert set(metrics) <= set(METRICS)
            assert all(np.isfinite([one.value, one.stderr]).all() for one in metrics.values())
        assert shipped_metrics.find(model, opening.solver, opening.seed, ())
    assert shipped_metrics.FILE.stat().st_size < 700_000


@pytest.mark.parametrize(("data", "solver", "steps"), [("moons", "ddim", 6), ("grid-4x4", "sde-dpmpp-2m", 8)])
def test_what_ships_is_what_would_be_measured_live(data, solver, steps):
    model = Model(data)
    levels = edm(steps, model.sigma_min, model.sigma_max)
    live = evaluate(comparison.draw_samples(model, levels, solver, 0), model.reference())
    ships = shipped_metrics.find(model, solver, 0, levels.tolist())
    assert ships.keys() == live.keys()
    for name, one in live.items():
        assert ships[name].value == pytest.approx(one.value, rel=1e-3, abs=1e-3 * one.stderr)
        assert ships[name].stderr == pytest.approx(one.stderr, rel=1e-3)


def test_nothing_ships_for_other_noise_ranges_models_and_levels():
    model, levels = Model("moons"), edm(8, 0.002, 80.0)
    find = shipped_metrics.find
    assert find(model, "ddim", 0, levels)
    assert find(model, "ddim", 1, levels) is None
    assert find(Model("moons", "mlp"), "ddim", 0, levels) is None
    assert find(replace(model, sigma_min=0.01), "ddim", 0, levels) is None
    assert find(model, "unipc", 0, levels) is None
    assert find(model, "ddim", 0, levels * np.linspace(1, 1.001, 9)) is None
    assert find(model, "ddim", 0, levels * (1 + 1e-9)), "what differs by less than anybody sees is the same"


@pytest.mark.usefixtures("home")
def test_a_page_draws_only_its_pictures(monkeypatch):
    drawn, original = [], comparison.draw_samples
    monkeypatch.setattr(comparison, "draw_samples", lambda *args: drawn.append(args) or original(*args))
    at = opened("explore", data="moons", shown="edm,logsnr")
    table = at.dataframe[0].value
    assert len(table) == len(names.USUAL) + 1
    assert table.notna().all(axis=None)
    levels = {tuple(sigmas) for _, sigmas, *_ in drawn}
    assert levels == {tuple(edm(8, 0.002, 80.0)), tuple(logsnr(8, 0.002, 80.0))}


def test_a_run_that_was_stopped_goes_on_and_forgets_what_no_schedule_is_known_by(tmp_path, monkeypatch):
    monkeypatch.setattr(outcomes, "DATASETS", ["ring-8"])
    monkeypatch.setattr(outcomes, "SOLVERS", ["ddim"])
    monkeypatch.setattr(outcomes, "STEPS", [4])
    out, measured = tmp_path / "outcomes.parquet", []
    original = outcomes.measured
    monkeypatch.setattr(outcomes, "measured", lambda *what: measured.append(what) or original(*what))
    outcomes.main(out)
    whole = pd.read_parquet(out)
    assert len(measured) == len(whole) == len(names.USUAL) + 1
    gone = whole.assign(mark=["0" * 12, *whole["mark"][1:]])
    gone.to_parquet(out)
    outcomes.main(out)
    assert len(measured) == len(whole) + 1
    pd.testing.assert_frame_equal(pd.read_parquet(out), whole)
