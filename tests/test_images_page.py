"""The Images page without a browser: it opens on bundled results, names what is wrong, and hands schedules out."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from ays_toy import export, images, optimize
from ays_toy.images import collect, compared, live, published, results, sources
from ays_toy.images.scores import FIGURES
from ays_toy.samplers import SOLVERS
from ays_toy.schedules import SCHEDULES
from ays_toy.ui import background, codec
from ays_toy.ui.image_state import VIEWS, ImagesView


@given(
    some.builds(
        ImagesView,
        image_model=some.sampled_from(["digits", "/models/mine", "google/ddpm-cifar10-32"]),
        prompts=some.sampled_from(["", "a lighthouse\na cat & a dog"]),
        guidance=some.sampled_from([0.0, 7.5]),
        solver=some.sampled_from(list(SOLVERS)),
        steps=some.integers(2, live.MAX_STEPS),
        figure=some.sampled_from(list(FIGURES)),
        pictures=some.sampled_from(list(VIEWS)),
        seed=some.integers(0, 9999),
    )
)
def test_a_link_brings_back_the_view_it_was_made_from(view: ImagesView) -> None:
    assert codec.from_query(ImagesView, codec.to_query(view)) == (view, [])


def test_the_bundled_results_hold_every_cell_and_match_the_model_that_ships() -> None:
    found = results.digits()
    assert found.steps == [5, 6, 8, 10, 20]
    model = images.load("digits", device="cpu")
    gram = results.gram()
    for solver in ("stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m"):
        for steps in found.steps:
            cell = found.at(solver, steps)
            named = compared.named(model, gram, steps, cell.sigmas["choice"])
            assert set(cell.sigmas) == set(named) == {"choice", "exact", *SCHEDULES}
            for name, (_, sigmas) in named.items():
                if name not in ("choice", "exact"):
                    np.testing.assert_allclose(cell.sigmas[name], sigmas, rtol=1e-5)
                assert all(estimate.stderr > 0 for estimate in cell.figures[name].values())
            # The optimum that was measured and the one on the page come from passes that differ by rounding at most.
            assert gram.klub(cell.sigmas["exact"]) == pytest.approx(gram.klub(optimize.optimum(gram, steps)), rel=0.01)


def test_the_bundled_matrix_is_what_a_pass_over_the_model_gives() -> None:
    model = images.load("digits", device="cpu")
    x0 = sources.find(model, collect.PATHS).x0[:16]
    again = collect.collect(model, x0, results.gram().grid)
    np.testing.assert_allclose(again.moments[0], results.gram().moments[0], rtol=1e-3, atol=1e-4)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path))
    background.queue.cache_clear()
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def opened(**query: str) -> AppTest:
    at = AppTest.from_file("../pages/images.py", default_timeout=300)
    for key, value in query.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception, at.exception
    return at


def texts(at: AppTest) -> str:
    return " ".join(e.value for e in (*at.markdown, *at.caption, *at.warning, *at.error, *at.info))


@pytest.mark.usefixtures("home")
def test_it_opens_on_pictures_figures_prices_and_code() -> None:
    at = opened(solver="ddim", steps="6")
    table = at.dataframe[0].value.set_index("Schedule")
    assert list(table.index[:3]) == ["Automatic choice", "KLUB optimum", "Time-uniform, as shipped"]
    assert table.loc["KLUB optimum", "KLUB"] == pytest.approx(table["KLUB"].min())
    cell = results.digits().at("ddim", 6)
    assert table.loc["EDM", "Fréchet distance"] == cell.figures["edm"]["frechet"].value
    assert "The automatic choice" in texts(at)
    strips = at.get("html")[0].proto.body
    assert strips.count("<img") == len(table) + 1  # and the reference
    at.segmented_control(key="pictures").set_value("difference").run()
    other = at.get("html")[0].proto.body
    assert other != strips
    assert "their difference from 100 steps" in other
    compile(at.code[0].value, "exported", "exec")
    at.segmented_control(key="format").set_value("comfyui").run()
    assert len(at.code[0].value.split(",")) == 7
    at.segmented_control(key="format").set_value("json").run()
    record = json.loads(at.code[0].value)
    assert record["steps"] == 6
    assert record["model"] == "digits"
    np.testing.assert_allclose(export.read_json(at.code[0].value), cell.sigmas["choice"], rtol=1e-5)


@pytest.mark.usefixtures("home")
def test_where_nothing_was_measured_there_are_pictures_and_prices_but_no_figures() -> None:
    at = opened(steps="7")
    assert "measured beforehand" not in texts(at)
    assert "KLUB" in at.dataframe[0].value
    assert "Fréchet distance" not in at.dataframe[0].value
    assert "denoised" in texts(at)  # what measuring would take


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"image_model": "x" * 300}, "was left at its default"),
        ({"guidance": "lots"}, "guidance"),
        ({"figure": "fid"}, "Unknown figure of quality"),
        ({"pictures": "all"}, "Unknown view"),
        ({"steps": "1000"}, "number of steps"),
    ],
)
def test_a_damaged_link_is_said_in_a_sentence(query: dict[str, str], says: str) -> None:
    assert says in texts(opened(**query))


@pytest.mark.usefixtures("home")
def test_a_model_that_is_not_there_is_said_in_a_sentence_and_loses_nothing() -> None:
    at = opened(image_model="/no/such/folder", prompts="a cat")
    assert "Published" not in texts(at)
    at.button(key="run images").click().run()
    for _ in range(200):
        at.run()
        if at.error:
            break
    assert "/no/such/folder" in at.error[0].value
    assert at.text_input(key="image_model").value == "/no/such/folder"
    assert at.text_area(key="prompts").value == "a cat"
    at.text_input(key="image_model").set_value("digits").run()
    assert not at.exception
    assert len(at.dataframe) == 1


@pytest.mark.usefixtures("home")
def test_the_published_schedules_are_there_to_take() -> None:
    at = opened()
    name = at.selectbox(key="published name")
    for one in published.NAMES:
        name.set_value(one).run()
        listed = [float(part) for part in at.code[-1].value.split(",")]
        np.testing.assert_allclose(listed, published.get(one).sigmas)
