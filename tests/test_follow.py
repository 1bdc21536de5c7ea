"""What Explore's pictures follow: levels for every number of steps, and a message that stays the same meanwhile."""

from dataclasses import replace

import numpy as np
import pytest

from ays_toy import names, optimize
from ays_toy.runs import finding, shipped
from ays_toy.runs.comparison import Model
from ays_toy.runs.every_length import every_length
from ays_toy.sampling.schedules import MAX_STEPS, MIN_STEPS, Schedule
from ays_toy.ui import compute, explore, findings, following, gallery
from ays_toy.ui.components import LiveFlow, sampling
from ays_toy.ui.components.sampling import SampledModel
from ays_toy.ui.record import Record
from ays_toy.ui.trajectories import TrajectoriesView
from ays_toy.ui.view import POWERS, View

MODEL = Model("ring-8")


@pytest.fixture(scope="module")
def passed():
    return finding.one_pass(MODEL)


@pytest.mark.parametrize("name", names.COMPARED)
def test_levels_of_every_length_are_those_of_the_page(passed, name):
    found, gram = every_length(MODEL, passed, name, "ddim", 2.0), passed.gram
    for n, sigmas in found.items():
        assert sigmas.size == n + 1
        assert (sigmas[0], sigmas[-1]) == pytest.approx((MODEL.sigma_max, MODEL.sigma_min))
        assert (np.diff(sigmas) < 0).all()
    if name in names.QUEUED and name not in names.SEARCHED:
        assert not found, "none ships"
        return
    if name in names.SEARCHED:
        assert set(found) == {n for n in range(MIN_STEPS, MAX_STEPS + 1) if shipped.find(MODEL, "ddim", n, name)}
        np.testing.assert_array_equal(found[8], shipped.find(MODEL, "ddim", 8, name).sigmas)
        return
    assert list(found) == list(range(MIN_STEPS, MAX_STEPS + 1))
    if name in names.BASELINES:
        np.testing.assert_array_equal(found[8], finding.family(MODEL, name, 8).sigmas)
    elif name in names.RIVALS:
        np.testing.assert_array_equal(found[8], findings.named(MODEL, name, "ddim", 8).result().sigmas)
    else:  # on the grid, which costs little
        power = 2.0 if name == "p-optimum" else 3.0
        best = gram.price(optimize.optimum(gram, 8, power), power=power).value
        assert best <= gram.price(found[8], power=power).value < 1.05 * best


def told(view, own=None):
    return following.pictures(view, own, "panels", "rail").payload()


def test_the_message_says_nothing_of_where_the_sliders_stand():
    view = View(data="ring-8", shown=("edm", "p-optimum", "ays"))
    said, priced = told(view), following.priced(view).payload()
    assert set(said["levels"]) == {"edm", "ays"}
    assert set(priced["levels"]) == {f"p-optimum {power:g}" for power in POWERS}
    for other in (replace(view, steps=21), replace(view, power=0.75), replace(view, power=3.0)):
        assert (told(other), following.priced(other).payload()) == (said, priced)
        assert following.meta(other, None)[:2] != following.meta(view, None)[:2]
        assert following.meta(other, None)[2] == following.meta(view, None)[2] == said["view"]
    assert following.sliders(replace(view, shown=("edm", "ays"))) == [8, None]


def test_what_is_chosen_otherwise_is_another_view_and_needs_no_pass(monkeypatch):
    monkeypatch.setattr(compute, "one_pass", None)
    view, own = View(data="ring-8", shown=("edm", "p-optimum")), Schedule("yours", "Yours", np.geomspace(80, 0.002, 6))
    said = [told(view), told(view, own)]
    for change in ({"data": "moons"}, {"model": "mlp"}, {"solver": "ddim"}, {"seed": 1}, {"sigma_max": 40.0}):
        said.append(told(replace(view, **change)))
        assert said[-1]["model"] == said[0]["model"] or "solver" not in change
    said.append(told(replace(view, shown=("edm", "logsnr"))))
    assert len({one["view"] for one in said}) == len(said)
    assert [one["title"] for one in said[1]["yours"]] == ["Yours"]


