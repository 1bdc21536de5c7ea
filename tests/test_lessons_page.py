"""Lessons on the pages, run without a browser: the bar, the scene, what is hidden, answers and the address."""

import re

import pytest
from pages_shown import opened, run
from streamlit.testing.v1 import AppTest

from ays_toy.lessons import LESSONS
from ays_toy.lessons.lesson import Prediction
from ays_toy.ui.components.predict import _id

pytestmark = pytest.mark.usefixtures("home")

SAMPLER = "what-a-sampler-does"


def query(at: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in at.query_params.items()}


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click()
    return run(at)


def said(at: AppTest) -> str:
    return " ".join(one.value for one in at.markdown)


def controls(at: AppTest) -> set[str]:
    return {one.key for kind in ("selectbox", "slider", "multiselect", "select_slider") for one in at.get(kind)}


def test_a_lesson_sets_its_scene_and_shows_its_controls_alone() -> None:
    at = opened("explore", lesson=f"{SAMPLER}.2")
    assert query(at) == {"lesson": f"{SAMPLER}.2", "data": "gaussian", "shown": "edm,logsnr"}
    assert controls(at) == {"steps", "solver"}
    assert not at.sidebar.get("slider"), "they are where the step says what to do with them"
    assert not [one for one in at.button if one.label == "New noise"]
    assert "step 2 of" in said(at)


def test_an_answer_is_judged_by_what_the_page_shows_and_let_go_when_that_changes() -> None:
    at = opened("explore", lesson=f"{SAMPLER}.2", steps="5", solver="heun")
    at.number_input[0].set_value(5)
    press(at, "lesson check")
    assert "Not quite: 5" in said(at)
    assert "Heun takes 2 calls for each of 5 steps: 10 in all." in said(at)
    at.number_input[0].set_value(10)
    press(at, "lesson check")
    assert "Right: 10" in said(at)
    at.slider(key="steps").set_value(6)
    assert "in all." not in said(run(at))
    press(at, "lesson check")
    assert "Heun takes 2 calls for each of 6 steps: 12 in all." in said(at)
    assert "Not quite: 10" in said(at)


def drawn(at: AppTest, place: str, asked: Prediction, values: list[float]) -> AppTest:
    """Draw what a step asks for, as the browser tells it, and reveal."""
    at.session_state[f"predict {place}"] = {
        "drawing": {"id": _id(asked), "values": values, "set": [True] * asked.marks}
    }
    return press(run(at), "lesson reveal")


def test_what_was_revealed_stays_while_the_learner_looks_around_in_it() -> None:
    at = opened("optimize", lesson="why-stop.1")
    asked = LESSONS["why-stop"].steps[0].ask
    assert isinstance(asked, Prediction)
    drawn(at, "why-stop.1", asked, [12.0])
    assert "You marked sweep 12" in said(at)
    at.session_state["sweep"] = 8  # as the bar of the search does, which was revealed
    assert "You marked sweep 12" in said(run(at))
    press(at, "lesson next")
    assert "You marked" not in said(press(at, "lesson back"))


def test_what_a_learner_changed_is_in_the_link_also_where_it_is_a_default() -> None:
    at = opened("explore", lesson=f"{SAMPLER}.2", data="grid-8x8", shown="edm,cosine")
    assert query(at) == {"lesson": f"{SAMPLER}.2", "data": "grid-8x8", "shown": "edm,cosine"}


def test_free_play_is_one_click_away_and_one_click_back() -> None:
    at = opened("explore", lesson=f"{SAMPLER}.2")
    at.slider(key="steps").set_value(5)
    press(run(at), "lesson play")
    assert query(at)["lesson"] == f"{SAMPLER}.2.free"
    assert {"data", "model", "shown"} <= controls(at)
    at.selectbox(key="data").set_value("ring-8")
    at.slider(key="steps").set_value(4)
    press(run(at), "lesson resume")
    assert query(at) == {"lesson": f"{SAMPLER}.2", "data": "gaussian", "shown": "edm,logsnr", "steps": "5"}
    assert controls(at) == {"steps", "solver"}
    press(at, "lesson play")
    press(at, "lesson leave")
    assert "lesson" not in query(at)
    assert not [one for one in at.button if (one.key or "").startswith("lesson")]


def test_next_and_back_move_through_the_steps_and_the_scene_is_set_anew() -> None:
    at = opened("explore", lesson=f"{SAMPLER}.2", solver="heun")
    press(at, "lesson next")
    assert query(at) == {"lesson": f"{SAMPLER}.3", "data": "gaussian", "shown": "edm,logsnr"}
    at.radio[0].set_value("LogSNR")
    press(at, "lesson check")
    assert "Right: LogSNR." in said(at)
    press(at, "lesson back")
    assert query(at)["lesson"] == f"{SAMPLER}.2"
    assert at.number_input[0].value is None


@pytest.mark.parametrize("text", ["no-such-lesson.1", f"{SAMPLER}.99", f"{SAMPLER}.1.x", "[Log in](http://a.b)"])
def test_a_bad_lesson_in_a_link_is_a_sentence_and_costs_nothing_else(text: str) -> None:
    at = opened("explore", lesson=text, data="ring-8")
    assert len(at.warning) == 1
    assert "lesson" in at.warning[0].value
    assert query(at) == {"data": "ring-8"}


def test_what_a_pointer_tells_of_the_rail_is_there_in_numbers_too() -> None:
    at = opened("explore", lesson="why-few-steps-fail.4")
    at.session_state["figure in numbers"] = True
    at.run()
    (shown,) = [one for one in at.expander if one.label == "The figure in numbers"]
    (words,) = [one.value for one in shown.markdown]
    assert "KLUB optimum" in words
    assert re.search(r"from σ = 80, [\d.e-]+(, [\d.e-]+){4}, 0.002, in steps of ([\d.e-]+, ){5}[\d.e-]+ nats", words)


def test_an_answer_is_asked_for_before_it_is_checked() -> None:
    at = press(opened("explore", lesson=f"{SAMPLER}.3"), "lesson check")
    assert [one.value for one in at.toast] == ["Choose or type an answer first."]


@pytest.mark.parametrize("settings", [{"steps": "7"}, {"solver": "heun"}])
def test_images_that_are_not_measured_are_not_asked_about_but_said(settings: dict[str, str]) -> None:
    at = opened("images", lesson="images.4", **settings)
    assert not [one for one in at.radio if one.label.startswith("Is the Automatic choice")]
    (words,) = [one.value for one in at.warning]
    assert words.startswith("Not measured with these settings. Take 5, 6, 8, 10 or 20 steps, and ")
    at.slider(key="steps").set_value(6)
    at.selectbox(key="solver").set_value("ddim")
    assert not run(at).warning
    assert [one for one in at.radio if one.label.startswith("Is the Automatic choice")]


def test_trajectories_say_which_schedule_ends_closest() -> None:
    at = opened("trajectories", data="gaussian", steps="3", shown="edm,gaussian")
    found = next(one.value for one in at.markdown if "ends closest" in one.value)
    assert found.startswith("**Gaussian-optimal** ends closest to the reference, ")
    assert " ± " in found
    assert found.endswith(" of EDM.")


def test_progress_is_in_the_link_of_the_overview() -> None:
    at = opened("learn", done=f"{SAMPLER}.3,klub-as-area.2")
    assert "**1 of 9** done" in said(at)
    assert "step 2 of 5" in said(at)
    assert at.button(key="lesson start").label == "Go on: Why few steps fail"
