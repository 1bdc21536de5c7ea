"""Figures say what the library computed, and are the same bytes for the same data."""

import json

import numpy as np
import pytest
import torch

from ays_toy import figures, words
from ays_toy.data import datasets
from ays_toy.estimates import Estimate, KlubEstimate, Measured
from ays_toy.palette import STYLES
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import comparison, pictures
from ays_toy.sampling import schedules
from ays_toy.sampling.schedules import Schedule


def priced() -> tuple[list[Measured], PathGram]:
    dataset, generator = datasets.get("grid-4x4"), torch.Generator().manual_seed(3)
    grid = schedules.logsnr(63)
    gram = PathGram.collect(dataset.denoiser(), dataset.sample(1024, generator), grid, generator=generator)
    families = {name: schedules.SCHEDULES[name](8) for name in ("edm", "logsnr", "time-uniform")}
    return [Measured(Schedule(name, STYLES[name].title, s), gram.price(s)) for name, s in families.items()], gram


def panels() -> list[figures.Panel]:
    model = comparison.Model("ring-8")
    truth = pictures.true_image(model, model.dataset.half_width, 64)
    samples = pictures.density_image(model.fresh_data(5000), model.dataset.half_width, 64)
    top = pictures.brightest(truth)
    return [
        figures.Panel("The data", "#888888", ["exact"], pictures.shades(truth, top)),
        figures.Panel("EDM", STYLES["edm"].color, ["NLL 1", "W2 2"], pictures.shades(samples, top)),
    ]


def test_the_same_data_give_the_same_bytes():
    assert figures.rail_and_area(*priced()).to_json() == figures.rail_and_area(*priced()).to_json()
    assert figures.density_panels(panels(), 1.0).to_json() == figures.density_panels(panels(), 1.0).to_json()


def test_the_area_drawn_is_the_klub():
    rows, gram = priced()
    for row in rows:
        sigmas, outline = row.schedule.sigmas, gram.outline(row.schedule.sigmas)
        areas = [-np.trapezoid(height, np.log(sigma)) for sigma, height in outline]
        assert np.sum(areas) == pytest.approx(row.klub.value, rel=0.03)  # straight lines between 64 levels
        for (sigma, height), lower, upper in zip(outline, sigmas[1:], sigmas[:-1], strict=True):
            assert (sigma[0], sigma[-1]) == (upper, lower)
            assert height[0] == 0


def test_marks_stand_at_the_levels_and_the_legend_holds_the_totals():
    rows, gram = priced()
    figure = json.loads(figures.rail_and_area(rows, gram).to_json())
    legend = [trace["name"] for trace in figure["data"] if trace.get("fill")]
    assert len(legend) == 3
    for row in rows:
        assert any(name.startswith(f"{row.title}: KLUB {row.klub}") for name in legend)
    assert "cut off" in next(name for name in legend if name.startswith("Time-uniform"))
    rails = figures.rail_and_area(rows, gram).select_traces(selector={"mode": "lines+markers"})
    for trace, row in zip(rails, rows, strict=True):
        np.testing.assert_array_equal(trace.x, row.schedule.sigmas)
        style = STYLES[row.schedule.name]
        assert (trace.line.color, trace.line.dash, trace.marker.symbol) == (style.color, style.dash, style.symbol)


def test_density_images_are_upright_and_truth_and_samples_agree():
    model = comparison.Model("multiscale")
    half = model.dataset.half_width
    corner = torch.tensor([[0.9 * half, -0.9 * half]])
    image = pictures.density_image(corner, half, 10)
    assert image[0, 9] == 1.0  # row 0 is the bottom, column 9 the right
    truth = pictures.true_image(model, half, 20)
    drawn = pictures.density_image(model.fresh_data(100_000), half, 20)
    error = np.sqrt(truth * (1 - truth) / 100_000)
    assert (np.abs(drawn - truth) < 5 * error + 2e-4).all()


def test_half_the_mass_is_drawn_in_full_whatever_needles_there_are():
    image = np.array([[0.4, 0.2, 0.1], [0.1, 0.1, 0.1]])
    assert pictures.brightest(image) == 0.2
    assert pictures.brightest(np.full((4, 4), 1 / 16)) == 1 / 16


@pytest.mark.parametrize(
    ("value", "stderr", "text"),
    [
        (0.4823, 0.0141, "0.482 ± 0.014"),
        (0.18724, 0.0009, "0.1872 ± 0.0009"),
        (23616.0, 498.0, "23,616 ± 498"),
        (-0.26, 0.0999, "-0.26 ± 0.10"),
        (1.0, 0.0, "1"),
        (float("nan"), 0.1, "–"),
    ],
)
def test_error_bars_decide_the_digits(value, stderr, text):
    assert words.significant(value, stderr) == text
    assert str(Estimate(value, stderr)) == str(KlubEstimate(value, stderr, np.array([value]))) == text


def test_training_is_drawn_as_it_was_measured_the_error_on_a_log_scale():
    excesses, losses = [0.5, 0.02, 0.01], [2.0, 1.5, 1.4]
    figure = figures.training_curves([100, 200, 300], excesses, losses)
    above, below = figure.data
    np.testing.assert_allclose(above.y, excesses, rtol=1e-6)
    np.testing.assert_allclose(below.y, losses, rtol=1e-6)
    assert above.x.tolist() == below.x.tolist() == [100, 200, 300]
    assert (figure.layout.yaxis.type, figure.layout.yaxis2.type) == ("log", None)
    assert {0.01, 0.02, 0.5} <= set(figure.layout.yaxis.tickvals)
    assert figure.to_json() == figures.training_curves([100, 200, 300], excesses, losses).to_json()
