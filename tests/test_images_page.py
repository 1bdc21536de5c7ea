"""The Images page without a browser: it opens on bundled results, names what is wrong, and hands schedules out."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import fields, replace
from itertools import product
from pathlib import Path

import numpy as np
import pages_shown
import pytest
import tiny_models
import torch
from hypothesis import given
from hypothesis import strategies as some
from pages_shown import displayed
from streamlit.testing.v1 import AppTest

from ays_toy import images, names, optimize
from ays_toy.exchange.reading import read_schedule
from ays_toy.images import collect, compared, config, loading, published, results, sources
from ays_toy.images.scores import FIGURES
from ays_toy.sampling.samplers import SOLVERS
from ays_toy.sampling.schedules import MAX_STEPS, SCHEDULES
from ays_toy.ui import codec
from ays_toy.ui.images import image_run, image_state
from ays_toy.ui.images.image_view import REFINEMENTS, STRENGTHS, VIEWS, ImagesView
from ays_toy.ui.kept import kept
from ays_toy.ui.view import POWERS


@pytest.fixture
def drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of the larger digits take no time, and are gray."""
    monkeypatch.setattr(image_state, "MOMENT", 0.0)
    monkeypatch.setattr(image_state, "_drawn", lambda _: np.full((10, 28, 28, 3), 7, np.uint8))
    monkeypatch.setattr(image_state._drawings, "_work", kept(4)(image_state._drawn))


@given(
    some.builds(
        ImagesView,
        image_model=some.sampled_from(["digits", "/models/mine", "google/ddpm-cifar10-32"]),
        prompts=some.sampled_from(["", "a lighthouse\na cat & a dog"]),
        labels=some.sampled_from(["", "207, 3"]),
        guidance=some.sampled_from([0.0, 7.5]),
        solver=some.sampled_from(list(SOLVERS)),
        folder=some.sampled_from(["", "/photos"]),
        steps=some.integers(2, MAX_STEPS),
        strength=some.sampled_from(STRENGTHS),
        figure=some.sampled_from(list(FIGURES)),
        method=some.sampled_from(names.SEARCHED),
        image_iterations=some.sampled_from(REFINEMENTS),
        base=some.sampled_from(list(SCHEDULES)),
        power=some.sampled_from(POWERS),
        share=some.integers(0, 100),
        pictures=some.sampled_from(list(VIEWS)),
        seed=some.integers(0, 9999),
    )
)
def test_a_link_brings_back_the_view_it_was_made_from(view: ImagesView) -> None:
    assert codec.from_query(ImagesView, codec.to_query(view)) == (view, [])


SOLVED = ("stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m")


@pytest.mark.parametrize(
    ("which", "cells"),
    [
        ("digits", {*product(SOLVED, (5, 6, 8, 10, 20))}),
        ("handwritten", {*product(SOLVED, (5, 8)), *product(SOLVED[:2], (10,))}),
    ],
    ids=["digits", "handwritten"],
)
def test_the_bundled_results_hold_every_cell_and_match_the_model_that_ships(which: str, cells: set) -> None:
    found = results.of(which)
    assert cells <= {*found.cells}
    model, gram = images.load(which, device="cpu"), found.gram
    for (_, steps), cell in found.cells.items():
        searched = [cell[name].schedule for name in names.SEARCHED if name in cell]
        named = compared.named(model, gram, steps, searched)
        assert set(cell) == set(named) >= {"choice", "klub-optimum", *SCHEDULES}
        for name, one in named.items():
            if name in SCHEDULES:
                np.testing.assert_allclose(cell[name].schedule.sigmas, one.sigmas, rtol=1e-5)
            assert all(estimate.stderr > 0 for estimate in cell[name].metrics.values())
        # The optimum that was measured and the one on the page come from passes that differ by rounding at most.
        least = gram.klub(optimize.optimum(gram, steps))
        assert gram.klub(cell["klub-optimum"].schedule.sigmas) == pytest.approx(least, rel=0.01)


