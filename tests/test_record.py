"""What a session has chosen: held beside the widgets, named by every address, and nothing of it lost on the way."""

import ast
import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from pages_shown import opened, run
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

from ays_toy.metrics import DEFAULT, METRICS
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import record, telling
from ays_toy.ui.beat_ays.contest import ChallengeView
from ays_toy.ui.evidence import EvidenceView
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.lessons.overview import LearnView
from ays_toy.ui.optimize import take_home
from ays_toy.ui.own_data.bringing import DataView
from ays_toy.ui.teaching.desk import TeachView
from ays_toy.ui.train.network import TrainView
from ays_toy.ui.trajectories import TrajectoriesView
from ays_toy.ui.view import SearchView, Shared, View

pytestmark = pytest.mark.usefixtures("home")

ROOT = Path(__file__).parent.parent
VIEWS = [
    View,
    DataView,
    TrainView,
    SearchView,
    TrajectoriesView,
    ChallengeView,
    ImagesView,
    EvidenceView,
    LearnView,
    TeachView,
]
PAGES = ["explore", "data", "train", "optimize", "trajectories", "beat_ays", "images", "evidence", "learn", "teach"]
PAGE_OF = dict(zip(VIEWS, PAGES, strict=True))
MODES = "mode-mass"


def query(at: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in at.query_params.items()}


def test_every_page_has_its_view_here_and_what_two_of_them_ask_is_shared() -> None:
    pages = {file.stem for file in (ROOT / "pages").glob("*.py")}
    assert len(pages) == len(VIEWS)
    asked = Counter(field.name for cls in VIEWS for field in fields(cls))
    shared = {field.name for field in fields(Shared)} - {"lesson", "nickname", "hide", "present"}
    assert {name for name, times in asked.items() if times > 1} == shared


def test_every_widget_that_keeps_its_value_is_a_field_of_its_pages_view() -> None:
    """A key with `persist_state` that is no field would be forgotten on the first change of page."""
    names = {field.name for cls in VIEWS for field in fields(cls)}
    keys = []
    for file in (ROOT / "ays_toy" / "ui").rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)):
            named = {word.arg: word.value for word in call.keywords}
            if getattr(call.func, "id", "") == "pick":
                named["key"] = call.args[1] if len(call.args) > 1 else None
            elif "persist_state" not in named and "keep" not in {
                getattr(word.value, "id", "") for word in call.keywords
            }:
                continue
            if isinstance(named.get("key"), ast.Constant):
                keys.append(named["key"].value)
    assert len(keys) > 20
    assert set(keys) - names <= {"guess cost", "guess picture", "quiz nickname"}, "those begin with nothing chosen"


@pytest.mark.parametrize("page", PAGES)
def test_a_link_is_held_whole_also_by_a_page_that_does_not_show_all_of_it(page: str) -> None:
    shared = {
        "data": "gaussian",
        "model": "mlp",
        "solver": "ddim",
        "steps": "3",
        "sigma_min": "0.05",
        "sigma_max": "10.0",
        "seed": "7",
        "power": "1.25",
        "metric": "sliced-w2",
        "share": "50",
        "shown": "edm,cosine",
        "columns": "klub,energy",
        "lesson": "klub-as-area.1.free",
        "hide": "seed,columns",
        "present": "1",
    }
    assert set(shared) == {field.name for field in fields(Shared)} - {"nickname"}, "which only shared servers have"
    extra = {"samples": "512"} if page == "optimize" else {"length": "200"} if page == "train" else {}
    assert query(opened(page, **shared, **extra)) == shared | extra


def test_a_bad_value_for_another_page_is_named_too_and_costs_nothing_else() -> None:
    at = opened("train", steps="many", power="1.25", length="200", width="7")
    assert len(at.warning) == 2
    assert all(name in " ".join(one.value for one in at.warning) for name in ("steps", "width"))
    assert query(at) == {"power": "1.25", "length": "200"}
    at = run(at)
    assert len(at.warning) == 2, "what is wrong with a link stands there until something is changed"
    at.number_input(key="depth").set_value(2)
    assert not run(at).warning


def test_what_is_no_option_for_a_while_is_chosen_again_when_it_is_one() -> None:
    at = opened("beat_ays", metric=MODES)
    assert at.selectbox(key="metric").value == MODES
    at.selectbox(key="data").set_value("gaussian")
    assert run(at).selectbox(key="metric").value == "nll", "one blob has no modes"
    assert query(at) == {"metric": "nll", "data": "gaussian"}, "the address says what is shown"
    at.slider(key="steps").set_value(5)
    assert run(at).selectbox(key="metric").value == "nll"
    at.selectbox(key="data").set_value("grid-8x8")
    assert run(at).selectbox(key="metric").value == MODES
    at.selectbox(key="data").set_value("gaussian")
    run(at).selectbox(key="metric").set_value("w2")
    run(at).selectbox(key="data").set_value("grid-8x8")
    assert run(at).selectbox(key="metric").value == "w2", "chosen since"


