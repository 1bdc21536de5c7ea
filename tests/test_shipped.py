"""The schedules that ship for the preset data, against what the pages would find live."""

from dataclasses import replace

import numpy as np
import pytest

from ays_toy import names
from ays_toy.data.datasets import DATASETS
from ays_toy.optimize import WIDE
from ays_toy.runs import finding, shipped
from ays_toy.runs.comparison import Model
from ays_toy.sampling.schedules import edm, validate
from ays_toy.ui import findings
from benchmarks import presets


def test_every_entry_is_a_schedule_of_its_cell_over_the_default_range():
    assert len(shipped.entries()) > 2000
    rows = presets.read(shipped.FILE, anew=False)
    for (cell, name), found in shipped.entries().items():
        assert cell.data in DATASETS
        assert cell.solver in presets.SOLVERS
        title = names.title("choice" if name == shipped.PLAIN else name)
        assert (found.name, found.title) == ("choice" if name == shipped.PLAIN else name, title)
        assert name != shipped.PLAIN or (cell, "choice") not in shipped.entries()
        assert isinstance(rows[cell][name][0], int if name == "ays" else str)  # what was chosen, where it stopped
        assert validate(found.sigmas).size == cell.steps + 1
        assert (found.sigmas[0], found.sigmas[-1]) == (80.0, 0.002)
        assert found.calls > 100_000


def test_the_default_views_of_all_presets_ship():
    for data in DATASETS:
        for solver in presets.SOLVERS:
            for steps in (4, 5, 6, 8, 10, 12, 16, 20):
                assert all(shipped.find(Model(data), solver, steps, name) for name in names.SEARCHED), (data, solver)


def test_what_ships_is_what_would_be_found_live():
    model = Model("ring-8")
    kept = {name: shipped.find(model, "ddim", 5, name) for name in names.SEARCHED}
    rows = presets.read(shipped.FILE, anew=False)[shipped.Cell("ring-8", "ddim", 5)]
    found = finding.stopped_search(model, finding.one_pass(model), "ddim", 5)
    assert rows["ays"][0] == found.sweep
    assert kept["ays"].calls == found.calls
    np.testing.assert_allclose(found.sigmas, kept["ays"].sigmas, rtol=1e-3)
    chosen = finding.choose(model, "ddim", 5)
    assert rows["choice"][0] == chosen.choice.best.title
    np.testing.assert_allclose(chosen.sigmas, kept["choice"].sigmas, rtol=1e-3)


@pytest.mark.parametrize(
    "model", [Model("ring-8", "mlp"), Model("ring-8", sigma_min=0.01), Model("ring-8", sigma_max=160.0)]
)
def test_other_models_and_ranges_do_not_ship(model):
    assert shipped.find(model, "ddim", 5, "choice") is None


def test_pages_take_what_ships_and_search_only_for_the_rest(monkeypatch):
    monkeypatch.setattr(findings.compute.searches, "submit", lambda *_: pytest.fail("nothing is to be searched for"))
    for name in names.COMPARED:
        if name in names.QUEUED and name not in names.SEARCHED:
            continue  # fitted when it is shown
        assert findings.named(Model("moons"), name, "dpmpp-2m", 8).done()


def test_a_cell_is_found_kept_and_gone_on_with_and_by_other_settings_made_anew(tmp_path, monkeypatch):
    out, cell = tmp_path / "presets.json", shipped.Cell("gaussian", "ddim", 3)
    rows = presets.cell(cell, {})
    presets.write(out, {cell: rows})
    assert presets.read(out, anew=False) == {cell: rows}
    assert presets.cell(cell, rows) == rows, "what is known is not found again"
    assert presets.read(out, anew=True) == {}
    monkeypatch.setattr(presets, "WIDE", replace(WIDE, rounds=((10, 1),)))
    assert presets.read(out, anew=False) == {cell: {"ays": rows["ays"]}}, "a choice by other rounds is made anew"


def test_a_name_is_resolved_once_whatever_does_not_decide_it():
    model = Model("gaussian")
    edm = findings.named(model, "edm", "ddim", 5)
    assert edm is findings.named(model, "edm", "heun", 5, power=1.0, metric="nll")
    assert findings.named(model, "p-optimum", "ddim", 5, 3.0) is findings.named(model, "klub-optimum", "heun", 5, 1.0)
    assert findings.optimum(model, 5) is findings.named(model, "klub-optimum", "ddim", 5).result()
    for name in ("edm", "klub-optimum", "p-optimum"):
        found = finding.find(model, findings.compute.one_pass(model), name, "ddim", 5, 1.5)
        same = findings.named(model, name, "ddim", 5, 1.5).result()
        assert (same.name, same.title, same.levels) == (found.name, found.title, found.levels)


def test_a_choice_made_on_one_page_is_that_of_all_and_an_error_too(monkeypatch):
    asked, model = [], Model("gaussian", sigma_min=0.01)

    def choose(_model, _solver, steps, *_):
        asked.append(steps)
        if steps == 3:
            raise ValueError("there is none")
        return finding.Chosen("choice", "Automatic choice", edm(steps), choice=None)

    monkeypatch.setattr(finding, "choose", choose)
    made = findings.choice(model, "ddim", 7, "energy", finding.REFINEMENT).result()
    assert findings.named(model, "choice", "ddim", 7).result() is made
    with pytest.raises(ValueError, match="there is none"):
        findings.named(model, "choice", "ddim", 3).result()
    assert asked == [7, 3]