def test_the_bundled_matrix_is_what_a_pass_over_the_model_gives() -> None:
    model = images.load("digits", device="cpu")
    x0 = sources.find(model, collect.PATHS).x0[:16]
    gram = results.of("digits").gram
    again = collect.collect(model, x0, gram.grid)
    np.testing.assert_allclose(again.moments[0], gram.moments[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("which", "cells"), [("digits", [("ddim", 6), ("sde-dpmpp-2m", 20)]), ("handwritten", [("ddim", 8), ("ddim", 10)])]
)
def test_the_page_knows_the_model_and_its_pictures_before_the_network_is_loaded(which: str, cells: list) -> None:
    whole, found = images.load(which), results.of(which)
    known = found.model
    apart = ("denoiser", "training_sigmas", "data", "shown")
    for name in (field.name for field in fields(images.ImageModel) if field.name not in apart):
        assert getattr(known, name) == getattr(whole, name), name
    assert torch.equal(known.data(), whole.data())
    np.testing.assert_allclose(known.training_sigmas, whole.training_sigmas, rtol=1e-12)
    x = torch.randn(3, *known.shape, generator=torch.Generator().manual_seed(0))
    assert torch.equal(known.denoiser(x, 0.5), whole.denoiser(x, 0.5))
    for solver, steps in cells:
        cell = found.at(solver, steps)
        sigmas = {name: row.schedule.sigmas for name, row in cell.items()}
        sigmas["p-optimum"] = optimize.optimum(found.gram, steps, results.POWER)
        for name, levels in sigmas.items():
            drawn = compared.sampled_pictures(whole, levels, solver, 0).astype(int)
            assert np.abs(found.pictures(solver, steps, name) - drawn).max() <= 2  # other machines round otherwise
    assert found.pictures("ddim", 7, "edm") is None


def test_what_many_steps_make_ships_too() -> None:
    shipped = results.of("digits").pictures("", 0, "reference")
    assert np.abs(shipped - compared.reference(results.loaded("digits"), 0).astype(int)).max() <= 2


def test_the_network_of_the_digits_is_loaded_once_for_the_page_and_its_runs(monkeypatch) -> None:
    load, loads = loading.load, []
    monkeypatch.setattr(loading, "load", lambda *one, **more: loads.append(one) or load(*one, **more))
    results._loaded.cache_clear()
    known = results.of("digits").model
    threads = [threading.Thread(target=known.denoiser, args=(torch.ones(1, 1, 8, 8), 1.0)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert config.Which().load() is results.loaded("digits")
    assert len(loads) == 1


def test_the_page_opens_without_the_seconds_that_diffusers_takes() -> None:
    code = (
        "import sys; from streamlit.testing.v1 import AppTest;"
        "from ays_toy.ui.images import image_run; image_run.warm = lambda view: None;"
        "at = AppTest.from_file('pages/images.py', default_timeout=100).run();"
        "assert not at.exception, at.exception; assert sum(one.value.count('<img') for one in at.markdown) >= 9;"
        "assert 'diffusers' not in sys.modules and 'transformers' not in sys.modules"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr[-2000:]


def opened(**query: str) -> AppTest:
    return pages_shown.opened("images", **{"image_model": "digits", **query})


def texts(at: AppTest) -> str:
    return " ".join(e.value for e in (*at.markdown, *at.caption, *at.warning, *at.error, *at.info))


@pytest.mark.usefixtures("home")
def test_it_opens_on_pictures_figures_prices_and_code() -> None:
    at = opened(solver="ddim", steps="6")
    table = at.dataframe[0].value.set_index("Schedule")
    assert list(table.index[:3]) == ["Automatic choice", "KLUB optimum", "p-optimum, p = 2"]
    assert "Time-uniform" in table.index
    assert table.loc["KLUB optimum", "KLUB"] == pytest.approx(table["KLUB"].min())
    cell = results.of("digits").at("ddim", 6)
    assert table.loc["EDM", "Fréchet distance"] == cell["edm"].metrics["frechet"].value
    assert "Automatic choice" in texts(at)
    strips = pages_shown.strips(at)
    assert strips.count("<img") == len(table) + 1  # and the reference
    at.segmented_control(key="pictures").set_value("difference").run()
    other = pages_shown.strips(at)
    assert other != strips
    assert "their difference from 100 steps" in other
    compile(at.code[0].value, "exported", "exec")
    at.segmented_control(key="format").set_value("comfyui").run()
    assert len(at.code[0].value.split(",")) == 7
    at.segmented_control(key="format").set_value("json").run()
    record = json.loads(at.code[0].value)
    assert record["steps"] == 6
    assert record["model"] == "digits"
    np.testing.assert_allclose(read_schedule(at.code[0].value).levels, cell["choice"].schedule.sigmas, rtol=1e-5)


@pytest.mark.usefixtures("home")
def test_what_is_taken_home_and_in_which_format_is_held_by_the_link() -> None:
    at = opened(solver="ddim", steps="6", home="edm", format="comfyui", final_zero="append")
    assert (at.selectbox(key="home").value, at.segmented_control(key="format").value) == ("edm", "comfyui")
    shown = at.code[0].value
    assert len(shown.split(",")) == 8
    at.segmented_control(key="format").set_value("csv").run()
    other = opened(**dict(at.query_params))
    assert other.code[0].value == at.code[0].value != shown
    assert dict(other.query_params) == {**dict(at.query_params), "format": "csv"}


@pytest.mark.usefixtures("home")
def test_what_was_chosen_to_take_home_is_kept_where_it_is_not_to_be_had_yet() -> None:
    at = opened(solver="ddim", steps="7", home="ays")
    assert at.query_params["home"] == "ays"
    assert at.code[0].value, "something can be taken meanwhile"
    at.selectbox(key="home meanwhile").set_value("edm").run()
    assert at.query_params["home"] == "edm"
    assert at.selectbox(key="home").value == "edm"


@pytest.mark.usefixtures("home")
def test_where_nothing_was_measured_there_are_pictures_and_prices_but_no_figures() -> None:
    at = opened(steps="7")
    assert "KLUB" in at.dataframe[0].value
    assert "Fréchet distance" not in at.dataframe[0].value
    assert "lower figures are better" not in texts(at)
    assert "denoised" in texts(at)  # what measuring would take


@pytest.mark.usefixtures("home", "drawn_at_once")
def test_where_nothing_was_measured_it_says_what_is_and_leads_there() -> None:
    at = pages_shown.opened("images", steps="7", solver="ddim")
    assert "Nothing is searched or measured in 7 steps yet.** With DDIM it is in" in texts(at)
    there = [button.label for button in at.button if str(button.key).startswith("in ")]
    assert there == [f"{steps} steps" for steps in results.of("handwritten").steps]
    at.button(key="in 5 steps").click().run()
    assert at.query_params["steps"] == "5"
    assert "Nothing is searched" not in texts(at)
    assert "Fréchet distance" in at.dataframe[0].value
    at.selectbox(key="solver").set_value("heun").run()
    assert "Nothing is searched or measured with Heun yet.** It is with" in texts(at)
    hidden = pages_shown.opened("images", steps="7", hide="steps")
    assert " it is in 5" in texts(hidden)
    assert not [button for button in hidden.button if str(button.key).startswith("in ")]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"image_model": "x" * 300}, "was left at its default"),
        ({"guidance": "lots"}, "guidance"),
        ({"labels": "207, dog"}, "'dog' is none"),
        ({"labels": "1 " * 300}, "number of classes"),
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
    shown = len(at.dataframe), at.get("plotly_chart"), pages_shown.strips(at)
    assert shown == (0, [], ""), "nothing of another model is shown"
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
def test_a_model_that_is_told_a_class_draws_those_that_are_named_and_what_is_no_class_is_said(tmp_path: Path) -> None:
    folder = tiny_models.unconditional(tmp_path, tiny_models.unet(num_class_embeds=4))
    at = opened(image_model=str(folder), steps="2", method="klub-optimum")
    at.text_input(key="labels").set_value("2, cat").run()
    assert "'cat' is none" in at.error[0].value
    at.text_input(key="labels").set_value("2, 0").run()
    assert not at.error
    assert at.query_params["labels"] == "2, 0"
    assert ImagesView(image_model=str(folder), labels="2, 0").config.which.load().labels == (2, 0)


@pytest.mark.usefixtures("home")
def test_the_published_schedules_are_there_to_take() -> None:
    at = opened()
    at.session_state["published box"] = True
    name = at.run().selectbox(key="published name")
    for one in published.NAMES:
        name.set_value(one).run()
        listed = [float(part) for part in at.code[-1].value.split(",")]
        np.testing.assert_allclose(listed, published.get(one).sigmas)


def settled(at: AppTest, key: str, slot: str) -> AppTest:
    """Press a button and wait for the work behind it."""
    at.button(key=key).click().run()
    end = time.monotonic() + 200
    while not at.session_state["watches"][slot].progress.finished:
        assert time.monotonic() < end
        time.sleep(0.1)
    at.run()
    assert not at.exception, at.exception
    return at


@pytest.mark.usefixtures("home")
def test_what_is_dialled_is_drawn_priced_and_measured_on_the_samples_of_the_others() -> None:
    at = opened(solver="ddim", steps="5")
    optimum = at.dataframe[0].value.set_index("Schedule").loc["KLUB optimum"]
    at.select_slider(key="power").set_value(1.0).run()
    table = at.dataframe[0].value.set_index("Schedule")
    assert table.loc["p-optimum, p = 1", "KLUB"] > optimum["KLUB"]
    assert np.isnan(table.loc["p-optimum, p = 1", "Fréchet distance"])
    at.selectbox(key="base").set_value("time-quadratic").run()
    at.slider(key="share").set_value(0).run()
    dialled = at.dataframe[0].value.set_index("Schedule").loc["p-optimum, p = 1, 0 % from Time-quadratic"]
    baseline = at.dataframe[0].value.set_index("Schedule").loc["Time-quadratic"]
    assert dialled["KLUB"] == pytest.approx(baseline["KLUB"])
    settled(at, "measure p-optimum", image_state.EXTRA)
    dialled = at.dataframe[0].value.set_index("Schedule").loc["p-optimum, p = 1, 0 % from Time-quadratic"]
    # The same schedule on the same noise: what ships was measured as the page measures.
    assert dialled["Fréchet distance"] == pytest.approx(baseline["Fréchet distance"], rel=1e-3)
    said = displayed(at.dataframe[0]).set_index("Schedule")["Fréchet distance"]
    assert " ± " in said["Time-quadratic"]
    assert said["p-optimum, p = 1, 0 % from Time-quadratic"] == said["Time-quadratic"]
    at.slider(key="share").set_value(100).run()
    assert np.isnan(at.dataframe[0].value.set_index("Schedule").loc["p-optimum, p = 1", "Fréchet distance"])
    at.select_slider(key="power").set_value(3.0).run()
    assert "p-optimum, p = 3" not in at.dataframe[0].value["Schedule"].to_list()
    assert "These dials give the KLUB optimum itself" in texts(at)


@pytest.mark.usefixtures("home")
def test_the_papers_search_joins_the_choice_and_stays_when_the_method_is_changed(monkeypatch) -> None:
    whole = ImagesView.config.fget
    monkeypatch.setattr(ImagesView, "config", property(lambda view: replace(whole(view), samples=64, search=128)))
    at = opened(solver="ddim", steps="4", method="ays")
    settled(at, "run images", image_state.SLOT)
    table = at.dataframe[0].value.set_index("Schedule")
    assert list(table.index).count("AYS") == 1
    assert table["Fréchet distance"].drop("p-optimum, p = 2").notna().all()
    assert "**AYS " in texts(at)
    at.selectbox(key="method").set_value("choice").run()
    assert "AYS" in at.dataframe[0].value["Schedule"].to_list()
    at.slider(key="steps").set_value(5).run()
    assert "AYS" not in at.dataframe[0].value["Schedule"].to_list()


@pytest.mark.usefixtures("home")
def test_it_opens_on_large_digits_under_what_was_asked_for_and_says_how_many_are_read_as_told() -> None:
    at = pages_shown.opened("images")
    strips = pages_shown.strips(at)
    assert "strips large" in strips
    asked = strips.split("<div class='asked'>")[1].split("</div>")[0]
    assert [part.split("<")[0] for part in asked.split("<span>")[1:]] == [str(digit) for digit in range(10)]
    assert "read as told" in strips
    table = at.dataframe[0].value.set_index("Schedule")
    cell = results.of("handwritten").at("stochastic-ddim", 8)
    assert table.loc["EDM", "Read as told"] == cell["edm"].metrics["as-told"].value
    assert {"Precision", "Recall"} <= set(table.columns)
    assert "A classifier reads" in texts(at)
    assert "MNIST" in texts(at)
    assert set(at.select_slider(key="steps").options) >= {"4", "5", "8", "20"}


@pytest.mark.usefixtures("home", "drawn_at_once")
def test_with_another_guidance_schedules_are_tried_and_no_figures_are_said() -> None:
    at = pages_shown.opened("images", image_model="handwritten", steps="5", guidance="2")
    assert "Fréchet distance" not in at.dataframe[0].value
    assert "Automatic choice" in at.dataframe[0].value["Schedule"].to_list()
    assert "those without guidance, tried with it" in texts(at)
    at.select_slider(key="guidance").set_value(0.0).run()
    assert "Fréchet distance" in at.dataframe[0].value


@pytest.mark.parametrize(
    ("name", "seconds", "said"), [("handwritten", 0.012, True), ("handwritten", 1e-5, False), ("digits", 1.0, False)]
)
def test_where_a_run_takes_hours_it_says_what_takes_minutes(monkeypatch, name: str, seconds: float, said: bool) -> None:
    view, measured = ImagesView(image_model=name), Future()
    measured.set_result(seconds)
    monkeypatch.setitem(image_run._networks, view.which, measured)
    words = image_run._estimate(view)
    assert " images denoised, about " in words
    assert words.endswith("Handwritten digits, 8×8, take minutes.") == said
