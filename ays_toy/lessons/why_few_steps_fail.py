"""Lesson: why few steps fail, on a mixture of sixteen modes."""

from ays_toy.lessons.asking import closest, shown, titles, yes_or_no
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Lesson, Question, Scene, Step
from ays_toy.lessons.what_a_sampler_does import ERRORS
from ays_toy.runs.verdicts import spacing

GRID = {"data": "grid-4x4", "shown": "edm,klub-optimum,gaussian", "columns": "coverage,energy"}
GRID_FOLLOWED = {"data": "grid-4x4", "shown": "edm,klub-optimum,gaussian", "steps": "6", "targets": "True"}
PICTURES_ALONE = ("verdict", "rail", "table")


def _modes(facts: Facts) -> dict[str, int]:
    assert facts.model is not None
    count = len(facts.model.dataset.mixture.weights)
    return {name: round(facts.rows[name].metrics["coverage"].value * count) for name in shown(facts)}


def _fewest(facts: Facts) -> tuple[str, ...]:
    found = _modes(facts)
    return titles(facts, [name for name in found if found[name] == min(found.values())])


def _fewest_why(facts: Facts) -> str:
    assert facts.model is not None
    count = len(facts.model.dataset.mixture.weights)
    counted = ", ".join(f"{facts.rows[name].title} {number}" for name, number in _modes(facts).items())
    return f"Of {count} modes each finds: {counted}. A mode is found when it receives a fifth of its share or more."


def _told_apart(facts: Facts) -> bool:
    return facts.score("gaussian").exceeds(facts.fresh[facts.figure])


def _told_apart_why(facts: Facts) -> str:
    differs = "more" if _told_apart(facts) else "no more"
    return (
        f"{facts.rows['gaussian'].title} scores {facts.score('gaussian')} and fresh data "
        f"{facts.fresh[facts.figure]}: {differs} apart than chance explains (two standard errors of the difference)."
    )


def _landing(facts: Facts) -> float:
    return float(facts.rows["klub-optimum"].schedule.sigmas[1])


def _landing_why(facts: Facts) -> str:
    assert facts.model is not None
    apart = spacing(facts.model.dataset.mixture.means)
    past = "below that: past the levels where samples choose" if _landing(facts) < apart else "not past it"
    return f"To σ = {_landing(facts):.3g}. Neighboring modes lie {apart:.2g} apart, and this is {past}."


LESSON = Lesson(
    name="why-few-steps-fail",
    title="Why few steps fail",
    minutes=5,
    idea="say what a long step does wrong, and where in the noise that happens",
    steps=(
        Step(
            "Many steps are easy",
            "The data have 16 **modes**: places where points crowd. With 40 steps every schedule does well. **Energy "
            "distance** says how far samples are from the data: zero on average for **fresh data**, new points of "
            "the data themselves. ± is one standard error; a difference below two may be chance.",
            Scene("explore", GRID | {"steps": "40"}, look="table", without=("verdict", "rail")),
            "compare Gaussian-optimal with fresh data in the table.",
            yes_or_no(
                "Can Gaussian-optimal's samples be told from the data by energy distance, by more than two standard "
                "errors?",
                _told_apart,
                _told_apart_why,
            ),
        ),
        Step(
            "Few steps are not",
            "The same with 6 steps: same denoiser, same noise, and the pictures are no longer the data. Where the "
            "steps are put now decides what is lost.",
            Scene("explore", GRID | {"steps": "6"}, look="panels_box52", without=PICTURES_ALONE),
            "look for modes that are missing.",
            Question(
                "Which schedule finds the fewest of the 16 modes?",
                _fewest,
                _fewest_why,
                options=lambda facts: titles(facts, shown(facts)),
            ),
        ),
        Step(
            "What a step trusts",
            "The denoiser answers with an average of all clean points that are still possible. While σ is large that "
            "is the middle of all modes. A step goes straight towards this one answer until the step ends, though on "
            "the way the answer would have changed.",
            Scene("trajectories", GRID_FOLLOWED, look="flow", without=ERRORS),
            "press Play; the thin lines show where the denoiser points.",
        ),
        Step(
            "One step too far",
            "Samples choose their mode at noise levels about as large as the distance between modes. A schedule that "
            "jumps over those levels in one step lets the average decide. The marks show every level.",
            Scene("explore", GRID | {"steps": "6"}, look="rail", without=("verdict", "panels", "table")),
            "point at the second mark of the KLUB optimum.",
            Question(
                "To which noise level σ does the KLUB optimum go in its first step?",
                _landing,
                _landing_why,
                unit="σ",
                tolerance=0.15,
            ),
        ),
        Step(
            "Where would you put them?",
            "So with few steps it matters where they are: enough of them where the denoiser's answer changes. The "
            "pictures are back, and you may change the number of steps.",
            Scene("explore", GRID | {"steps": "6"}, ("steps",), "panels_box52", PICTURES_ALONE),
            "choose a number of steps, look, then answer.",
            closest("Which of these comes closest to the data by energy distance, with as many steps as now?"),
        ),
    ),
)
