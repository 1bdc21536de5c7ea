"""The page's state, its link, and the page itself, run without a browser."""

import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from pages_shown import computed, displayed, opened, run
from plotly.colors import hex_to_rgb
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from ays_toy import names
from ays_toy.data import datasets
from ays_toy.models.catalog import BUILT_IN
from ays_toy.palette import STYLES
from ays_toy.runs import finding
from ays_toy.runs.comparison import Model
from ays_toy.sampling.samplers import SOLVERS
from ays_toy.sampling.schedules import SCHEDULES, Schedule
from ays_toy.ui import codec
from ays_toy.ui.explore import MEASURING
from ays_toy.ui.view import COLUMNS, POWERS, SIGMAS_MAX, SIGMAS_MIN, View

CONFIG = Path(__file__).parents[1] / ".streamlit" / "config.toml"

views = some.builds(
    View,
    data=some.sampled_from(list(datasets.DATASETS)),
    model=some.sampled_from(list(BUILT_IN)),
    solver=some.sampled_from(list(SOLVERS)),
    steps=some.integers(2, 40),
    shown=some.lists(some.sampled_from(names.COMPARED), min_size=2, max_size=4, unique=True).map(tuple),
    columns=some.lists(some.sampled_from(list(COLUMNS)), unique=True).map(tuple),
    power=some.sampled_from(POWERS),
    sigma_min=some.sampled_from(SIGMAS_MIN),
    sigma_max=some.sampled_from(SIGMAS_MAX),
    seed=some.integers(0, 9999),
)


@given(views)
def test_a_link_brings_back_the_view_it_was_made_from(view: View) -> None:
    assert codec.from_query(View, codec.to_query(view)) == (view, [])


def test_the_default_view_needs_no_link() -> None:
    assert codec.to_query(View()) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data", "grid-9x9"),
        ("data", "<script>alert(1)</script>"),
        ("model", "Exact"),
        ("solver", "lms"),
        ("steps", "1"),
        ("steps", "41"),
        ("steps", "8.5"),
        ("steps", "nan"),
        ("steps", "٣" * 300),
        ("shown", "edm,logsnr,cosine,ays,choice"),
        ("shown", "edm,exact"),
        ("shown", "edm,edm"),
        ("shown", "none"),
        ("columns", "klub,fid"),
        ("power", "inf"),
        ("power", "1.1"),
        ("sigma_min", "-0.002"),
        ("sigma_max", "1e309"),
        ("seed", "-1"),
    ],
)
def test_a_bad_value_in_a_link_is_named_and_costs_nothing_else(name: str, text: str) -> None:
    view, problems = codec.from_query(View, {"data": "moons", "steps": "11", name: text})
    assert len(problems) == 1
    assert name in problems[0]
    assert len(problems[0]) < 400
    kept = {"data": "moons", "steps": 11}
    for field in fields(View):
        assert getattr(view, field.name) == (
            field.default if field.name == name else kept.get(field.name, field.default)
        )


@given(some.dictionaries(some.sampled_from([f.name for f in fields(View)]), some.text(max_size=30)))
def test_no_link_whatever_makes_a_state_the_page_cannot_show(query: dict[str, str]) -> None:
    view, problems = codec.from_query(View, query)
    assert codec.from_query(View, codec.to_query(view)) == (view, [])
    assert view.chosen_model.sigma_min < view.chosen_model.sigma_max
    assert all(problem.endswith(".") for problem in problems)


