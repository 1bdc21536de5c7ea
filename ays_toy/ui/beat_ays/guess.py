"""The Beat AYS page's guess: who wins, asked before the others are shown, and how all that was tried came out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from ays_toy import names
from ays_toy.estimates import Measured
from ays_toy.figures import Panel, rail_words
from ays_toy.lessons.facts import Facts
from ays_toy.metrics import METRICS
from ays_toy.palette import ATTEMPT
from ays_toy.runs import challenge
from ays_toy.runs.finding import FRESH_DATA
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import compute, downloads, gallery, tables
from ays_toy.ui.beat_ays import attempts, board, contest
from ays_toy.ui.beat_ays.contest import CHEAP, FINE, ChallengeView
from ays_toy.ui.controls import draws
from ays_toy.ui.whole import whole
from ays_toy.words import amid_sentence

YOURS = names.title("yours")


def _titles(state: ChallengeView) -> dict[str, str]:
    """The titles of what can be guessed."""
    return {name: names.title(name) for name in CHEAP} | {"optimum": names.title("p-optimum", state.weight)}


@whole
def _reveal(state: ChallengeView) -> None:
    contest.reveal(state, (st.session_state["guess cost"], st.session_state["guess picture"]))


@draws("guess")
def ask(state: ChallengeView) -> None:
    """Ask who will win before the others are shown."""
    st.markdown("#### Who wins? Guess, then reveal")
    cost, picture = f"Least {state.cost}, the optimum aside", f"Best picture, by {METRICS[state.metric].title}"
    said = [
        st.radio(words, options, None, _titles(state).__getitem__, key=key, horizontal=True, persist_state="session")
        for words, options, key in ((cost, CHEAP, "guess cost"), (picture, FINE, "guess picture"))
    ]
    st.button(
        "Reveal",
        icon=":material/visibility:",
        key="reveal",
        type="primary",
        width="stretch",
        disabled=None in said,
        help="Guess both first." if None in said else None,
        on_click=_reveal,
        args=(state,),
    )


def shown(state: ChallengeView) -> dict[str, Schedule]:
    """The attempt, which is remembered, and the others once they are revealed."""
    yours = Schedule(ATTEMPT, YOURS, state.sigmas)
    attempts.remember(sampling(state, yours))
    if not contest.revealed(state):
        return {"yours": yours}
    with st.spinner("The paper's search, until it is stopped …", show_time=True):
        return {"yours": yours, **contest.others(state)}


def sampling(state: ChallengeView, one: Schedule) -> compute.Sampling:
    """What decides its samples."""
    return compute.Sampling.of(state.chosen_model, state.solver, state.seed, one)


def tried(state: ChallengeView) -> dict[str, Schedule]:
    """What has been tried in this setting, the latest first."""
    every = {
        f"tried {k}": Schedule(ATTEMPT, f"{YOURS} {k}: {how}", np.array(one.levels))
        for k, (one, how) in enumerate(attempts.attempt_state().tried, start=1)
        if (one.model, one.solver, one.seed) == (state.chosen_model, state.solver, state.seed)
    }
    return dict(reversed(every.items()))


def measured(
    state: ChallengeView, schedules: Mapping[str, Schedule], outcomes: compute.Outcomes
) -> dict[str, Measured]:
    """All of these with their cost, and the figure that is asked for of the samples that have come; 'data' too."""
    gram = compute.gram(state.chosen_model)

    def row(name: str, one: Schedule) -> Measured:
        there = outcomes[name].done()
        figures = {state.metric: outcomes[name].result().metrics[state.metric]} if there else {}
        return Measured(one, None if name == "data" else gram.price(one.sigmas, state.weight), figures)

    return {name: row(name, one) for name, one in {**schedules, "data": FRESH_DATA}.items()}


def lesson(state: ChallengeView, rows: Mapping[str, Measured]) -> None:
    """Whether the guess was right, and what the attempt against AYS shows, once all of it is measured."""
    metric, everybody = METRICS[state.metric], [rows[name] for name in ("yours", *contest.others(state))]
    if not all(row.metrics for row in everybody):
        st.markdown("Measuring the samples of all schedules, to say who wins …")
        return
    cheapest = min((rows[name] for name in CHEAP), key=_cost)
    cost, picture = (_titles(state)[name] for name in state.guess)
    st.markdown(challenge.verdict(rows["yours"], rows["ays"], _least(state, state.steps), state.cost, metric))
    st.markdown(
        f"Least {state.cost}: {challenge.guessed(cost, [cheapest.title])}. "
        f"Best picture: {challenge.guessed(picture, challenge.leaders(everybody, metric))}."
    )


def facts(state: ChallengeView, rows: Mapping[str, Measured]) -> Facts:
    """What a lesson may ask about."""
    model = state.chosen_model
    return Facts(state, rows, model=model, gram=compute.gram(model), figure=state.metric)


def meta(state: ChallengeView, missing: Sequence[object]) -> list[float | str]:
    """What the pictures' figure says that it shows: the levels; a word more keeps the browser's picture of them."""
    levels: list[float] = state.sigmas[1:-1].tolist()
    return [*levels, "to come"] if missing else list(levels)


def samples(state: ChallengeView, schedules: Mapping[str, Schedule], outcomes: compute.Outcomes) -> list[Panel]:
    """What the pictures show, in their order."""
    return [
        gallery.panel(state.chosen_model, one, outcomes.get(name), "after your guess", gallery.metrics(state.metric))
        for name, one in {"yours": schedules["yours"], **contest.others(state)}.items()
    ]


def in_numbers(state: ChallengeView, rows: Mapping[str, Measured]) -> str:
    """The board in numbers."""
    unit = "nats" if state.weight == names.KLUB_POWER else "of cost"
    return rail_words(list(rows.values()), state.cost, unit)


def scores_table(state: ChallengeView, rows: Mapping[str, Measured]) -> None:
    """Cost, gap and output of the others and of all that was tried."""
    compared = [row for name, row in rows.items() if name not in ("yours", "data")]
    cost, metric = "KLUB" if state.weight == names.KLUB_POWER else "Cost", METRICS[state.metric]
    number = st.column_config.NumberColumn
    columns: dict[str, list[Any]] = {
        "Steps": [row.schedule.steps for row in compared],
        cost: [row.klub for row in compared],
        "× best": [max(1.0, _cost(row) / _least(state, row.schedule.steps)) for row in compared],
        metric.title: [row.metrics.get(metric.name) for row in compared],
        tables.LEVELS: [tables.levels(row.schedule.sigmas) for row in compared],
    }
    config = {
        cost: number(help="Of Stochastic-DDIM; ± is one standard error of the estimate."),
        "× best": number(format="%.2f", help=f"How many times the least {state.cost} of that many steps."),
        metric.title: number(help=metric.about),
    }
    alt = "Cost, gap and output of every schedule tried, with standard errors."
    schedules = [row.schedule for row in compared]
    title = "Table of attempts"
    tables.show(schedules, columns, config, "scores", alt, title=title, most=8, placeholder=tables.COMING)
    downloads.schedules(state, [rows[name].schedule for name in ("yours", *contest.others(state)) if name in rows])


def _cost(row: Measured) -> float:
    assert row.klub is not None
    return row.klub.value


def _least(state: ChallengeView, steps: int) -> float:
    least: float = board.table(state.chosen_model, state.weight).values["least"][steps - 1]
    return least


def standing(state: ChallengeView, rows: Mapping[str, Measured]) -> str:
    """What the attempt has come to, without a word on what it is held against."""
    yours, fresh = rows["yours"], rows["data"].metrics
    if not (yours.metrics and fresh):
        return "Measuring the samples of your levels …"
    least = _least(state, state.steps)
    return challenge.standing(yours, fresh[state.metric], least, state.cost, METRICS[state.metric])


def floor(state: ChallengeView, rows: Mapping[str, Measured]) -> str:
    """What a perfect sampler would score, in words; empty until it is known."""
    fresh = rows["data"].metrics
    return f"Fresh data have {amid_sentence(METRICS[state.metric].title)} {fresh[state.metric]}." if fresh else ""
