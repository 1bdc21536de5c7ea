"""Every lesson as it is written: its scenes are states of its pages, its texts short, its order as it should be."""

import re
from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pytest

from ays_toy import names
from ays_toy.estimates import Estimate, KlubEstimate, Measured
from ays_toy.lessons import LESSONS
from ays_toy.lessons.asking import closest
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import MOST_CONTROLS, Step
from ays_toy.lessons.quiz import TOPICS
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import codec
from ays_toy.ui.beat_ays.board import ChallengeView
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.trajectories import TrajectoriesView
from ays_toy.ui.view import SearchView, View

PAGES = {
    "explore": View,
    "trajectories": TrajectoriesView,
    "beat_ays": ChallengeView,
    "optimize": SearchView,
    "images": ImagesView,
}
MOST_WORDS = 60
STEPS = {f"{one.name}.{k}": step for one in LESSONS.values() for k, step in enumerate(one.steps, start=1)}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_scene_is_a_state_of_its_page_and_a_step_is_short(step: Step) -> None:
    state, problems = codec.from_query(PAGES[step.scene.page], step.scene.state)
    assert problems == []
    assert set(codec.to_query(state)) <= set(step.scene.state)
    own = {field.name for field in fields(PAGES[step.scene.page])}
    assert own >= set(step.scene.controls) | set(step.scene.state) | set(step.scene.keeps)
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


def test_no_step_that_asks_shows_beside_it_who_has_won() -> None:
    """A page that was told a guess says who has won, and Explore's verdict says it unasked."""
    told = {"beat_ays": "result", "explore": "verdict"}
    shown = [
        name
        for name, step in STEPS.items()
        if step.ask and (part := told.get(step.scene.page)) and part not in step.scene.without
    ]
    assert shown == []


@pytest.mark.parametrize(("optimum", "said"), [(3.0, True), (1.0, False)])
def test_that_the_least_klub_is_not_the_best_picture_is_said_where_it_is_so(optimum: float, said: bool) -> None:
    def row(name: str, klub: float, energy: float) -> Measured:
        one = Schedule(name, names.title(name), np.array([80.0, 1.0, 0.002]))
        return Measured(one, KlubEstimate(klub, 0.0, np.array([klub])), {"energy": Estimate(energy, 0.1)})

    rows = {"edm": row("edm", 9.0, 2.0), "klub-optimum": row("klub-optimum", 2.0, optimum)}
    asked = closest("?", because="Always.", misled="It misleads.")
    why = asked.why(Facts(SimpleNamespace(names=list(rows)), rows))
    assert "Always." in why
    assert ("It misleads." in why) is said
