"""The Beat AYS page's guess: who wins, asked before the others are shown, and how all that was tried came out."""

import numpy as np
import pandas as pd
import streamlit as st

from ays_toy import challenge
from ays_toy.challenge import Score
from ays_toy.metrics import METRICS
from ays_toy.palette import STYLES
from ays_toy.ui import attempts, beat_ays, compute, gallery, tables
from ays_toy.ui.beat_ays import CHEAP, FINE, OTHERS, YOURS, ChallengeView
from ays_toy.words import amid_sentence, significant

TITLES = {**YOURS, **OTHERS}


def _reveal(state: ChallengeView) -> None:
    beat_ays.reveal(state, (st.session_state["guess cost"], st.session_state["guess picture"]))


def ask(state: ChallengeView) -> None:
    """Ask who will win before the others are shown."""
    st.markdown("**Who wins? Guess, then reveal**")
    cost, picture = f"Least {state.cost}, the optimum aside", f"Best picture, by {METRICS[state.metric].title}"
    said = [
        st.radio(words, names, None, TITLES.__getitem__, key=key, horizontal=True, persist_state="session")
        for words, names, key in ((cost, CHEAP, "guess cost"), (picture, FINE, "guess picture"))
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
    names = {"yours": state.sigmas}
    if beat_ays.revealed(state):
        with st.spinner("The paper's search, until it is stopped …", show_time=True):
            names |= {name: beat_ays.schedule(state, name) for name in OTHERS}
    model = state.chosen_model
    drawn = {name: compute.Draw.of(model, state.solver, state.seed, sigmas) for name, sigmas in names.items()}
    attempts.remember(drawn["yours"])
    return drawn


def lesson(state: ChallengeView, drawn: dict[str, compute.Draw]) -> None:
    """Whether the guess was right, and what the attempt against AYS shows."""
    metric = METRICS[state.metric]
    scores = {name: _score(state, TITLES[name], draw) for name, draw in drawn.items()}
    cheapest = min((scores[name] for name in ("yours", "ays", "edm")), key=lambda score: score.cost.value)
    cost, picture = (TITLES[name] for name in state.guess)
    st.markdown(challenge.verdict(scores["yours"], scores["ays"], state.cost, metric))
    st.markdown(
        f"Least {state.cost}: {challenge.guessed(cost, [cheapest.title])}. "
        f"Best picture: {challenge.guessed(picture, challenge.leaders(list(scores.values()), metric))}."
    )


def samples(state: ChallengeView, outcomes: compute.Outcomes) -> list[gallery.Samples]:
    """What the pictures show, in their order."""
    figures = tuple(dict.fromkeys(("nll", state.metric if state.metric != "nll" else "sliced-w2")))
    shown = []
    for name, title in TITLES.items():
        color = "inherit" if name == "yours" else STYLES[name].color
        shown.append(gallery.Samples(title, color, outcomes.get(name), ("after your guess", ""), figures))
    return shown


def scores_table(state: ChallengeView, drawn: dict[str, compute.Draw]) -> None:
    """Cost, gap and output of the others and of all that was tried, the latest first."""
    shown = [name for name in OTHERS if name in drawn]
    rows = [_cells(state, _score(state, OTHERS[name], drawn[name]), name, drawn[name]) for name in shown]
    tried = [(k, one) for k, one in enumerate(attempts.desk().tried, start=1) if _comparable(state, one.draw)]
    for k, one in reversed(tried):
        rows.append(_cells(state, _score(state, f"Yours {k}: {one.how}", one.draw), "yours", one.draw))
    title, cost = METRICS[state.metric].title, "KLUB" if state.weight == 3 else "Cost"
    colors = [row.pop("color") for row in rows]
    frame = pd.DataFrame(rows).style.apply(lambda _: colors, subset=[tables.MARK])
    number, error = st.column_config.NumberColumn, st.column_config.NumberColumn("±", format="%.1g", width=56)
    st.dataframe(
        frame,
        hide_index=True,
        row_height=tables.ROW_HEIGHT,
        height=tables.ROW_HEIGHT * (min(len(rows), 8) + 1) + 3,
        column_config={
            tables.MARK: st.column_config.TextColumn("", width=28),
            "Levels": st.column_config.TextColumn(help="From the highest noise to the lowest.", width="large"),
            cost: number(format="%.4g", help="Of Stochastic-DDIM; ± is one standard error of the estimate."),
            "± cost": error,
            "× best": number(format="%.2f", help=f"How many times the least {state.cost} of that many steps."),
            title: number(format="%.4g", help=METRICS[state.metric].about),
            "± output": error,
        },
        key="scores",
        alt="Cost, gap and output of every schedule tried, with standard errors.",
    )


def _score(state: ChallengeView, title: str, draw: compute.Draw) -> Score:
    model, levels = state.chosen_model, np.array(draw.levels)
    cost = compute.gram(model).price(levels, state.weight)
    least = beat_ays.table(model, state.weight).values["least"][levels.size - 2]
    return Score(title, cost, cost.value / least, compute.outcome(draw).metrics[state.metric])


def _comparable(state: ChallengeView, draw: compute.Draw) -> bool:
    return (draw.model, draw.solver, draw.seed) == (state.chosen_model, state.solver, state.seed)


def _cells(state: ChallengeView, score: Score, name: str, draw: compute.Draw) -> dict[str, object]:
    levels = draw.levels or ()
    return {
        "color": "" if name == "yours" else f"color: {STYLES[name].color}",
        tables.MARK: tables.MARK,
        "Schedule": score.title,
        "Steps": len(levels) - 1,
        "KLUB" if state.weight == 3 else "Cost": score.cost.value,
        "± cost": score.cost.stderr,
        "× best": max(1.0, score.gap),
        METRICS[state.metric].title: score.output.value,
        "± output": score.output.stderr,
        "Levels": "  ".join(f"{level:.3g}" for level in levels),
    }


def floor(state: ChallengeView, outcome: compute.Outcome) -> str:
    """What a perfect sampler would score, in words."""
    fresh = outcome.metrics[state.metric]
    return f"Fresh data have {amid_sentence(METRICS[state.metric].title)} {significant(fresh.value, fresh.stderr)}."
