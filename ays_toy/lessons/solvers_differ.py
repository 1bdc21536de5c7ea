"""Lesson: solvers want different schedules; on a network that was trained on eight modes."""

from ays_toy.lessons.asking import closest, figure, shown, titles
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Lesson, Question, Scene, Step
from ays_toy.sampling.solvers import find
from ays_toy.words import listed

NETWORK = {
    "data": "ring-8",
    "model": "mlp",
    "steps": "6",
    "shown": "edm,logsnr,time-quadratic,gaussian",
    "columns": "energy",
}
PICTURES_ALONE = ("verdict", "rail", "table")


def _title(facts: Facts) -> str:
    return find(facts.state.solver).title


def _worst(facts: Facts) -> tuple[str, ...]:
    scores = {name: facts.score(name) for name in shown(facts)}
    last = max(scores, key=lambda name: figure(facts).loss(scores[name]))
    level = [name for name in scores if name == last or not scores[name].differs(scores[last])]
    return titles(facts, level)


def _worst_why(facts: Facts) -> str:
    scores = ", ".join(f"{facts.rows[name].title} {facts.score(name)}" for name in shown(facts))
    return f"With {_title(facts)}: {scores}. Farthest from the data: {listed(_worst(facts))}."


LESSON = Lesson(
    name="solvers-differ",
    title="Solvers want different schedules",
    minutes=5,
    idea="say why one schedule cannot be the best for every solver",
    steps=(
        Step(
            "A network instead of the truth",
            "Until now the denoiser was exact. This one is a small network that has learned from samples, as in "
            "practice. The solver is Stochastic-DDIM, which adds some noise back in every step.",
            Scene("explore", NETWORK, look="panels_box52", without=PICTURES_ALONE),
            "look which picture has eight even modes.",
            closest("Which of the four comes closest to the data by energy distance?"),
        ),
        Step(
            "The same without noise",
            "A solver is the rule that makes a step out of the denoiser's answers. **DDIM** adds no noise: it "
            "follows one smooth path, the **ODE** (ordinary differential equation), and only the start is random.",
            Scene("explore", NETWORK | {"solver": "ddim"}, ("solver",), "panels_box52", PICTURES_ALONE),
            "compare with Stochastic-DDIM.",
            closest("Which of the four comes closest to the data by energy distance, with this solver?"),
        ),
        Step(
            "A solver that looks back",
            "**DPM-Solver++(2M)** uses the last two answers of the denoiser to guess how the answer will change. "
            "That helps where steps are even, and can harm where the last step was much longer.",
            Scene("explore", NETWORK | {"solver": "dpmpp-2m"}, ("solver",), "panels_box52", PICTURES_ALONE),
            "switch between the solvers, then answer for the one that is chosen.",
            Question(
                "Which of the four is now farthest from the data by energy distance?",
                _worst,
                _worst_why,
                options=lambda facts: titles(facts, shown(facts)),
            ),
        ),
        Step(
            "So: per solver",
            "Solvers err at different noise levels, and want their steps there. This is why the automatic choice is "
            "made for one solver, on samples that this solver makes.",
            Scene("explore", NETWORK | {"solver": "dpmpp-2m"}, ("solver", "steps"), "table", ("verdict", "rail")),
            "choose any solver and number of steps.",
            closest("Which of the four comes closest to the data by energy distance, with these settings?"),
        ),
    ),
)
