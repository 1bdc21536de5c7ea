"""The searches that ship for the preset data, against what Optimize would find live; and what waits for what."""

from concurrent.futures import wait
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from ays_toy.data.datasets import DATASETS
from ays_toy.metrics import METRICS
from ays_toy.runs import finding, live_search, shipped_searches
from ays_toy.runs.comparison import Model
from ays_toy.runs.live_search import SearchConfig
from ays_toy.sampling.schedules import Schedule, edm, validate
from ays_toy.ui import compute, findings
from ays_toy.ui.view import SearchView
from benchmarks import searches


def test_the_page_of_every_preset_opens_on_a_search_that_ships_and_has_come_to_rest():
    for data in DATASETS:
        config = SearchView(data=data).search
        state = shipped_searches.find(config)
        assert state, data
        assert state.rested
        assert [sweep.index for sweep in state.sweeps] == list(range(len(state.sweeps)))
        assert state.sweeps[-1].moved == 0
        assert state.stop == state.chosen < len(state.sweeps)
        assert list(state.seconds) == sorted(state.seconds)
        np.testing.assert_allclose(state.sweeps[0].sigmas, config.first(), rtol=1e-5)
        for sweep in state.sweeps:
            assert validate(sweep.sigmas).size == config.steps + 1
            assert (sweep.sigmas[0], sweep.sigmas[-1]) == (80.0, 0.002)
            assert sweep.klub.terms.sum() == pytest.approx(sweep.klub.value, rel=1e-4)
        assert finding.stopped(config, state)
    assert shipped_searches.FILE.stat().st_size < 300_000


def test_what_ships_is_the_live_search_sweep_by_sweep():
    config = SearchConfig(Model("gaussian"))
    shipped, (*_, live) = shipped_searches.find(config), live_search.search(config)
    assert (shipped.stop, shipped.chosen, shipped.rested) == (live.stop, live.chosen, live.rested)
    for ours, theirs in zip(shipped.sweeps, live.sweeps, strict=True):
        assert (ours.index, ours.moved, ours.calls) == (theirs.index, theirs.moved, theirs.calls)
        np.testing.assert_allclose(ours.sigmas, theirs.sigmas, rtol=1e-5)
        for one, other in ((ours.klub, theirs.klub), (ours.score, theirs.score)):
            assert (one.value, one.stderr) == pytest.approx((other.value, other.stderr), rel=1e-5)
        np.testing.assert_allclose(ours.klub.terms, theirs.klub.terms, rtol=1e-5)


@pytest.mark.parametrize(
    "other",
    [
        {"model": Model("ring-8", "mlp")},
        {"model": Model("ring-8", sigma_min=0.01)},
        {"solver": "heun"},
        {"steps": 9},
        {"start": "cosine"},
        {"metric": next(name for name in METRICS if name != "energy")},
        {"samples": 512},
        {"patience": 3},
    ],
    ids=str,
)
def test_searches_of_other_settings_do_not_ship_and_where_it_would_run_does_not_matter(other):
    config = SearchConfig(Model("ring-8"))
    assert shipped_searches.find(replace(config, device="cuda")) is shipped_searches.find(config) is not None
    assert shipped_searches.find(replace(config, **other)) is None


def test_what_is_found_is_kept_gone_on_with_and_refused_with_other_settings(tmp_path, monkeypatch):
    out, kept = tmp_path / "searches.json", searches.read(shipped_searches.FILE, anew=False)
    searches.write(out, kept)
    assert searches.read(out, anew=False) == kept
    few = dict(list(kept.items())[:2])
    searches.write(out, few)
    assert searches.read(out, anew=False) == few
    assert searches.read(out, anew=True) == {}
    key = next(iter(few))
    assert shipped_searches.packed(shipped_searches.unpacked(few[key])) == few[key]
    monkeypatch.setattr(searches, "MAX_SWEEPS", 7)
    with pytest.raises(ValueError, match="made with other settings"):
        searches.read(out, anew=False)


def test_a_sampling_asked_for_after_three_choices_is_done_before_any_of_them(monkeypatch):
    release, begun = Event(), []

    def choose(_model, _solver, steps, *_):
        begun.append(steps)
        release.wait(60)
        return Schedule("choice", "Automatic choice", edm(steps))

    monkeypatch.setattr(finding, "choose", choose)
    model = Model("gaussian", sigma_min=0.05)
    try:
        choices = [findings.choice(model, "ddim", steps, "energy", finding.REFINEMENT) for steps in (11, 12, 13)]
        assert findings.named(model, "choice", "ddim", 12) is choices[1], "the same work is done once"
        drawn = compute.start({"edm": compute.Sampling(model, "ddim", 0, tuple(edm(4, 0.05)), 256)})
        assert drawn["edm"].result(30).metrics["nll"]
        assert not any(choice.done() for choice in choices)
        assert begun == [11], "one at a time"
    finally:
        release.set()
    wait(choices, 60)
    assert begun == [11, 12, 13]