def test_every_schedule_has_a_look_of_its_own() -> None:
    assert set(SCHEDULES) < set(STYLES)
    for look in ("title", "color", "dash", "symbol"):
        values = [getattr(style, look) for name, style in STYLES.items() if not (look == "dash" and name == "ays")]
        assert len(set(values)) == len(values), look


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_schedule_stands_out_from_the_page(theme: str) -> None:
    def light(color: str) -> float:  # relative luminance, as WCAG 2.1 defines it
        parts = [part / 255 for part in hex_to_rgb(color)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05

    ground = light(tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"][theme]["backgroundColor"])
    for name, style in STYLES.items():
        assert max(ground / light(style.color), light(style.color) / ground) >= 3, name  # criterion 1.4.11: graphics


@pytest.fixture
def page() -> Iterator[AppTest]:
    st.cache_resource.clear()
    yield AppTest.from_file("../pages/explore.py", default_timeout=120)
    st.cache_resource.clear()


def found(page: AppTest) -> AppTest:
    """The page, once nothing is searched for or measured any more."""
    end = time.monotonic() + 120
    rows = len(names.USUAL) + (page.session_state["power"] != 3)
    while len(page.dataframe[0].value) < rows or any(one.value == MEASURING for one in page.markdown):
        assert time.monotonic() < end
        computed()
        page.run()
    return page


def figures(page: AppTest) -> list[str]:
    return [chart.proto.spec for chart in page.get("plotly_chart")]


def test_the_page_opens_on_a_whole_answer_and_a_rerun_redraws_nothing(page: AppTest) -> None:
    found(page.run())
    assert not page.exception
    first, table = figures(page), page.dataframe[0].value
    assert len(first) == 2
    assert list(table["Schedule"]) == [names.title(name, 2.0) for name in names.USUAL] + ["Fresh data"]
    assert list(table.columns[2:]) == ["KLUB", "Energy distance", "NLL", "Sliced W2"]
    assert table["KLUB"].iloc[:-1].idxmin() == 2
    assert table.loc[2, "Schedule"] == "KLUB optimum"
    said = displayed(page.dataframe[0])
    assert all(" ± " in text for text in said["KLUB"].iloc[:-1])
    assert table.notna().all(axis=None), "nothing blank that sorting would put on top"
    assert "is best by energy distance" in " ".join(one.value for one in page.markdown)

    assert figures(page.run()) == first


CHANGES: dict[str, tuple[str, Callable[[Block], object]]] = {  # what each makes of the address
    "steps": ("5", lambda sidebar: sidebar.slider[0].set_value(5)),
    "solver": ("ddim", lambda sidebar: sidebar.selectbox(key="solver").set_value("ddim")),
    "shown": ("edm,p-optimum", lambda sidebar: sidebar.multiselect(key="shown").set_value(["edm", "p-optimum"])),
    "power": ("1.0", lambda sidebar: sidebar.select_slider(key="power").set_value(1.0)),
    "seed": ("1", lambda sidebar: next(one for one in sidebar.button if one.label == "New noise").click()),
    "sigma_min": ("0.02", lambda sidebar: sidebar.selectbox(key="sigma_min").set_value(0.02)),
    "data": ("ring-8", lambda sidebar: sidebar.selectbox(key="data").set_value("ring-8")),
    "model": ("mlp", lambda sidebar: sidebar.selectbox(key="model").set_value("mlp")),
}


def test_figures_and_address_follow_every_control_and_the_link_shows_the_same(page: AppTest) -> None:
    seen, address = [figures(found(page.run()))], {}
    for name, (value, change) in CHANGES.items():
        change(page.sidebar)
        assert not found(page.run()).exception
        address[name] = value
        assert dict(page.query_params.items()) == address
        assert figures(page) not in seen, name
        seen.append(figures(page))
    again = AppTest.from_file("../pages/explore.py", default_timeout=120)
    for key, value in address.items():
        again.query_params[key] = value
    assert figures(found(again.run())) == seen[-1]


def test_a_damaged_link_shows_sentences_and_a_whole_page(page: AppTest) -> None:
    page.query_params["steps"] = "many"
    page.query_params["data"] = "grid-9x9"
    page.run()
    assert not page.exception
    assert len(page.warning) == 2
    assert len(figures(page)) == 2


def test_two_baselines_the_narrowest_range_and_the_most_steps_are_shown_too(page: AppTest) -> None:
    for key, value in {"shown": "edm,cosine", "sigma_min": "0.05", "sigma_max": "5", "steps": "40"}.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    assert len(figures(page)) == 2


def test_no_schedule_at_all_is_answered_by_a_sentence_and_any_brings_the_page_back() -> None:
    at = opened("explore", data="gaussian", steps="4")
    at.multiselect(key="shown").set_value([])
    at.run()
    assert not at.exception
    assert "Choose 2 to 4 schedules" in at.info[0].value
    at.multiselect(key="shown").set_value(["edm"])
    assert not run(at).info


def test_what_other_papers_propose_is_shown_where_it_is_chosen_and_no_page_waits_for_a_fit(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted, original = threading.Event(), finding.rival

    def rival(model: Model, name: str, *more: Any) -> Schedule:
        if name == "ld3":
            assert fitted.wait(60)
            return Schedule(name, "LD3", np.geomspace(80, 0.002, 5))
        return original(model, name, *more)

    monkeypatch.setattr(finding, "rival", rival)
    for key, value in {"shown": "boss,ld3,edm", "data": "gaussian", "steps": "4", "solver": "heun"}.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    assert "searching" in "".join(figures(page)), "the other pictures are there meanwhile"
    assert "BOSS" in list(page.dataframe[0].value["Schedule"])
    fitted.set()
    end = time.monotonic() + 60
    while "LD3" not in list(page.dataframe[0].value["Schedule"]):
        assert time.monotonic() < end
        computed()
        page.run()
    schedules = list(page.dataframe[0].value["Schedule"])
    assert schedules.index("Gaussian-optimal") < schedules.index("BOSS") < schedules.index("LD3")
    assert "GITS" not in schedules, "what is not chosen is not computed"
