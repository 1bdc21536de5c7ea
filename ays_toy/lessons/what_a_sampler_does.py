"""Lesson: what a sampler does, on one Gaussian, where everything can be seen."""

from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Lesson, Question, Scene, Step
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.solvers import find

ERRORS = ("local", "distances", "reference")  # of single steps and of all, which come later
GAUSSIAN = {"data": "gaussian", "shown": "edm,logsnr"}


def _calls(facts: Facts) -> float:
    return float(denoiser_calls(facts.state.solver, facts.state.steps))


def _calls_why(facts: Facts) -> str:
    solver = find(facts.state.solver)
    each = "one call" if solver.calls_per_step == 1 else f"{solver.calls_per_step} calls"
    return f"{solver.title} takes {each} for each of {facts.state.steps} steps: {_calls(facts):.0f} in all."


def _first_levels(facts: Facts) -> dict[str, float]:
    return {row.title: float(row.schedule.sigmas[1]) for name, row in facts.rows.items() if name in ("edm", "logsnr")}


def _longest_first(facts: Facts) -> tuple[str, ...]:
    levels = _first_levels(facts)
    return tuple(title for title, level in levels.items() if level == min(levels.values()))


def _longest_why(facts: Facts) -> str:
    told = " and ".join(f"{title} to {level:.3g}" for title, level in _first_levels(facts).items())
    return f"From σ = {facts.state.sigma_max:g}, {told}: the lower the level, the longer the step."


LESSON = Lesson(
    name="what-a-sampler-does",
    title="What a sampler does",
    minutes=5,
    idea="say what a noise level, a step, a denoiser and a schedule are",
    steps=(
        Step(
            "From noise to data",
            "Each dot begins as pure noise and is carried to a sample of the data (gray: where perfect samples "
            "would be). **σ** (sigma) is the **noise level**: a noisy point is a clean point plus σ times Gaussian "
            "noise. Sampling goes from σ = 80 down to almost none.",
            Scene("trajectories", GAUSSIAN | {"shown": "edm,logsnr,time-quadratic"}, look="flow", without=ERRORS),
            "press Play, and watch σ fall.",
        ),
        Step(
            "One step",
            "A **denoiser** has learned one thing: given a noisy point and its σ, it says the average of all clean "
            "points that could lie behind it. A **step** asks it once or twice and goes down to the next noise level. "
            "That call is nearly all that sampling costs.",
            Scene("explore", GAUSSIAN, ("steps", "solver"), "steps", ("heading", "verdict", "rail", "table")),
            "choose another number of steps, and another solver if you like.",
            Question(
                "How many denoiser calls does one sample take with the settings as they are now?",
                _calls,
                _calls_why,
                unit="calls",
                tolerance=0.0,
            ),
        ),
        Step(
            "A schedule",
            "The noise levels at which a sampler stands are its **schedule**. The marks show two schedules with the "
            "same number of steps: **EDM** and **LogSNR** spread them differently. Sampling runs from left to right.",
            Scene("explore", GAUSSIAN, ("steps",), "rail", ("verdict", "panels", "table")),
            "read off where each schedule goes in its first step.",
            Question(
                "Whose first step is longer: whose second level is the lower σ?",
                _longest_first,
                _longest_why,
                options=("EDM", "LogSNR"),
            ),
        ),
    ),
)
