"""The widgets that pages share: each draws one field of a view, in words first, and keeps it when its page is left."""

import streamlit as st

from ays_toy import catalog, names
from ays_toy.metrics import METRICS
from ays_toy.palette import STYLES
from ays_toy.schedules import MAX_STEPS, MIN_STEPS, SCHEDULES
from ays_toy.solvers import SOLVERS, priced
from ays_toy.trajectories import FEWEST, MOST
from ays_toy.ui import record
from ays_toy.ui.view import (
    COLUMNS,
    GAMMAS,
    MATRICES,
    MAX_SEED,
    POWERS,
    SEARCH_SAMPLES,
    SIGMAS_MAX,
    SIGMAS_MIN,
    SearchView,
)

EXPLAINED = ("choice", "ays", "klub-optimum", "p-optimum")
LATEST = "latest own data"  # the session's drawing or points that no list holds


def data() -> None:
    """The data set: presets and the user's own, the chosen and the last drawing among them."""
    options = catalog.datasets(st.session_state.get("data"), st.session_state.get(LATEST))
    record.among("data", options)
    st.selectbox("Data", list(options), format_func=lambda name: options[name], key="data", persist_state="session")


def model() -> None:
    """The denoiser: exact, shipped, or one that was trained here on these data."""
    options = catalog.models(st.session_state["data"])
    record.among("model", options)
    st.selectbox(
        "Model",
        list(options),
        format_func=lambda name: options[name],
        key="model",
        persist_state="session",
        help="Exact: the posterior mean in closed form. Trained: a small network that ships with this project. "
        "Models that you train and keep on the Train page join the list.",
    )


def solver() -> None:
    """The solver."""
    st.selectbox(
        "Solver",
        list(SOLVERS),
        format_func=lambda name: SOLVERS[name].title,
        key="solver",
        persist_state="session",
        help=" ".join(f"**{one.title}:** {one.about}" for one in SOLVERS.values()),
    )


def steps() -> None:
    """The number of steps of every schedule."""
    st.slider("Steps", MIN_STEPS, MAX_STEPS, key="steps", persist_state="session")


def schedules() -> None:
    """Two to four schedules side by side."""
    st.multiselect(
        "Schedules side by side",
        names.COMPARED,
        format_func=names.title,
        key="shown",
        persist_state="session",
        max_selections=MOST,
        help=f"{FEWEST} to {MOST}. "
        + " ".join(f"**{STYLES[name].title}:** {STYLES[name].about}" for name in EXPLAINED),
    )


def power_if_shown() -> None:
    """The weight of the p-optimum, where that is among the schedules shown."""
    if "p-optimum" in st.session_state["shown"]:
        power()


def columns() -> None:
    """What the table of schedules shows."""
    with st.popover("Columns of the table", icon=":material/view_column:", width="stretch"):
        st.multiselect(
            "Columns",
            list(COLUMNS),
            format_func=COLUMNS.__getitem__,
            key="columns",
            persist_state="session",
        )


def power(label: str = "Weight of the p-optimum (power p)") -> None:
    """The weight of the p-optimum."""
    st.select_slider(
        label,
        POWERS,
        key="power",
        persist_state="session",
        help="It minimizes the errors of all steps weighted by σ⁻ᵖ. p = 3 is KLUB, the paper's bound: "
        "precise samples, uneven mode masses. Lower p cares less about the finest detail and more about the masses.",
    )


def noise_range() -> None:
    """The highest and the lowest noise level."""
    high, low = st.columns(2)
    about = "All schedules run from the highest noise level to the lowest, and all samples end at the lowest."
    high.selectbox("From noise σ", SIGMAS_MAX, key="sigma_max", format_func=_plain, persist_state="session")
    low.selectbox("down to", SIGMAS_MIN, key="sigma_min", format_func=_plain, persist_state="session", help=about)


def _plain(value: float) -> str:
    return f"{value:g}"


def new_noise() -> None:
    """A button for another seed."""
    st.button("New noise", on_click=_new_noise, icon=":material/casino:", width="stretch")


def _new_noise() -> None:
    st.session_state["seed"] = (st.session_state["seed"] + 1) % (MAX_SEED + 1)


def start() -> None:
    """Where the search begins."""
    st.selectbox(
        "Start from",
        list(SCHEDULES),
        format_func=lambda name: STYLES[name].title,
        key="start",
        persist_state="session",
        help="The paper starts from EDM or time-uniform. Where the search ends hardly depends on it; how long it "
        "takes, and what it passes on its way, do.",
    )


STOP_BY = (
    "After every sweep up to 8,192 samples are drawn with the solver above, from noise and data held out for this, and "
    "measured. Four sweeps in a row without an improvement end the paper's search."
)


def metric(has_modes: bool, label: str = "Stop by", about: str = STOP_BY) -> None:
    """The output metric: what says when to stop, or what samples are judged by."""
    options = {name: metric.title for name, metric in METRICS.items() if has_modes or not metric.needs_modes}
    record.among("metric", options)
    st.selectbox(
        label,
        list(options),
        format_func=lambda name: options[name],
        key="metric",
        persist_state="session",
        help=about,
    )


def samples() -> None:
    """The samples behind every price of the paper's search."""
    st.segmented_control(
        "Samples behind each price",
        SEARCH_SAMPLES,
        format_func=lambda n: f"{n:,}",
        key="samples",
        required=True,
        persist_state="session",
        help="The paper takes 8,192: slower, and less noise in what the search follows.",
    )


def dials(view: SearchView) -> None:
    """Which matrix the optimum comes from, its weight, and how far towards it to go from the search's start."""
    able = priced(stochastic=False, own=False)
    borrow = {SOLVERS[name].title: SOLVERS[SOLVERS[name].price or name].title for name in able}
    words = [title if title == whose else f"{title} (at the prices of {whose})" for title, whose in borrow.items()]
    st.segmented_control(
        "Price a step by",
        list(MATRICES),
        format_func=lambda name: MATRICES[name],
        key="matrix",
        required=True,
        disabled=view.solver not in able,
        persist_state="session",
        help="Forward paths price what KLUB does. Trajectories of the ODE price the error of every single step: "
        f"for the solvers {', '.join(words)}.",
    )
    left, right = st.columns(2)
    with left:
        if view.prices_ode:
            st.select_slider(
                "Weight of the errors (γ)",
                GAMMAS,
                key="gamma",
                persist_state="session",
                help="1: errors add up as if all pointed one way. 2: as if they were independent.",
            )
        else:
            power()
    with right:
        share(view.start)


def share(start: str) -> None:
    """How far the schedule lies from the start towards the optimum."""
    st.slider(
        f"From {names.title(start)} to the optimum (%)",
        0,
        100,
        step=5,
        key="share",
        persist_state="session",
        help="Blends the two in log σ, level by level. The best is often on the way, not at the end.",
    )
