"""The pieces of the Beat AYS page: the board, the exact numbers, the guess, what it came to, what was tried."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import streamlit as st

from ays_toy import challenge
from ays_toy.challenge import Score
from ays_toy.comparison import Model
from ays_toy.metrics import METRICS
from ays_toy.palette import STYLES
from ays_toy.schedules import SCHEDULES
from ays_toy.ui import attempts, codec, compute, controls, gallery, tables, view
from ays_toy.ui.attempts import BOARD
from ays_toy.ui.components.rail import RailData, Table, rail
from ays_toy.ui.components.search import Marks
from ays_toy.ui.view import MAX_STEPS, MIN_STEPS, POWERS, ModelView
from ays_toy.words import amid_sentence, significant

YOURS, LEVEL, SIGMA = "Yours", "#", "Noise level σ"
OTHERS = {"ays": "AYS", "edm": "EDM", "exact": "Optimized"}
MOST_ROWS = 6


@dataclass(frozen=True)
class ChallengeView(ModelView):
    """The Beat AYS page's state: the attempt, what it is priced by and what its samples are judged by."""

    steps: int = codec.param(4, codec.whole("The number of steps", MIN_STEPS, MAX_STEPS))
    levels: tuple[float, ...] = codec.param((), challenge.read_levels)  # inner ones; none: where it starts
    weight: float = codec.param(3.0, codec.one_of(POWERS, "The weight's power"))
    metric: str = codec.param("energy", codec.choice(METRICS, "metric"))

    @property
    def sigmas(self) -> np.ndarray:
        """The attempt as a schedule [n+1]."""
        if self.levels:
            return challenge.attempt(self.levels, self.sigma_max, self.sigma_min)
        return challenge.start(self.steps, self.sigma_max, self.sigma_min)

    @property
    def cost(self) -> str:
        """The name of what is minimized."""
        return "KLUB" if self.weight == 3 else f"cost at p = {self.weight:g}"


def meaning(state: ChallengeView) -> str:
    """What the cost is, in a few words to follow its name."""
    return ", the paper's bound on the error" if state.weight == 3 else ", like KLUB with another weight"


def open_page() -> list[str]:
    """Fill the widgets from the link -> sentences on what in it was not usable; then take in what has happened."""
    first = f"opened {ChallengeView.__name__}" not in st.session_state
    problems = view.open_view(ChallengeView)
    state = st.session_state
    if first and "levels" in st.query_params and state["levels"]:
        made = len(state["levels"]) + 1
        if "steps" in st.query_params and state["steps"] != made:
            problems.append(f"The link's “steps” was set to {made}, the number of steps that its levels make.")
        state["steps"] = made
        attempts.desk().how = "from the link"
    attempts.settle()
    return problems


# --- controls ------------------------------------------------------------------------------------------------------


def weight() -> None:
    """What the levels are priced by."""
    st.select_slider(
        "Price by (power p)",
        POWERS,
        key="weight",
        persist_state="session",
        help="A step costs its error weighted by σ⁻ᵖ. p = 3 is KLUB, the paper's bound. Lower p cares less about the "
        "finest detail.",
    )


def metric() -> None:
    """What the samples are judged by."""
    controls.metric(
        view.has_modes(),
        "Judge the picture by",
        "Measured on 20,000 samples of every schedule, all from the same noise. AYS is stopped early by it, too, on "
        "other noise.",
    )


# --- prices --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def table(model: Model, power: float) -> Table:
    """What the browser prices the levels from."""
    gram = compute.gram(model)
    return Table.of(gram, power, challenge.least_costs(gram, power).tolist())


@lru_cache(maxsize=128)
def _ays(model: Model, solver: str, steps: int, metric: str) -> np.ndarray:
    return challenge.stopped_search(model, compute.gram(model), solver, steps, metric)


def _schedule(state: ChallengeView, name: str) -> np.ndarray:
    if name == "ays":
        return _ays(state.chosen_model, state.solver, state.steps, state.metric)
    return compute.schedule(state.chosen_model, name, state.steps, state.weight)


def _score(state: ChallengeView, title: str, draw: compute.Draw) -> Score:
    model, levels = state.chosen_model, np.array(draw.levels)
    cost = compute.gram(model).price(levels, state.weight)
    least = table(model, state.weight).values["least"][levels.size - 2]
    return Score(title, cost, cost.value / least, compute.outcome(draw).metrics[state.metric])


# --- the board -----------------------------------------------------------------------------------------------------


def board(state: ChallengeView) -> None:
    """The rail over its area, and the buttons that move more than one level."""
    shown = revealed(state)
    others = []
    for name, title in OTHERS.items():
        style = STYLES[name]
        others.append(Marks(title, style.color, style.symbol, _schedule(state, name) if shown else np.array([])))
    title = "KLUB" if state.weight == 3 else f"Cost, p = {state.weight:g}"
    data = RailData(
        state.sigmas,
        attempts.version(),
        table(state.chosen_model, state.weight),
        title,
        "nats" if state.weight == 3 else "cost",
        tuple(others),
        MAX_STEPS - 1,
    )
    rail(data, key=BOARD)
    _buttons(state, shown)


