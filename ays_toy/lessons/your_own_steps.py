"""Lesson: place the noise levels by hand, after an example that is worked through."""

import numpy as np

from ays_toy import optimize
from ays_toy.lessons.asking import figure, levels_of, sigmas_listed, titles, told, yes_or_no
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Lesson, Scene, Step

EXAMPLE = {"data": "gaussian", "steps": "3"}
RING = {"data": "ring-8", "steps": "4"}
NO_SCORES = ("scores", "result")


def _optimum(facts: Facts) -> np.ndarray:
    return _whole(facts)[1:-1]


def _optimum_why(facts: Facts) -> str:
    return f"The least KLUB of {facts.state.steps} steps has its inner levels at σ = {sigmas_listed(_optimum(facts))}."


def _gap(facts: Facts) -> float:
    assert facts.gram is not None
    return max(1.0, facts.klub("yours") / facts.gram.klub(_whole(facts), facts.state.weight))


def _whole(facts: Facts) -> np.ndarray:
    assert facts.gram is not None
    return optimize.optimum(facts.gram, facts.state.steps, facts.state.weight)


def _near(facts: Facts) -> bool:
    return _gap(facts) <= 2


def _near_why(facts: Facts) -> str:
    return (
        f"Yours is {facts.klub('yours'):,.4g} nats, {_gap(facts):.2f} times the least possible, whose levels lie "
        f"at σ = {sigmas_listed(_optimum(facts))}."
    )


def _optimum_best(facts: Facts) -> bool:
    scores = {name: row.metrics[facts.figure] for name, row in facts.rows.items()}
    return "klub-optimum" in figure(facts).leaders(scores)


def _optimum_best_why(facts: Facts) -> str:
    scores = {name: row.metrics[facts.figure] for name, row in facts.rows.items()}
    least = min(facts.rows, key=facts.klub)
    return f"Least KLUB has {titles(facts, [least])[0]}; energy distances, the best first: {told(facts, scores)}."


LESSON = Lesson(
    name="your-own-steps",
    title="Place your own steps",
    minutes=5,
    idea="place noise levels by hand so that KLUB is small, and judge the picture apart from it",
    steps=(
        Step(
            "An example, worked through: the start",
            "Three steps need two levels between the ends. Here they are even on the axis. One patch is by far the "
            "largest: the last, where the noise is low.",
            Scene("beat_ays", EXAMPLE | {"levels": "2.34,0.0684"}, look="board", without=NO_SCORES),
            "read KLUB beside the figure, then press Next.",
        ),
        Step(
            "The example: move towards the large patch",
            "Both levels have moved towards low noise, into the large patch. KLUB has fallen: the patch is now cut "
            "in two, and what grew at high noise is small.",
            Scene("beat_ays", EXAMPLE | {"levels": "0.5,0.03"}, look="board", without=NO_SCORES),
            "compare KLUB with the step before (Back shows it).",
        ),
        Step(
            "The example: until no move helps",
            "Moved once more, until the patches are about alike and no small move lowers KLUB. That is all there is to "
            "it: look for the largest patch, and bring a level to it.",
            Scene("beat_ays", EXAMPLE | {"levels": "0.0794,0.0125"}, look="board", without=NO_SCORES),
            "compare KLUB again.",
        ),
        Step(
            "Predict, before you try",
            "Now eight modes on a ring, and four steps: three levels between σ = 80 and 0.002.",
            Scene("beat_ays", RING, look="board", without=NO_SCORES),
            "put three marks where you expect the least KLUB to have its levels, then reveal.",
            levels_of(
                "Where will the three levels of the least KLUB lie?",
                _optimum,
                _optimum_why,
                marks=3,
                near=0.3,
                hides=("board", "panels"),
            ),
        ),
        Step(
            "Place them yourself",
            "Drag a mark, or choose it with Tab and move it with the arrow keys. The picture *Yours* follows. Try to "
            "come within twice the least KLUB possible, which the board shows as ×.",
            Scene("beat_ays", RING, look="board", without=NO_SCORES),
            "place your three levels, then answer.",
            yes_or_no("Is your KLUB at most twice the least possible now?", _near, _near_why),
        ),
        Step(
            "The bound is not the picture",
            "Beside your levels now: **AYS**, the paper's; **EDM**; and the KLUB optimum, which has the least KLUB. "
            "Energy distance says whose samples are closest to the data.",
            Scene(
                "beat_ays",
                RING | {"guess": "ays,optimum"},
                look="panels_box5",
                without=("board", "result"),
                keeps=("levels",),
            ),
            "compare KLUB and energy distance in the table.",
            yes_or_no(
                "Is the KLUB optimum's picture the best, or level with the best?", _optimum_best, _optimum_best_why
            ),
        ),
    ),
)
