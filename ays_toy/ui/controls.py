"""The widgets that pages share: each draws one field of a view, in words first, and keeps it when its page is left."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import streamlit as st

from ays_toy import names
from ays_toy.metrics import METRICS
from ays_toy.models import catalog
from ays_toy.palette import STYLES
from ays_toy.sampling.schedules import MAX_STEPS, MIN_STEPS
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.sampling.trajectories import FEWEST, MOST
from ays_toy.ui import keeper, record, terms
from ays_toy.ui.view import COLUMNS, MAX_SEED, POWERS, SIGMAS_MAX, SIGMAS_MIN
from ays_toy.ui.whole import whole

EXPLAINED = ("choice", "ays", "klub-optimum", "p-optimum")
LATEST = "latest own data"  # the session's drawing or points that no list holds


def visible(*keys: str) -> bool:
    """Whether a widget of those fields is drawn: a lesson and a link leave out what they do not need. All ask here."""
    return any(map(record.visible, keys))


def draws(*keys: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a function draw the widgets of those fields where any of them is visible, and nothing otherwise."""

    def among_others(draw: Callable[..., None]) -> Callable[..., None]:
        @wraps(draw)
        def drawn(*given: Any, **more: Any) -> None:
            if visible(*keys):
                draw(*given, **more)

        return drawn

    return among_others


def pick(label: str, key: str, titles: Mapping[Any, str], kind: Callable[..., Any] = st.selectbox, **more: Any) -> Any:
    """Draw the widget of a field that is one of those with titles, or several of them -> what is chosen."""
    field = record.field_of(key)
    if not visible(field):
        first = next(iter(titles), None)
        chosen = st.session_state.get(field, first)
        return chosen if kind is st.multiselect or chosen is None or chosen in titles else first
    return kind(label, list(titles), format_func=lambda name: titles[name], key=key, persist_state="session", **more)


def data() -> None:
    """The data set: presets and the user's own, the chosen and the last drawing among them."""
    options = catalog.datasets(st.session_state.get("data"), st.session_state.get(LATEST), keeper=keeper.this_keeper())
    record.among("data", options)
    pick("Data", "data", options)


def model() -> None:
    """The denoiser: exact, shipped, or one that was trained here on these data."""
    chosen = record.this_session().values.get("model")
    options = catalog.models(st.session_state["data"], chosen, keeper=keeper.this_keeper())
    record.among("model", options)
    pick(
        "Model",
        "model",
        options,
        help="Exact: the posterior mean in closed form. Trained: a small network that ships with this project. "
        "Models that you train and keep on the Train page join the list.",
    )


def solver() -> None:
    """The solver."""
    about = "\n\n".join([f"{terms.about('Solver')}", *(f"**{one.title}:** {one.about}" for one in SOLVERS.values())])
    pick("Solver", "solver", {name: one.title for name, one in SOLVERS.items()}, help=about)


@draws("steps")
def steps(among: Sequence[int] = ()) -> None:
    """The number of steps of every schedule; one among a few where others take long to show."""
    about = terms.about("Steps")
    if among:
        st.select_slider("Steps", among, key="steps", persist_state="session", help=about)
    else:
        st.slider("Steps", MIN_STEPS, MAX_STEPS, key="steps", persist_state="session", help=about)


WHAT = (data, model, solver, steps)  # what every page on a model in 2D asks first


def schedules() -> None:
    """Two to four schedules side by side."""
    about = " ".join(f"**{STYLES[name].title}:** {STYLES[name].about}" for name in EXPLAINED)
    pick(
        "Schedules side by side",
        "shown",
        {name: names.title(name) for name in names.COMPARED},
        st.multiselect,
        max_selections=MOST,
        help=f"{FEWEST} to {MOST}. {about} From **{names.title('entropic')}** on: what other papers propose.",
    )


def enough(chosen: int, least: int = FEWEST) -> None:
    """Where fewer schedules are chosen than a page needs, have it say so and nothing else."""
    if chosen < least:
        st.info(f"Choose {FEWEST} to {MOST} schedules to lay side by side.", icon=":material/view_column:")
        st.stop()


def power_if_shown() -> None:
    """The weight of the p-optimum, where that is among the schedules shown."""
    if "p-optimum" in st.session_state["shown"]:
        power()


@draws("columns")
def columns() -> None:
    """What the table of schedules shows."""
    with st.popover("Columns of the table", icon=":material/view_column:", width="stretch"):
        pick("Columns", "columns", COLUMNS, st.multiselect)


@draws("power")
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


@draws("sigma_max", "sigma_min")
def noise_range() -> None:
    """The highest and the lowest noise level."""
    high, low = st.columns(2)
    about = "All schedules run from the highest noise level to the lowest, and all samples end at the lowest."
    about += f"\n\n{terms.about('noise level, schedule')}"
    pick("From noise σ", "sigma_max", {sigma: f"{sigma:g}" for sigma in SIGMAS_MAX}, high.selectbox)
    pick("down to", "sigma_min", {sigma: f"{sigma:g}" for sigma in SIGMAS_MIN}, low.selectbox, help=about)


@draws("seed")
def new_noise() -> None:
    """A button for another seed."""
    st.button("New noise", on_click=_new_noise, icon=":material/casino:", width="stretch")


@whole
def _new_noise() -> None:
    st.session_state["seed"] = (st.session_state["seed"] + 1) % (MAX_SEED + 1)


def metric(label: str, about: str) -> None:
    """The output metric, for what it is asked; of modes where the data have any."""
    has_modes = catalog.dataset(st.session_state["data"]).has_modes
    options = {name: metric.title for name, metric in METRICS.items() if has_modes or not metric.needs_modes}
    record.among("metric", options)
    pick(label, "metric", options, help=about)


def refined_by(key: str, counts: Sequence[int], cost: str) -> None:
    """A slider of the iterations of a refinement for the field of that key, with words on what they cost."""
    st.select_slider(
        "Refinement of the choice (iterations)",
        counts,
        format_func=lambda count: f"{count}" if count else "none",
        key=key,
        persist_state="session",
        help=f"{terms.about('Refinement')} {cost}",
    )


@draws("share")
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