def test_what_is_chosen_before_a_widget_can_have_heard_of_another_value_is_told_to_it(monkeypatch) -> None:
    monkeypatch.setattr(SessionState, "register_widget", telling.noting(SessionState.register_widget))
    monkeypatch.setattr(record, "MEANWHILE", 1e9)
    at = opened("explore", data="ring-8", steps="4")
    assert at.slider(key="steps").proto.set_value
    run(at)
    assert not at.slider(key="steps").proto.set_value
    at.slider(key="steps").set_value(6)
    run(at)
    assert at.slider(key="steps").proto.set_value
    assert at.slider(key="steps").proto.value == [6]
    monkeypatch.setattr(record, "MEANWHILE", 0.0)
    at.slider(key="steps").set_value(5)
    run(at)
    assert not at.slider(key="steps").proto.set_value, "a hand on a slider is left alone"


def test_what_is_hidden_for_a_while_comes_back_as_it_was() -> None:
    at = opened("optimize", data="gaussian", steps="3", samples="512", power="1.25", gamma="1.75", matrix="ode")
    for solver, key, value in (("ddim", "gamma", 1.75), ("stochastic-ddim", "power", 1.25), ("ddim", "gamma", 1.75)):
        at.selectbox(key="solver").set_value(solver)
        dials = {one.key: one.value for one in run(at).select_slider if one.key in ("gamma", "power")}
        assert dials == {key: value}


def test_a_revealed_challenge_opens_revealed_and_another_one_is_to_be_guessed() -> None:
    at = opened("beat_ays", data="gaussian", guess="yours,edm")
    text = " ".join(one.value for one in at.markdown)
    assert "Best picture: " in text
    assert not [one for one in at.button if one.key == "reveal"]
    assert query(at)["guess"] == "yours,edm"
    at.slider(key="steps").set_value(3)
    run(at)
    assert [one for one in at.button if one.key == "reveal"]
    assert "guess" not in query(at)
    at = opened("beat_ays", data="gaussian", guess="yours,nobody")
    assert "The link's “guess” was left at its default" in at.warning[0].value


def test_what_is_taken_home_from_images_is_held_by_the_link() -> None:
    chosen = {"home": "edm", "format": "csv", "final_zero": "append"}
    at = opened("images", **chosen)
    assert query(at) == chosen
    assert at.selectbox(key="home").value == "edm"
    assert at.button_group(key="format").value == "csv"
    assert "," in at.code[0].value or "sigma" in at.code[0].value


@pytest.mark.parametrize("page", ["beat_ays", "optimize"])
def test_pages_judge_by_every_metric_that_they_offer(page: str) -> None:
    at = opened(page, data="gaussian", steps="3", metric="w2", **({"samples": "512"} if page == "optimize" else {}))
    assert at.selectbox(key="metric").value == "w2"
    for metric in set(METRICS) - set(DEFAULT):
        at.selectbox(key="metric").set_value(metric)
        run(at)


def test_schedules_of_one_title_are_told_apart_by_what_was_chosen() -> None:
    ays, hand, edm = (Schedule("ays", title, np.ones(3)) for title in ("AYS", "AYS", "EDM"))
    found = {"start": edm, "ays": ays, "hand": hand}
    for chosen, kept in (("ays", ["start", "ays"]), ("hand", ["start", "hand"]), ("longer ays", ["start", "ays"])):
        assert list(take_home._told_apart(found, chosen)) == kept


@pytest.mark.parametrize("evil", ["![x](http://a.b/c.png) [Log in](http://a.b)", ":red[no] **b** `c` $d$ <b>&amp;"])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_nothing_that_a_link_says_is_rendered(view: type, evil: str) -> None:
    """A stranger's address loads no picture and shows no link of theirs, on any page, in any field."""
    texts = [field.name for field in fields(view)]
    at = opened(PAGE_OF[view], **dict.fromkeys(texts, evil))
    said = [element.value for kind in ("warning", "error", "info", "markdown", "caption") for element in at.get(kind)]
    assert len(said) > 3
    for words in said:
        plain = re.sub(r"\\.", "", words)  # what is escaped is shown as it is
        plain = plain.replace("](http://localhost:8501/", "](")  # our own links, to where the app is
        assert not re.search(r"\]\(http|\[Log in|:red\[no|\*\*b|`c`|\$d\$|<b>", plain), words


def test_no_button_has_the_name_of_what_a_session_holds() -> None:
    """A button under a key that holds something else is pressed for ever."""
    buttons, held = set(), set()
    for file in [*(ROOT / "ays_toy" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("button", "download_button"):
                named = {word.arg: word.value for word in node.keywords}
                buttons |= {named["key"].value} if isinstance(named.get("key"), ast.Constant) else set()
            if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "session_state":
                held |= {node.slice.value} if isinstance(node.slice, ast.Constant) else set()
    assert len(buttons) > 5
    assert len(held) > 10
    assert buttons & held == set()
