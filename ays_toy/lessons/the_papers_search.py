"""Lesson: the paper's search, sweep by sweep."""

import numpy as np

from ays_toy.lessons.asking import yes_or_no
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Axis, Lesson, Prediction, Question, Scene, Step

GRID = {"data": "grid-4x4"}
SWEEPS = (0, 4, 8, 12, 16)


def klubs(facts: Facts) -> np.ndarray:
    """KLUB after every sweep, from the start on."""
    assert facts.search is not None
    return np.array([sweep.klub.value for sweep in facts.search.sweeps])


def _curve(facts: Facts) -> np.ndarray:
    found = klubs(facts)
    return found[np.minimum(SWEEPS, found.size - 1)]


def _curve_why(facts: Facts) -> str:
    values = ", ".join(f"{value:.3g} after {k}" for k, value in zip(SWEEPS, _curve(facts), strict=True))
    return f"KLUB by sweeps: {values}. The first sweeps gain most; in the end no level moves any more."


def _factor(facts: Facts) -> float:
    found = klubs(facts)
    return float(found[0] / found[-1])


def _factor_why(facts: Facts) -> str:
    found = klubs(facts)
    return f"From {found[0]:.3g} nats at the start to {found[-1]:.3g} at rest: {_factor(facts):.2g} times less."


def _calls(facts: Facts) -> bool:
    return facts.rows["ays"].schedule.calls > facts.rows["klub"].schedule.calls


def _calls_why(facts: Facts) -> str:
    searched, passed = (facts.rows[name].schedule.calls for name in ("ays", "klub"))
    return (
        f"The search took {searched / 1e6:.3g} million denoiser calls until it was stopped, the one pass "
        f"{passed / 1e6:.3g} million."
    )


LESSON = Lesson(
    name="the-papers-search",
    title="The paper's search",
    minutes=5,
    idea="say what a sweep does, and how far the search gets",
    steps=(
        Step(
            "How will KLUB fall?",
            "This search starts from EDM's levels, as the paper's does for models like this. Each level in turn tries "
            "places between its neighbors, and goes where its two steps cost the least KLUB. When all have had their "
            "turn, a **sweep** is over, and the next begins.",
            Scene("optimize", GRID, without=("panels", "findings", "more", "story")),
            "draw KLUB after 0, 4, 8, 12 and 16 sweeps, then reveal.",
            Prediction(
                "curve",
                "Draw how KLUB falls over the sweeps of the search.",
                _curve,
                _curve_why,
                Axis("sweep", float(SWEEPS[0]), float(SWEEPS[-1])),
                Axis("KLUB in nats", 1.0, 200.0, log=True),
                marks=len(SWEEPS),
                near=0.2,
                hides=("player",),
            ),
        ),
        Step(
            "One level after the other",
            "This is the search whose KLUB you have drawn. The bar leads from sweep to sweep; the marks are the levels "
            "as they stood after each.",
            Scene("optimize", GRID, look="player", without=("panels", "findings", "more", "story")),
            "drag the bar from sweep 0 on, and watch the levels move.",
        ),
        Step(
            "How far does it get?",
            "The search is at rest when a sweep moves nothing. The figure shows KLUB after every sweep; the dotted "
            "line is the least possible, found exactly by one pass.",
            Scene("optimize", GRID, look="player", without=("panels", "findings", "more", "story")),
            "read KLUB at sweep 0 and at the last one.",
            Question(
                "By what factor is KLUB lower at rest than at the start?",
                _factor,
                _factor_why,
                unit="times",
                tolerance=0.15,
            ),
        ),
        Step(
            "What it costs",
            "Each price in the search takes new denoiser calls. One **pass** along noised data prices every schedule "
            "of every length at once, and an exact programme finds the least KLUB from it.",
            Scene("optimize", GRID, look="findings", without=("panels", "more", "player", "story")),
            "compare the column Calls of AYS and of the KLUB optimum.",
            yes_or_no("Did the search until its stop take more denoiser calls than the one pass?", _calls, _calls_why),
        ),
    ),
)
