"""The Beat AYS page's guess: who wins, asked before the others are shown, and how all that was tried came out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from ays_toy import challenge, names
from ays_toy.challenge import Score
from ays_toy.metrics import METRICS, Estimate
from ays_toy.palette import STYLES
from ays_toy.ui import attempts, beat_ays, compute, gallery, tables
from ays_toy.ui.beat_ays import CHEAP, FINE, ChallengeView
from ays_toy.words import amid_sentence, significant

YOURS = names.title("yours")


def _titles(state: ChallengeView) -> dict[str, str]:
    """The titles of what can be guessed."""
    return {name: names.title(name) for name in CHEAP} | {"optimum": names.title("p-optimum", state.weight)}


def _reveal(state: ChallengeView) -> None:
    beat_ays.reveal(state, (st.session_state["guess cost"], st.session_state["guess picture"]))


def ask(state: ChallengeView) -> None:
    """Ask who will win before the others are shown."""
    st.markdown("**Who wins? Guess, then reveal**")
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


def draws(state: ChallengeView) -> dict[str, compute.Draw]:
    """What is drawn: the attempt, the data, and the others once they are revealed."""
    named = {"yours": state.sigmas}
    if beat_ays.revealed(state):
        with st.spinner("The paper's search, until it is stopped …", show_time=True):
            named |= {name: beat_ays.schedule(state, name) for name in beat_ays.others(state)}
    model = state.chosen_model
    drawn = {name: compute.Draw.of(model, state.solver, state.seed, sigmas) for name, sigmas in named.items()}
    attempts.remember(drawn["yours"])
    return drawn


def lesson(state: ChallengeView, drawn: dict[str, compute.Draw]) -> None:
    """Whether the guess was right, and what the attempt against AYS shows."""
    metric = METRICS[state.metric]
    titles = {"yours": YOURS, **beat_ays.others(state)}
    scores = {name: _score(state, titles[name], draw) for name, draw in drawn.items()}
    cheapest = min((scores[name] for name in ("yours", "ays", "edm")), key=lambda score: score.cost.value)
    cost, picture = (_titles(state)[name] for name in state.guess)
    st.markdown(challenge.verdict(scores["yours"], scores["ays"], state.cost, metric))
    st.markdown(
        f"Least {state.cost}: {challenge.guessed(cost, [cheapest.title])}. "
        f"Best picture: {challenge.guessed(picture, challenge.leaders(list(scores.values()), metric))}."
    )


def samples(state: ChallengeView, outcomes: compute.Outcomes) -> list[gallery.Samples]:
    """What the pictures show, in their order."""
    figures = tuple(dict.fromkeys(("nll", state.metric if state.metric != "nll" else "sliced-w2")))
    shown = []
    for name, title in {"yours": YOURS, **beat_ays.others(state)}.items():
        color = "inherit" if name == "yours" else STYLES[name].color
        shown.append(gallery.Samples(title, color, outcomes.get(name), ("after your guess", ""), figures))
    return shown


def scores_table(state: ChallengeView, drawn: dict[str, compute.Draw]) -> None:
    """Cost, gap and output of the others and of all that was tried, the latest first."""
    shown = {name: title for name, title in beat_ays.others(state).items() if name in drawn}
    rows = [_line(state, _score(state, title, drawn[name]), name, drawn[name]) for name, title in shown.items()]
    tried = [(k, one) for k, one in enumerate(attempts.desk().tried, start=1) if _comparable(state, one.draw)]
    for k, one in reversed(tried):
        rows.append(_line(state, _score(state, f"{YOURS} {k}: {one.how}", one.draw), "yours", one.draw))
    frame = pd.DataFrame([row.cells for row in rows])
    title, cost = METRICS[state.metric].title, _cost_title(state)
    estimates = {cost: [row.cost for row in rows], title: [row.output for row in rows]}
    number = st.column_config.NumberColumn
    columns: dict[str, Any] = {
        tables.MARK: tables.mark(),
        "Levels": st.column_config.TextColumn(help="From the highest noise to the lowest.", width="large"),
        cost: number(help="Of Stochastic-DDIM; ± is one standard error of the estimate."),
        "× best": number(format="%.2f", help=f"How many times the least {state.cost} of that many steps."),
        title: number(help=METRICS[state.metric].about),
    }
    st.dataframe(
        tables.with_errors(frame, estimates, [row.color for row in rows]),
        hide_index=True,
        row_height=tables.ROW_HEIGHT,
        height=tables.ROW_HEIGHT * (min(len(rows), 8) + 1) + 3,
        column_config=columns,
        key="scores",
        alt="Cost, gap and output of every schedule tried, with standard errors.",
    )


@dataclass(frozen=True, eq=False)
class _Line:
    """One line of the table of scores."""

    cells: dict[str, object]
    color: str
    cost: Estimate
    output: Estimate


def _cost_title(state: ChallengeView) -> str:
    return "KLUB" if state.weight == names.KLUB_POWER else "Cost"


def _score(state: ChallengeView, title: str, draw: compute.Draw) -> Score:
    model, levels = state.chosen_model, np.array(draw.levels)
    cost = compute.gram(model).price(levels, state.weight)
    least = beat_ays.table(model, state.weight).values["least"][levels.size - 2]
    return Score(title, cost, cost.value / least, compute.outcome(draw).metrics[state.metric])


def _comparable(state: ChallengeView, draw: compute.Draw) -> bool:
    return (draw.model, draw.solver, draw.seed) == (state.chosen_model, state.solver, state.seed)


def _line(state: ChallengeView, score: Score, name: str, draw: compute.Draw) -> _Line:
    levels = draw.levels or ()
    cells = {
        tables.MARK: tables.MARK,
        "Schedule": score.title,
        "Steps": len(levels) - 1,
        _cost_title(state): score.cost.value,
        "× best": max(1.0, score.gap),
        METRICS[state.metric].title: score.output.value,
        "Levels": "  ".join(f"{level:.3g}" for level in levels),
    }
    color = "" if name == "yours" else f"color: {STYLES[name].color}"
    return _Line(cells, color, Estimate(score.cost.value, score.cost.stderr), score.output)


def floor(state: ChallengeView, outcome: compute.Outcome) -> str:
    """What a perfect sampler would score, in words."""
    fresh = outcome.metrics[state.metric]
    return f"Fresh data have {amid_sentence(METRICS[state.metric].title)} {significant(fresh.value, fresh.stderr)}."
