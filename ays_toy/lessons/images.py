"""Lesson: whether it holds on images, with a small model of handwritten digits."""

from ays_toy.bundled import SMALLEST
from ays_toy.lessons.asking import closest, figure, judged_by, told, yes_or_no
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Lesson, Scene, Step
from ays_toy.names import BASELINES
from ays_toy.runs.verdicts import best_baseline
from ays_toy.sampling.solvers import find

STOCHASTIC = {"image_model": SMALLEST, "steps": "6"}
BASES = ("edm", "logsnr", "time-uniform", "cosine")
NO_VERDICT = ("images_verdict", "run_box")
PICTURES_ALONE = (*NO_VERDICT, "quality", "image-rail", "images_table", "taking")


def _bases(facts: Facts) -> list[str]:
    return [name for name in BASES if name in facts.rows]


def _optimum_worse(facts: Facts) -> bool:
    return facts.score("klub-optimum").exceeds(facts.score("time-uniform"))


def _optimum_why(facts: Facts) -> str:
    scores = {name: facts.score(name) for name in ("klub-optimum", "time-uniform")}
    least = min(facts.rows, key=facts.klub)
    return f"By {judged_by(facts)}: {told(facts, scores)}. Least KLUB has {facts.rows[least].title}."


def _best_baseline(facts: Facts) -> str:
    best = best_baseline(figure(facts), {name: facts.score(name) for name in BASELINES if name in facts.rows})
    assert best is not None, "its page shows them all"
    return best


def _choice_ahead(facts: Facts) -> bool:
    return facts.score(_best_baseline(facts)).exceeds(facts.score("choice"))


def _choice_why(facts: Facts) -> str:
    best = _best_baseline(facts)
    ours, theirs = facts.score("choice"), facts.score(best)
    apart = "more" if ours.differs(theirs) else "no more"
    return (
        f"With {find(facts.state.solver).title} and {facts.state.steps} steps: Automatic choice {ours}, "
        f"{facts.rows[best].title} {theirs}; {apart} apart than two standard errors."
    )


LESSON = Lesson(
    name="images",
    title="On images",
    minutes=5,
    idea="say what carries over to images, and what to check before taking a schedule home",
    steps=(
        Step(
            "The same question, in pixels",
            "A small model draws digits in 6 steps. Rows differ in the schedule alone, columns share their noise. The "
            "**Fréchet distance** under a name says how far the pictures are from real digits; less is better.",
            Scene("images", STOCHASTIC, look="strips", without=PICTURES_ALONE),
            "look for strokes that break or smear.",
            closest("Which of these baselines comes closest to real digits?", _bases),
        ),
        Step(
            "KLUB on images",
            "Least KLUB puts nearly all steps at low noise: fine detail in exchange for the shape of the digit.",
            Scene("images", STOCHASTIC, look="strips", without=(*NO_VERDICT, "quality", "image-rail", "taking")),
            "compare the KLUB optimum with Time-uniform.",
            yes_or_no(
                "Is the KLUB optimum worse than Time-uniform here, by more than two standard errors?",
                _optimum_worse,
                _optimum_why,
            ),
        ),
        Step(
            "Another solver",
            "The same with DPM-Solver++(2M). Some schedules that were good before are now far behind: solvers want "
            "different schedules on images too.",
            Scene("images", STOCHASTIC | {"solver": "dpmpp-2m"}, ("solver",), "strips", PICTURES_ALONE),
            "switch the solver, and compare the figures under the names.",
            closest("Which of these baselines comes closest to real digits now?", _bases),
        ),
        Step(
            "What to take home",
            "The **Automatic choice** tries optima of many weights and all baselines, and keeps what scores best on "
            "samples held out for it. A difference below two standard errors may be chance.",
            Scene("images", STOCHASTIC, ("solver", "steps"), "quality", (*NO_VERDICT, "image-rail", "taking")),
            "choose a solver and a number of steps that ship: 5, 6, 8, 10 or 20.",
            yes_or_no(
                "Is the Automatic choice ahead of the best baseline, by more than two standard errors?",
                _choice_ahead,
                _choice_why,
            ),
        ),
    ),
)
