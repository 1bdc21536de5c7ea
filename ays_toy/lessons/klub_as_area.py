"""Lesson: KLUB, the paper's bound, as an area; on one Gaussian."""

import numpy as np

from ays_toy.checks import SIGMA_DATA
from ays_toy.lessons.asking import closest, least_klub
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Axis, Lesson, Prediction, Question, Scene, Step
from ays_toy.sampling import schedules

ONE = {"data": "gaussian", "shown": "edm,logsnr", "steps": "4"}
TWO = {"data": "gaussian", "shown": "logsnr,klub-optimum", "steps": "8"}
AREA_ALONE = ("verdict", "panels", "table")
LENGTHS = (4, 7, 10, 13, 16)  # and none of those whose KLUB was shown, but for the first


def _dearest(facts: Facts) -> float:
    price = facts.rows["logsnr"].klub
    assert price is not None
    return float(np.argmax(price.terms) + 1)


def _dearest_why(facts: Facts) -> str:
    price, sigmas = facts.rows["logsnr"].klub, facts.rows["logsnr"].schedule.sigmas
    assert price is not None
    k = int(_dearest(facts)) - 1
    return (
        f"Step {k + 1}, from σ = {sigmas[k]:.3g} to {sigmas[k + 1]:.3g}, adds {price.terms[k]:.3g} of "
        f"{price.value:.3g} nats."
    )


def _by_length(facts: Facts) -> np.ndarray:
    assert facts.gram is not None
    low, high = facts.state.sigma_min, facts.state.sigma_max
    return np.array([facts.gram.klub(schedules.logsnr(n, low, high)) for n in LENGTHS])


def _by_length_why(facts: Facts) -> str:
    first, second, *_, last = _by_length(facts)
    return (
        f"KLUB falls from {first:,.3g} at {LENGTHS[0]} steps to {second:,.3g} at {LENGTHS[1]} and {last:,.3g} at "
        f"{LENGTHS[-1]}: fast at first, and ever more slowly."
    )


def _below(facts: Facts, name: str) -> int:
    return int((facts.rows[name].schedule.sigmas[1:-1] < SIGMA_DATA).sum())


def _where(facts: Facts) -> tuple[str, ...]:
    inner = facts.rows["klub-optimum"].schedule.steps - 1
    return ("below" if 2 * _below(facts, "klub-optimum") > inner else "above",)


def _where_why(facts: Facts) -> str:
    counts = [f"{facts.rows[name].title} {_below(facts, name)}" for name in ("klub-optimum", "logsnr")]
    inner = facts.rows["klub-optimum"].schedule.steps - 1
    return (
        f"Of {inner} inner levels so many lie below {SIGMA_DATA:g}: {', '.join(counts)}. KLUB weighs an error by "
        "σ⁻³, so errors at low noise cost most."
    )


LESSON = Lesson(
    name="klub-as-area",
    title="What KLUB is, as an area",
    minutes=5,
    idea="read the paper's bound off a picture, and say what it does not see",
    steps=(
        Step(
            "A step has a price",
            "Over a step the denoiser's answer grows out of date. The height of a patch says by how much; its area, in "
            "**nats**, is what the step adds to **KLUB**: the paper's bound on how far whole sampling paths are from "
            "the true ones, and not only their ends, which are all that a picture shows.",
            Scene("explore", ONE, look="rail", without=AREA_ALONE),
            "compare the two areas; the legend gives each as a number.",
            least_klub("Whose patches have the smaller area in all?"),
        ),
        Step(
            "The dearest step",
            "Each patch stands on its own step, between two marks. Where a patch is large, a level would help most. "
            "The paper's **search** brings them there: it moves one level after the other to where KLUB falls most.",
            Scene("explore", ONE, look="rail", without=AREA_ALONE),
            "point at LogSNR's patches; count its steps from the left.",
            Question("Which of LogSNR's steps costs most?", _dearest, _dearest_why, unit="its number", tolerance=0.0),
        ),
        Step(
            "The least area",
            "Of all schedules with 8 steps, the **KLUB optimum** has the least area; it is found exactly. Compare "
            "where it puts its levels with LogSNR, which spreads them evenly in log σ. The data's own spread is 0.5.",
            Scene("explore", TWO, look="rail", without=AREA_ALONE),
            "look where the marks of the KLUB optimum crowd.",
            Question(
                "Where does the KLUB optimum put most of its inner levels: above σ = 0.5, or below?",
                _where,
                _where_why,
                options=("above", "below"),
            ),
        ),
        Step(
            "Less area, better picture?",
            "Now the pictures of the same two schedules. The first shows the data. **Energy distance** in the table "
            "says how far samples are from the data; less is better.",
            Scene("explore", TWO | {"columns": "klub,energy"}, look="panels_box52", without=("verdict", "rail")),
            "compare KLUB and energy distance of the two.",
            closest(
                "Which of the two comes closest to the data by energy distance?",
                because="KLUB bounds the error of whole paths and weighs fine detail most; the picture shows only "
                "where they end.",
            ),
        ),
        Step(
            "More steps, less area",
            "More levels make the patches smaller. How fast does KLUB of LogSNR fall as its steps grow from 4 to 16?",
            Scene("explore", ONE | {"steps": "4"}, look="rail", without=AREA_ALONE),
            "predict KLUB at 4, 7, 10, 13 and 16 steps, then reveal.",
            Prediction(
                "curve",
                "Draw how KLUB of LogSNR falls with the number of steps.",
                _by_length,
                _by_length_why,
                Axis("number of steps", LENGTHS[0], LENGTHS[-1]),
                Axis("KLUB in nats", 1.0, 1000.0, log=True),
                marks=len(LENGTHS),
                near=0.25,
            ),
        ),
    ),
)