def _buttons(state: ChallengeView, shown: bool) -> None:
    gram = compute.gram(state.chosen_model)
    row = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
    row.button(
        "Add",
        icon=":material/add:",
        key="add",
        help="A level in the middle of the most expensive step.",
        disabled=state.steps >= MAX_STEPS,
        on_click=attempts.change,
        args=(lambda now: challenge.one_more(gram, now, state.weight)[1:-1], "added one"),
    )
    row.button(
        "Remove",
        icon=":material/remove:",
        key="remove",
        help="The level that is missed least.",
        disabled=state.steps <= MIN_STEPS,
        on_click=attempts.change,
        args=(lambda now: challenge.one_less(gram, now, state.weight)[1:-1], "removed one"),
    )
    families = {STYLES[name].title: name for name in SCHEDULES}
    if shown:
        families = {title: name for name, title in OTHERS.items()} | families
    row.menu_button(
        "Snap to",
        list(families),
        key="snap",
        on_click=_snap,
        args=(state, families),
    )
    row.button(
        "Undo",
        icon=":material/undo:",
        key="undo",
        disabled=not attempts.desk().undo,
        on_click=attempts.undo,
    )
    row.button(
        "Reset",
        icon=":material/restart_alt:",
        key="reset",
        help="Back to levels even in log σ.",
        on_click=attempts.change,
        args=(lambda now: challenge.start(now.size - 1, now[0], now[-1])[1:-1], "start"),
    )
    if attempts.desk().complaint:
        row.markdown(f":orange[{attempts.desk().complaint}]")


def _snap(state: ChallengeView, families: dict[str, str]) -> None:
    title = st.session_state["snap"]
    attempts.change(lambda _: _schedule(state, families[title])[1:-1], title)


def numbers(state: ChallengeView) -> None:
    """The inner levels as numbers that can be typed over."""
    inner = state.sigmas[1:-1]
    st.data_editor(
        pd.DataFrame({LEVEL: range(1, inner.size + 1), SIGMA: inner}),
        hide_index=True,
        disabled=[LEVEL],
        num_rows="fixed",
        column_config={
            LEVEL: st.column_config.NumberColumn(width=36),
            SIGMA: st.column_config.NumberColumn(
                format="%.4g",
                required=True,
                help=f"Between {state.sigma_max:g} and {state.sigma_min:g}, each below the one before.",
            ),
        },
        row_height=tables.ROW_HEIGHT,
        height=tables.ROW_HEIGHT * (min(inner.size, MOST_ROWS) + 1) + 3,
        key=attempts.numbers_key(),
        on_change=attempts.take_typed,
        args=(SIGMA,),
        alt="The noise levels between the two ends, to be typed over.",
    )


# --- the guess and what came of it ---------------------------------------------------------------------------------


def revealed(state: ChallengeView) -> bool:
    """Whether the others of this challenge are shown."""
    return st.session_state.get("revealed") == _challenge(state)


def _challenge(state: ChallengeView) -> tuple[object, ...]:
    return state.chosen_model, state.solver, state.steps


def _reveal(state: ChallengeView) -> None:
    st.session_state["guessed"] = st.session_state["guess cost"], st.session_state["guess picture"]
    st.session_state["revealed"] = _challenge(state)


def guess(state: ChallengeView) -> None:
    """Ask who will win before the others are shown."""
    st.markdown("**Who wins? Guess, then reveal**")
    cost, picture = f"Least {state.cost}, the optimum aside", f"Best picture, by {METRICS[state.metric].title}"
    said = [
        st.radio(cost, [YOURS, "AYS", "EDM"], None, key="guess cost", horizontal=True),
        st.radio(picture, [YOURS, *OTHERS.values()], None, key="guess picture", horizontal=True),
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
    if revealed(state):
        with st.spinner("The paper's search, until it is stopped …", show_time=True):
            names |= {name: _schedule(state, name) for name in OTHERS}
    model = state.chosen_model
    drawn = {name: compute.Draw.of(model, state.solver, state.seed, sigmas) for name, sigmas in names.items()}
    attempts.remember(drawn["yours"])
    return drawn


def lesson(state: ChallengeView, drawn: dict[str, compute.Draw]) -> None:
    """Whether the guess was right, and what the attempt against AYS shows."""
    metric = METRICS[state.metric]
    scores = {name: _score(state, {"yours": YOURS, **OTHERS}[name], draw) for name, draw in drawn.items()}
    cheapest = min((scores[name] for name in ("yours", "ays", "edm")), key=lambda score: score.cost.value)
    cost, picture = st.session_state["guessed"]
    st.markdown(challenge.verdict(scores["yours"], scores["ays"], state.cost, metric))
    st.markdown(
        f"Least {state.cost}: {challenge.guessed(cost, [cheapest.title])}. "
        f"Best picture: {challenge.guessed(picture, challenge.leaders(list(scores.values()), metric))}."
    )


def samples(state: ChallengeView, outcomes: compute.Outcomes) -> list[gallery.Samples]:
    """What the pictures show, in their order."""
    figures = tuple(dict.fromkeys(("nll", state.metric if state.metric != "nll" else "sliced-w2")))
    shown = []
    for name, title in {"yours": YOURS, **OTHERS}.items():
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
