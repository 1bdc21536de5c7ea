"""The widgets of the search and of the optimum: what no page but Optimize asks."""

import streamlit as st

from ays_toy import names
from ays_toy.sampling.solvers import SOLVERS, priced
from ays_toy.ui import controls
from ays_toy.ui.controls import draws, pick, power, refined_by, share, visible
from ays_toy.ui.view import GAMMAS, MATRICES, REFINEMENTS, SEARCH_SAMPLES, SearchView

STOP_BY = (
    "After every sweep up to 8,192 samples are drawn with the solver above, from noise and data held out for this, and "
    "measured. The paper stops by image scores or by eye, and gives no rule; here four sweeps in a row without an "
    "improvement end its search."
)


def start() -> None:
    """Where the search begins."""
    pick(
        "Start from",
        "start",
        names.BASELINES,
        help="The paper starts from EDM or time-uniform. Where the search ends hardly depends on it; how long it "
        "takes, and what it passes on its way, do.",
    )


def stop_by() -> None:
    """The metric that says when to stop."""
    controls.metric("Stop by", STOP_BY)


def samples() -> None:
    """The samples behind every price of the paper's search."""
    pick(
        "Samples behind each price",
        "samples",
        {n: f"{n:,}" for n in SEARCH_SAMPLES},
        st.segmented_control,
        required=True,
        help="The paper takes 8,192: slower, and less noise in what the search follows.",
    )


def optimum(view: SearchView) -> None:
    """Which matrix the optimum comes from, its weight, and how far towards it to go from the search's start."""
    able = priced(stochastic=False, own=False)
    pick(
        "Price a step by",
        "matrix",
        MATRICES,
        st.segmented_control,
        required=True,
        disabled=view.solver not in able,
        help="Forward paths price what KLUB does. Trajectories of the ODE price the error of every single step: "
        f"for the solvers {', '.join(SOLVERS[name].title for name in able)}.",
    )
    if view.prices_ode and (price := SOLVERS[view.solver].price) and price != view.solver:
        st.caption(f"Steps of {SOLVERS[view.solver].title} are priced as those of {SOLVERS[price].title}, the nearest.")
    left, right = st.columns(2)
    with left:
        if not view.prices_ode:
            power()
        elif visible("gamma"):
            st.select_slider(
                "Weight of the errors (γ)",
                GAMMAS,
                key="gamma",
                persist_state="session",
                help="1: errors add up as if all pointed one way. 2: as if they were independent.",
            )
    with right:
        share(view.start)


@draws("iterations")
def refinement() -> None:
    """How long the automatic choice moves all levels together in the end."""
    refined_by(
        "iterations",
        REFINEMENTS,
        "The likelihood counts a little. 60 iterations take seconds and have most of the gain.",
    )