def test_a_model_that_is_too_heavy_for_a_browser_has_no_pictures_before_python_s(monkeypatch, request):
    monkeypatch.setattr(sampling, "MOST_COMPONENTS", 7)
    request.addfinalizer(gallery.sampled.clear)
    gallery.sampled.clear()
    assert following.pictures(View(data="ring-8"), None, "panels", "rail") is None


def test_a_panel_that_is_the_klub_optimum_s_own_has_no_power():
    view = View(data="ring-8", shown=("p-optimum", "klub-optimum"), power=3.0)
    assert [one["name"] for one in told(view)["panels"]] == ["klub-optimum"]
    assert [one["name"] for one in told(replace(view, power=2.0))["panels"]] == [
        "p-optimum",
        "klub-optimum",
    ]


@pytest.mark.parametrize("name", names.QUEUED)
def test_what_somebody_has_had_searched_for_takes_part(name, monkeypatch, request):
    def find(_, __, asked, ___, steps, **____):
        if steps == 11:
            raise ValueError("no")
        return Schedule(asked, "", np.geomspace(40, 0.002, steps + 1))

    monkeypatch.setattr(findings.finding, "find", find)
    request.addfinalizer(findings._search.clear)
    view = View(data="ring-8", solver="ddim", sigma_max=40.0, steps=9, shown=("edm", name))  # nothing ships for it

    def steps() -> list[int]:
        return told(view)["levels"][name]["steps"]

    assert steps() == []
    findings.of(view, name).result()
    with pytest.raises(ValueError, match="no"):
        findings.of(replace(view, steps=11), name).result()
    assert steps() == [9]
    assert told(replace(view, solver="heun"))["levels"][name]["steps"] == []


def test_the_rail_is_priced_as_in_the_figure_and_has_what_was_brought():
    view = View(data="ring-8", shown=("edm", "p-optimum"))
    own = Schedule("yours", "Yours", np.geomspace(80, 0.002, 6))
    said, sent = told(view, own), following.priced(view).payload()
    assert sent["model"] == said["model"]
    assert sent["table"]["power"] == names.KLUB_POWER
    assert [(one["title"], len(one["levels"])) for one in said["yours"]] == [("Yours", 6)]
    assert sent["levels"]["p-optimum 2"]["look"]["title"] == "p-optimum, p = 2"
    assert sent["levels"]["p-optimum 3"]["look"]["title"] == "KLUB optimum"
    figure, _ = explore.rail(view, {"edm": finding.family(MODEL, "edm", 8)})
    assert figure.layout.meta == tuple(following.meta(view, None))


def test_paths_are_led_by_the_same_levels_sent_once():
    view = TrajectoriesView(data="ring-8", shown=("edm", "p-optimum"))
    model, ends = SampledModel.of(MODEL), (80.0, 0.002)
    table = LiveFlow.of(model, view.solver, view.seed, 1000, ends, following.led_to(view))
    moved = LiveFlow.of(model, view.solver, view.seed, 1000, ends, following.led_to(replace(view, steps=21, power=1.0)))
    assert moved.id == table.id
    assert table.payload(table.id) == {"id": table.id}
    sent = table.payload(None)
    shown = View(data="ring-8", shown=view.shown)
    assert sent["levels"] == {**told(shown)["levels"], **following.priced(shown).payload()["levels"]}
    assert sent["levels"]["p-optimum 1"]["look"]["title"] == names.title("p-optimum", 1.0)


def test_figures_wait_for_the_browser_s_pictures_of_another_view_alone(monkeypatch):
    waited: list[float] = []
    session = Record()
    monkeypatch.setattr(following.record, "this_session", lambda: session)
    monkeypatch.setattr(following.time, "sleep", waited.append)
    told = [following.pictures(View(data="ring-8", **one), None, "panels", "rail") for one in ({}, {"steps": 9})]
    other = following.pictures(View(data="ring-8", solver="ddim", seed=5), None, "panels", "rail")
    # The page opens; a slider; too heavy a model; and two other choices.
    for one in (*told, None, other, told[0]):
        following.head_start(one)()
        session.drawn = session.drawn or "those of another"
    assert len(waited) == 2
    assert all(0 < one <= following.HEAD_START for one in waited)
    session.page = "another"
    session.arrive(())  # at a page
    following.head_start(other)()
    assert len(waited) == 2, "there is no figure to draw over"
