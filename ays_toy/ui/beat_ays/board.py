"""The Beat AYS page's board: what prices the attempt, what moves it, and the numbers that are typed over."""

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ays_toy import names
from ays_toy.exchange.fitting import fit_range
from ays_toy.exchange.reading import Brought
from ays_toy.runs import challenge
from ays_toy.runs.comparison import Model
from ays_toy.sampling.schedules import MAX_STEPS, MIN_STEPS
from ays_toy.ui import bring, compute, controls, frame, gallery, presenting, record, tables, yours
from ays_toy.ui.beat_ays import attempts, contest
from ays_toy.ui.beat_ays.attempts import BOARD
from ays_toy.ui.beat_ays.contest import ChallengeView
from ays_toy.ui.components.rail import RailData, Table, rail
from ays_toy.ui.kept import kept
from ays_toy.ui.lessons import course
from ays_toy.ui.view import POWERS
from ays_toy.ui.whole import whole

LEVEL, SIGMA = "#", "Noise level σ"
PANELS = "panels_box5"  # the key of the pictures' container
MOST_ROWS = 4  # in sight at once: a low window has the pictures below


@controls.draws("weight")
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
        "Judge the picture by",
        "Measured on 20,000 samples of every schedule, all from the same noise. AYS is stopped early by it, too, on "
        "other noise.",
    )


@controls.draws("levels")
def bring_attempt() -> None:
    """A schedule of another tool as the attempt."""
    about = "A list of noise levels from another tool: it becomes your attempt, and Undo takes it back."
    bring.schedule("bring attempt", _take, about)


def _take(brought: Brought) -> str:
    high, low = attempts.ends()
    sigmas, words = fit_range(brought.levels, low, high, most=MAX_STEPS)
    placed = attempts.bring(sigmas)
    rounded = "" if np.allclose(placed, sigmas, rtol=1e-9) else f" Levels were rounded to {challenge.DIGITS} digits."
    return f"Brought: {yours.said(placed)}{' ' + words if words else ''}{rounded}"


# --- prices --------------------------------------------------------------------------------------------------------


@kept(32)
def table(model: Model, power: float) -> Table:
    """What the browser prices the levels from."""
    return Table.of(compute.gram(model), power, compute.least_costs(model, power).tolist())


# --- the board -----------------------------------------------------------------------------------------------------


def board(state: ChallengeView) -> None:
    """The rail over its area, and the buttons that move more than one level: a lesson's step does without them."""
    title = "KLUB" if state.weight == names.KLUB_POWER else f"Cost, p = {state.weight:g}"
    data = RailData(
        state.sigmas,
        attempts.version(),
        table(state.chosen_model, state.weight),
        title,
        "nats" if state.weight == names.KLUB_POWER else "cost",
        tuple(contest.others(state).values()),
        MAX_STEPS - 1,
        not record.visible("steps"),
        gallery.live(state, PANELS, names.title("yours"), 2),  # the picture *Yours* as it follows a moving level
    )
    rail(data, key=BOARD)
    row = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
    if course.at_step() is None:
        _buttons(state, row)
    if attempts.attempt_state().complaint:
        row.markdown(f":orange[{frame.literal(attempts.attempt_state().complaint)}]")


def _buttons(state: ChallengeView, row: DeltaGenerator) -> None:
    if controls.visible("steps"):
        _more_or_fewer(state, row)
    if controls.visible("levels"):
        _snap_to(state, row)
    row.button(
        "Undo",
        icon=":material/undo:",
        key="undo",
        disabled=not attempts.attempt_state().undo,
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


def _more_or_fewer(state: ChallengeView, row: DeltaGenerator) -> None:
    gram = compute.gram(state.chosen_model)
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


def _snap_to(state: ChallengeView, row: DeltaGenerator) -> None:
    families = {title: name for name, title in names.BASELINES.items()}
    if contest.revealed(state):
        families = {one.title: name for name, one in contest.others(state).items()} | families
    row.menu_button(
        "Snap to",
        list(families),
        key="snap",
        on_click=_snap,
        args=(state, families),
    )


@whole
def _snap(state: ChallengeView, families: dict[str, str]) -> None:
    title = st.session_state["snap"]
    attempts.change(lambda _: contest.schedule(state, families[title]).sigmas[1:-1], title)


def numbers(state: ChallengeView) -> None:
    """The inner levels as numbers that can be typed over."""
    inner = state.sigmas[1:-1]
    st.data_editor(
        pd.DataFrame({LEVEL: range(1, inner.size + 1), SIGMA: inner}),
        hide_index=True,
        disabled=[LEVEL],
        num_rows="fixed",
        column_config={
            LEVEL: st.column_config.NumberColumn(width=presenting.pixels(36)),
            SIGMA: st.column_config.NumberColumn(
                format="%.4g",
                required=True,
                help=f"Between {state.sigma_max:g} and {state.sigma_min:g}, each below the one before.",
            ),
        },
        row_height=tables.row_height(),
        height=tables.height(min(inner.size, MOST_ROWS)),
        key=attempts.numbers_key(),
        on_change=attempts.take_typed,
        args=(SIGMA,),
        alt="The noise levels between the two ends, to be typed over.",
    )
