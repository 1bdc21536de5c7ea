"""Figures that Plotly does not look through say what it would have made of them, and hold nothing that it refuses."""

import json
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest
from pages_shown import computed, opened, run
from streamlit.testing.v1 import AppTest

from ays_toy import figures
from ays_toy.figures import plotted
from ays_toy.pricing.calibration import Calibration
from ays_toy.runs.comparison import Model
from ays_toy.sampling import schedules
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import gallery
from ays_toy.ui.kept import size

CURVE = np.array([1.0, 0.5, 0.1])


def said(figure: str) -> dict:
    """A figure as the browser is told it, but for what is told to be empty."""
    return json.loads(figure, object_hook=lambda held: {key: value for key, value in held.items() if value != []})


def specs(at: AppTest) -> list[dict]:
    return [said(chart.proto.spec) for chart in at.get("plotly_chart")]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("page", ["explore", "trajectories", "optimize", "beat_ays", "data", "images", "evidence"])
def test_every_page_draws_the_same_figures_whether_they_are_looked_at_or_not(page, monkeypatch):
    at = opened(page)
    computed()
    looked_at = specs(run(at))
    monkeypatch.setattr(plotted, "looked_at", False)
    drawn = specs(run(at))
    assert drawn, "no figure on the page"
    assert drawn == looked_at


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.training_curves([100, 200, 300], [0.5, 0.02, 0.01], [2.0, 1.5, 1.4]),
        lambda: figures.calibration_figure(Calibration(CURVE, CURVE / 50, CURVE / 90)),
        lambda: figures.levels_side_by_side([Schedule("edm", "EDM", schedules.edm(8))]),
    ],
    ids=["training", "calibration", "levels"],
)
def test_what_pages_draw_later_is_the_same_too(draw: Callable[[], go.Figure], monkeypatch):
    looked_at = said(draw().to_json())
    monkeypatch.setattr(plotted, "looked_at", False)
    assert said(draw().to_json()) == looked_at


def test_the_tests_have_figures_looked_at_and_the_app_has_not(monkeypatch):
    assert plotted.looked_at
    with pytest.raises(ValueError, match="Invalid property"):
        plotted.trace(go.Scatter, colour="red")
    monkeypatch.setattr(plotted, "looked_at", False)
    plotted.trace(go.Scatter, colour="red")


def test_a_finished_figure_says_the_same_once_and_takes_about_what_it_says():
    one = figures.levels_side_by_side([Schedule("edm", "EDM", schedules.edm(8))])
    before = one.to_json()
    finished = one.finished()
    assert finished.to_json() == before
    assert finished.to_dict() is finished.to_dict()
    assert len(before) < size(finished) < 4 * len(before)


def test_pictures_that_show_the_same_are_one_figure_and_others_are_not():
    shades = np.arange(16, dtype=np.uint8).reshape(4, 4)
    one, same = (figures.Panel("EDM", "#CC0000", ["NLL 1"], shades.copy()) for _ in range(2))
    assert (one, hash(one)) == (same, hash(same))
    others = [figures.Panel("EDM", "#CC0000", ["NLL 2"], shades), figures.Panel("EDM", "#CC0000", ["NLL 1"], shades.T)]
    assert all(one != other for other in others)


@pytest.mark.parametrize("meta", [None, "a mark", 7, [1.5, "a mark", None], {"of": "any kind"}])
def test_a_row_of_pictures_says_to_the_browser_what_it_is_told_to_say(meta):
    seen = []
    place = SimpleNamespace(plotly_chart=lambda drawn, **_: seen.append(json.loads(drawn.to_json())["layout"]))
    gallery.show(place, Model("ring-8"), [], meta=meta, whole=False)
    assert [one.get("meta") for one in seen] == [meta]
