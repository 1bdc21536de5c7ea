"""Questions that more than one lesson asks: whose samples are closest to the data, whose KLUB is least."""

from collections.abc import Callable, Sequence

import numpy as np

from ays_toy.estimates import Estimate
from ays_toy.images.scores import FIGURES
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Axis, Prediction, Question
from ays_toy.metrics import METRICS
from ays_toy.metrics import Figure as Judge
from ays_toy.words import amid_sentence, listed

Known = Callable[[Facts], Sequence[str]]  # the names of the schedules that are asked about
YES, NO = "Yes", "No"


def figure(facts: Facts) -> Judge:
    """What the page judges samples by."""
    return METRICS[facts.figure] if facts.figure in METRICS else FIGURES[facts.figure]


def judged_by(facts: Facts) -> str:
    """The same within a sentence."""
    words = figure(facts).title
    return words if facts.figure in FIGURES else amid_sentence(words)


def shown(facts: Facts) -> list[str]:
    """The schedules that the page shows side by side."""
    return [name for name in facts.state.names if name in facts.rows]


def titles(facts: Facts, which: Sequence[str]) -> tuple[str, ...]:
    """What those schedules are called."""
    return tuple(facts.rows[name].title for name in which)


def told(facts: Facts, scores: dict[str, Estimate]) -> str:
    """Every schedule with its figure, the best first."""
    order = sorted(scores, key=lambda name: figure(facts).loss(scores[name]))
    return ", ".join(f"{facts.rows[name].title} {scores[name]}" for name in order)


def closest(text: str, which: Known = shown, because: str = "", misled: str = "") -> Question:
    """Whose samples are closest to the data, by the figure that the page judges by.

    The reason ends with `because`, and with `misled` where the least KLUB is not among the closest.
    """

    def scores(facts: Facts) -> dict[str, Estimate]:
        return {name: facts.score(name) for name in which(facts)}

    def answer(facts: Facts) -> tuple[str, ...]:
        return titles(facts, figure(facts).leaders(scores(facts)))

    def why(facts: Facts) -> str:
        best = answer(facts)
        level = f"; {listed(best)} cannot be told apart" if len(best) > 1 else ""
        words = f"By {judged_by(facts)}, less being better: {told(facts, scores(facts))}{level}."
        misleads = misled and titles(facts, [min(which(facts), key=facts.klub)])[0] not in best
        return " ".join(part for part in (words, because, misled if misleads else "") if part)

    return Question(text, answer, why, options=lambda facts: titles(facts, which(facts)))


def least_klub(text: str, which: Known = shown, because: str = "") -> Question:
    """Whose KLUB is least."""

    def answer(facts: Facts) -> tuple[str, ...]:
        return titles(facts, [min(which(facts), key=facts.klub)])

    def why(facts: Facts) -> str:
        order = sorted(which(facts), key=facts.klub)
        areas = ", ".join(f"{facts.rows[name].title} {facts.klub(name):,.4g}" for name in order)
        return f"The areas in nats: {areas}.{' ' if because else ''}{because}"

    return Question(text, answer, why, options=lambda facts: titles(facts, which(facts)))


def levels_of(
    text: str,
    truth: Callable[[Facts], np.ndarray],
    why: Callable[[Facts], str],
    marks: int,
    near: float,
    hides: tuple[str, ...],
) -> Prediction:
    """Where a schedule has its inner levels [marks], between the ends that all lessons have."""
    axis = Axis("noise level σ", 80.0, 0.002, log=True)
    return Prediction("levels", text, truth, why, axis, marks=marks, near=near, hides=hides)


def sigmas_listed(levels: np.ndarray) -> str:
    """Noise levels in a sentence: '2.5, 0.31 and 0.042'."""
    return listed([f"{level:.3g}" for level in levels])


def yes_or_no(text: str, holds: Callable[[Facts], bool], why: Callable[[Facts], str]) -> Question:
    """Whether something holds for what the page shows."""
    return Question(text, lambda facts: (YES if holds(facts) else NO,), why, options=(YES, NO))
