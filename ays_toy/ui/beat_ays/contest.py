"""The Beat AYS page's state: the attempt, whom it is held against, and whether that is revealed."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from ays_toy import names
from ays_toy.metrics import METRICS
from ays_toy.runs import challenge
from ays_toy.sampling.schedules import MAX_STEPS, MIN_STEPS, Schedule
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.ui import codec, findings, record
from ays_toy.ui.beat_ays import attempts
from ays_toy.ui.view import POWERS, ModelView

CHEAP = ("yours", "ays", "edm")  # among which to guess the least cost
FINE = (*CHEAP, "optimum")  # and the best picture; the optimum is that of the weight


def _guess(text: str) -> tuple[str, ...]:
    """Read a guess from a link: whose cost is least, and whose picture best."""
    said = tuple(text.split(","))
    if len(said) != 2 or said[0] not in CHEAP or said[1] not in FINE:
        raise ValueError(f"Guess one of {', '.join(CHEAP)} and one of {', '.join(FINE)}.")
    return said


@dataclass(frozen=True)
class ChallengeView(ModelView):
    """The Beat AYS page's state: the attempt, what it is priced by and what its samples are judged by."""

    steps: int = codec.param(4, codec.whole("The number of steps", MIN_STEPS, MAX_STEPS))
    levels: tuple[float, ...] = codec.param((), challenge.read_levels)  # inner ones; none: where it starts
    weight: float = codec.param(3.0, codec.one_of(POWERS, "The weight's power"))
    metric: str = codec.param("energy", codec.choice(METRICS, "metric"))
    guess: tuple[str, ...] = codec.param((), _guess)  # of the least cost and the best picture; with it, all is revealed

    @property
    def sigmas(self) -> np.ndarray:
        """The attempt as a schedule [n+1]."""
        if self.levels:
            return challenge.attempt(self.levels, self.sigma_max, self.sigma_min)
        return challenge.start(self.steps, self.sigma_max, self.sigma_min)

    @property
    def cost(self) -> str:
        """The name of what is minimized."""
        return "KLUB" if self.weight == names.KLUB_POWER else f"cost at p = {self.weight:g}"


def others(state: ChallengeView) -> dict[str, Schedule]:
    """What the attempt is held against, by name; without levels until it is revealed."""
    if revealed(state):
        return {name: schedule(state, name) for name in _others(state)}
    return {name: Schedule(name, names.title(name, state.weight)) for name in _others(state)}


def _others(state: ChallengeView) -> tuple[str, ...]:
    return "ays", "edm", names.optimum(state.weight)


def meaning(state: ChallengeView) -> str:
    """What the cost is, in a few words to follow its name."""
    return ", the paper's bound on the error" if state.weight == names.KLUB_POWER else ", like KLUB with another weight"


def words_beside(state: ChallengeView) -> list[str]:
    """The names and words of the board and of what is to be guessed, for the glossary."""
    titles = [names.title(name, state.weight) for name in _others(state)]
    return [f"noise level σ, nats, schedule, p = {state.weight:g}", SOLVERS[state.solver].title, *titles]


def take_in() -> tuple[str, ...]:
    """Take in what the link, the rail and the page's buttons did, before the widgets are drawn."""
    state, linked, problems = st.session_state, record.this_session().linked, record.this_session().problems
    if "levels" in linked:
        made = len(state["levels"]) + 1 if state["levels"] else state["steps"]
        if "steps" in linked and state["steps"] != made:
            problems.append(f"The link's “steps” was set to {made}, the number of steps that its levels make.")
        attempts.follow_link(made)
    if "guess" in linked:
        state.pop("revealed", None)
    linked -= {"levels", "guess"}
    attempts.settle()
    return ()


def settle(state: ChallengeView) -> None:
    """A guess belongs to its challenge, and is let go with it."""
    if state.guess and st.session_state.setdefault("revealed", _challenge(state)) != _challenge(state):
        st.session_state["guess"] = []


def revealed(state: ChallengeView) -> bool:
    """Whether the others of this challenge are shown."""
    return bool(state.guess)


def reveal(state: ChallengeView, guess: tuple[str, ...]) -> None:
    """Show the others of this challenge, once it is guessed who wins."""
    st.session_state["revealed"], st.session_state["guess"] = _challenge(state), list(guess)


def _challenge(state: ChallengeView) -> tuple[object, ...]:
    return state.chosen_model, state.solver, state.steps


def schedule(state: ChallengeView, name: str) -> Schedule:
    """One of the others, or of a family, in as many steps as the attempt."""
    model = state.chosen_model
    return findings.result(findings.named(model, name, state.solver, state.steps, state.weight, state.metric))
