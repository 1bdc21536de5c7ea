"""Every lesson as it is written: its scenes are states of its pages, its texts short, its questions can be answered."""

import re
from dataclasses import fields

import pytest
from pages_shown import opened, run
from streamlit.testing.v1 import AppTest

from ays_toy.lessons import LESSONS
from ays_toy.lessons.lesson import MOST_CONTROLS, Prediction, Question, Step
from ays_toy.lessons.quiz import TOPICS
from ays_toy.ui import codec
from ays_toy.ui.beat_ays.board import ChallengeView
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.trajectories import TrajectoriesView
from ays_toy.ui.view import SearchView, View

pytestmark = pytest.mark.usefixtures("home")

PAGES = {
    "explore": View,
    "trajectories": TrajectoriesView,
    "beat_ays": ChallengeView,
    "optimize": SearchView,
    "images": ImagesView,
}
MOST_WORDS = 60
STEPS = {f"{one.name}.{k}": step for one in LESSONS.values() for k, step in enumerate(one.steps, start=1)}
ASKED = {name: step for name, step in STEPS.items() if isinstance(step.ask, Question)}
PREDICTED = {name: step for name, step in STEPS.items() if isinstance(step.ask, Prediction)}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_scene_is_a_state_of_its_page_and_a_step_is_short(step: Step) -> None:
    state, problems = codec.from_query(PAGES[step.scene.page], step.scene.state)
    assert problems == []
    assert set(codec.to_query(state)) <= set(step.scene.state)
    names = {field.name for field in fields(PAGES[step.scene.page])}
    assert names >= set(step.scene.controls) | set(step.scene.state)
    assert len(step.scene.controls) <= MOST_CONTROLS
    assert len(re.findall(r"\w+", f"{step.text} {step.do}")) <= MOST_WORDS + 10, "symbols and hyphens aside"
    assert step.do or step.ask


def test_the_order_is_from_one_gaussian_to_a_mixture_a_network_and_images() -> None:
    first = [one.steps[0].scene for one in LESSONS.values()]
    assert first[0].state["data"] == "gaussian"
    network = next(k for k, scene in enumerate(first) if scene.state.get("model") == "mlp")
    images = next(k for k, scene in enumerate(first) if scene.page == "images")
    assert 0 < network < images == len(first) - 2
    *lessons, task = LESSONS.values()
    seen = {step.scene.state.get(field) for one in lessons for step in one.steps for field in ("data", "solver")}
    assert not seen & {task.steps[0].scene.state["data"], task.steps[0].scene.state["solver"]}
    assert {topic.lesson for topic in TOPICS.values()} <= set(LESSONS)


def said(at: AppTest) -> str:
    return " ".join(one.value for one in at.markdown)


def check(at: AppTest, answer: object) -> str:
    (
        at.radio(key=asked) if (asked := form(at)) in {one.key for one in at.radio} else at.number_input(key=asked)
    ).set_value(answer)
    at.button(key="lesson check").click()
    return said(run(at))


def form(at: AppTest) -> str:
    return next(one.key for one in [*at.radio, *at.number_input] if (one.key or "").startswith("answer "))


@pytest.mark.parametrize("name", ASKED)
def test_every_question_can_be_answered_right_and_wrong_where_it_is_asked(name: str) -> None:
    at = opened(ASKED[name].scene.page, lesson=name)
    assert not at.warning
    assert not at.error
    if options := [list(one.options) for one in at.radio if one.key == form(at)]:
        words = {option: check(at, option) for option in options[0]}
        right = [option for option in words if "**Right.**" in words[option]]
        assert 0 < len(right) < len(options[0])
        assert all("**Not quite.**" in words[option] for option in options[0] if option not in right)
        print(name, right, words[right[0]].split("**Right.** ")[1].split(" **")[0][:400])
    else:
        assert "**Not quite.**" in check(at, -1.0)


@pytest.mark.parametrize("name", PREDICTED)
def test_every_prediction_is_hidden_until_it_is_revealed(name: str) -> None:
    at = opened(PREDICTED[name].scene.page, lesson=name)
    assert not at.warning
    assert not at.error
    print(name, said(at)[-200:])
