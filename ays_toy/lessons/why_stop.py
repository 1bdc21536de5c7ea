"""Lesson: why the search is stopped before it comes to rest."""

import numpy as np

from ays_toy.lessons.asking import closest, figure, yes_or_no
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Axis, Lesson, Prediction, Question, Scene, Step
from ays_toy.lessons.the_papers_search import klubs
from ays_toy.metrics import METRICS
from ays_toy.words import amid_sentence

GRID = {"data": "grid-6x6"}  # whose search no lesson before has shown
LAST_SWEEP = 16.0
FIGURES = ("energy", "nll", "sliced-w2")


def _stop(facts: Facts) -> np.ndarray:
    assert facts.search is not None
    return np.array([float(facts.search.stop or 0)])


def _stop_why(facts: Facts) -> str:
    assert facts.search is not None
    metric, stop, last = figure(facts), facts.search.sweeps[facts.search.stop or 0], facts.search.sweeps[-1]
    assert stop.score is not None
    assert last.score is not None
    return (
        f"The rule stops at sweep {stop.index}: {amid_sentence(metric.title)} {metric.turned(stop.score)} there, "
        f"{metric.turned(last.score)} at the last sweep, {last.index}."
    )


def _lower(facts: Facts) -> bool:
    assert facts.search is not None
    return bool(klubs(facts)[-1] < klubs(facts)[facts.search.stop or 0])


def _lower_why(facts: Facts) -> str:
    assert facts.search is not None
    stop = facts.search.stop or 0
    return f"KLUB is {klubs(facts)[stop]:.3g} at the stop and {klubs(facts)[-1]:.3g} at rest."


def _judged(facts: Facts) -> tuple[str, ...]:
    return (METRICS[facts.figure].title,)


def _judged_why(facts: Facts) -> str:
    return (
        f"{figure(facts).title} of samples that are drawn after every sweep, from noise that nothing else uses. KLUB "
        "would say: go on."
    )


def _ends(facts: Facts) -> list[str]:
    return [name for name in ("ays", "rest") if name in facts.rows]


LESSON = Lesson(
    name="why-stop",
    title="Why to stop",
    minutes=5,
    idea="say why the paper stops its own search, and by what",
    steps=(
        Step(
            "When would you stop?",
            "After every sweep samples are drawn and held against the data. KLUB goes on falling to the end of the "
            "search, at about 16 sweeps. Do the samples get better for as long?",
            Scene("optimize", GRID, without=("findings", "more", "story")),
            "put the mark on the sweep after which you would stop, then reveal.",
            Prediction(
                "stop",
                "After which sweep would you stop the search?",
                _stop,
                _stop_why,
                Axis("sweep", 0.0, LAST_SWEEP),
                near=2.0,
                hides=("player", "panels"),
            ),
        ),
        Step(
            "KLUB says: go on",
            "The figure shows both, sweep by sweep: KLUB, which the search lowers, and the energy distance of "
            "samples, which it never sees.",
            Scene("optimize", GRID, look="player", without=("findings", "more", "panels")),
            "compare KLUB at the stop and at the last sweep.",
            yes_or_no("Is KLUB lower at rest than where the rule stopped?", _lower, _lower_why),
        ),
        Step(
            "The picture says: enough",
            "**AYS** is the search where the rule stopped; **AYS at rest** is where nothing moves any more. Both "
            "pictures are from the same noise.",
            Scene("optimize", GRID, look="panels_box5", without=("player", "more", "story")),
            "compare the two pictures, and their energy distance in the table.",
            closest(
                "Which of the two comes closer to the data by energy distance?",
                _ends,
                misled="The last drops of KLUB buy fine detail at the cost of where the mass lies.",
            ),
        ),
        Step(
            "The rule",
            "The paper stops by image scores or by eye, and gives no rule. Ours: when a figure of the output has been "
            "no better for four sweeps in a row, the sweep before them is taken. Its samples are **held out**: used "
            "to judge, and for nothing else.",
            Scene("optimize", GRID, look="story", without=("panels", "findings", "more", "player")),
            "read what stopped this search.",
            Question(
                "Which figure stopped it?",
                _judged,
                _judged_why,
                options=("KLUB", *(METRICS[name].title for name in FIGURES)),
            ),
        ),
    ),
)
