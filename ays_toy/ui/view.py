"""What the Explore page shows: its state, kept in the URL, and the widgets that change it."""

from dataclasses import dataclass, fields

import streamlit as st

from ays_toy import datasets
from ays_toy.comparison import MODELS, Model
from ays_toy.palette import STYLES
from ays_toy.samplers import SOLVERS
from ays_toy.schedules import SCHEDULES
from ays_toy.ui import codec

SIGMAS_MIN = (0.002, 0.005, 0.01, 0.02, 0.05)
SIGMAS_MAX = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
POWERS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0)
MIN_STEPS, MAX_STEPS, MAX_SEED, MAX_BASELINES = 2, 40, 9999, 2


@dataclass(frozen=True)
class View:
    """The Explore page's state."""

    data: str = codec.param("grid-8x8", codec.choice(datasets.DATASETS, "data set"))
    model: str = codec.param("exact", codec.choice(MODELS, "model"))
    solver: str = codec.param("stochastic-ddim", codec.choice(SOLVERS, "solver"))
    steps: int = codec.param(8, codec.whole("The number of steps", MIN_STEPS, MAX_STEPS))
    baselines: tuple[str, ...] = codec.param(("edm", "logsnr"), codec.choices(SCHEDULES, "schedules", MAX_BASELINES))
    power: float = codec.param(2.0, codec.one_of(POWERS, "The weight's power"))
    sigma_min: float = codec.param(0.002, codec.one_of(SIGMAS_MIN, "The lowest noise level"))
    sigma_max: float = codec.param(80.0, codec.one_of(SIGMAS_MAX, "The highest noise level"))
    seed: int = codec.param(0, codec.whole("The noise's seed", 0, MAX_SEED))

    @property
    def chosen_model(self) -> Model:
        """The model and its range, the part that a PathGram depends on."""
        return Model(self.data, self.model, self.sigma_min, self.sigma_max)


def open_view() -> list[str]:
    """Fill the widgets from the link, once a session -> sentences on what in the link was not usable."""
    if "data" in st.session_state:
        return []
    view, problems = codec.from_query(View, st.query_params)
    for field in fields(view):
        st.session_state[field.name] = getattr(view, field.name)
    st.session_state["baselines"] = list(view.baselines)
    return problems


def controls() -> View:
    """Draw the controls and return what they say, written into the URL too."""
    st.selectbox("Data", list(datasets.DATASETS), format_func=lambda name: datasets.get(name).title, key="data")
    st.segmented_control(
        "Model",
        list(MODELS),
        format_func=lambda name: MODELS[name],
        key="model",
        required=True,
        width="stretch",
        help="Exact: the posterior mean in closed form. Trained: a small network that ships with this project.",
    )
    st.selectbox("Solver", list(SOLVERS), format_func=lambda name: SOLVERS[name].title, key="solver")
    st.slider("Steps", MIN_STEPS, MAX_STEPS, key="steps")
    st.multiselect(
        "Compare the optimized schedule with",
        list(SCHEDULES),
        format_func=lambda name: STYLES[name].title,
        key="baselines",
        max_selections=MAX_BASELINES,
        help="Time-uniform and time-quadratic are uniform in the time of the VP process with linear β from 0.1 to 20.",
    )
    st.select_slider(
        "Optimize for (power p)",
        POWERS,
        key="power",
        help="The schedule minimizes the errors of all steps weighted by σ⁻ᵖ. p = 3 is KLUB, the paper's bound: "
        "precise samples, uneven mode masses. Lower p cares less about the finest detail and more about the masses.",
    )
    high, low = st.columns(2)
    range_help = "All schedules run from the highest noise level to the lowest, and all samples end at the lowest."
    high.selectbox("From noise σ", SIGMAS_MAX, key="sigma_max", format_func=lambda value: f"{value:g}")
    low.selectbox("down to", SIGMAS_MIN, key="sigma_min", format_func=lambda value: f"{value:g}", help=range_help)
    st.button("New noise", on_click=_new_noise, icon=":material/casino:", width="stretch")
    values = {field.name: st.session_state[field.name] for field in fields(View)}
    view = View(**{**values, "baselines": tuple(values["baselines"])})
    st.query_params.from_dict(codec.to_query(view))
    return view


def _new_noise() -> None:
    st.session_state["seed"] = (st.session_state["seed"] + 1) % (MAX_SEED + 1)
