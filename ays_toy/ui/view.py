"""The state of the pages: what each shows, kept in the URL, shared between pages where they ask the same.

Every field is a widget's key. Pages that share a field share its value for as long as the session lives, so that data,
model and solver chosen on one page are those of the next.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from ays_toy import catalog
from ays_toy.comparison import Model
from ays_toy.live_search import SearchConfig
from ays_toy.metrics import METRICS
from ays_toy.ode import EXTRAPOLATES
from ays_toy.reading import read_link
from ays_toy.samplers import SOLVERS
from ays_toy.schedules import SCHEDULES
from ays_toy.ui import codec, frame
from ays_toy.ui.background import device

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SIGMAS_MIN = (0.002, 0.005, 0.01, 0.02, 0.05)
SIGMAS_MAX = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
POWERS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0)
MIN_STEPS, MAX_STEPS, MAX_SEED, MAX_BASELINES = 2, 40, 9999, 2

MAX_MORE = 60
SEARCH_SAMPLES = (512, 2048, 8192)
GAMMAS = (1.0, 1.25, 1.5, 1.75, 2.0)
MATRICES = {"forward": "Forward paths (KLUB)", "ode": "ODE trajectories"}


def brought(text: str) -> tuple[float, ...]:
    """Levels in a link as they were brought, at most those of as many steps as a page shows, and a final zero."""
    return read_link(text, MAX_STEPS + 2)


V = TypeVar("V", bound="DataclassInstance")


@dataclass(frozen=True)
class ModelView:
    """The fields of every page that looks at one model."""

    data: str = codec.param("grid-8x8", codec.checked(catalog.dataset))
    model: str = codec.param("exact", codec.checked(catalog.check_kind))
    solver: str = codec.param("stochastic-ddim", codec.choice(SOLVERS, "solver"))
    steps: int = codec.param(8, codec.whole("The number of steps", MIN_STEPS, MAX_STEPS))
    sigma_min: float = codec.param(0.002, codec.one_of(SIGMAS_MIN, "The lowest noise level"))
    sigma_max: float = codec.param(80.0, codec.one_of(SIGMAS_MAX, "The highest noise level"))
    seed: int = codec.param(0, codec.whole("The noise's seed", 0, MAX_SEED))

    @property
    def chosen_model(self) -> Model:
        """The model and its range, the part that a PathGram depends on."""
        return Model.current(self.data, self.model, self.sigma_min, self.sigma_max)


@dataclass(frozen=True)
class View(ModelView):
    """The Explore page's state."""

    baselines: tuple[str, ...] = codec.param(("edm", "logsnr"), codec.choices(SCHEDULES, "schedules", MAX_BASELINES))
    power: float = codec.param(2.0, codec.one_of(POWERS, "The weight's power"))
    yours: tuple[float, ...] = codec.param((), brought)


@dataclass(frozen=True)
class SearchView(ModelView):
    """The Optimize page's state: the paper's search, and the dials of the optimum that goes past it."""

    steps: int = codec.param(10, codec.whole("The number of steps", MIN_STEPS, MAX_STEPS))  # the paper's
    start: str = codec.param("edm", codec.choice(SCHEDULES, "schedule"))
    metric: str = codec.param("energy", codec.choice(METRICS, "metric"))
    samples: int = codec.param(2048, codec.one_of(SEARCH_SAMPLES, "The number of samples"))
    matrix: str = codec.param("forward", codec.choice(MATRICES, "matrix"))
    power: float = codec.param(2.0, codec.one_of(POWERS, "The weight's power"))
    gamma: float = codec.param(1.5, codec.one_of(GAMMAS, "The weight's gamma"))
    share: int = codec.param(100, codec.whole("The share of the optimum", 0, 100))
    more: int = codec.param(20, codec.whole("The larger number of steps", MIN_STEPS, MAX_MORE))

    @property
    def prices_ode(self) -> bool:
        """Whether the optimum is that of the ODE's errors: for solvers that follow it, where that is chosen."""
        return self.matrix == "ode" and self.solver in EXTRAPOLATES

    @property
    def search(self) -> SearchConfig:
        """The search that the controls describe."""
        return SearchConfig(
            self.chosen_model, self.solver, self.steps, self.start, self.metric, self.samples, device=device()
        )


def open_view(cls: type[V]) -> list[str]:
    """Fill the widgets from the link, once a session and page -> sentences on what in the link was not usable.

    What the link does not name stays as another page left it. A model that is none of the data's is left at the exact
    one.
    """
    frame.within_app()
    problems: list[str] = []
    if f"opened {cls.__name__}" not in st.session_state:
        st.session_state[f"opened {cls.__name__}"] = True
        view, problems = codec.from_query(cls, st.query_params)
        for field in fields(cls):
            if field.name in st.query_params or field.name not in st.session_state:
                value = getattr(view, field.name)
                st.session_state[field.name] = list(value) if isinstance(value, tuple) else value
    for field in fields(cls):  # after another page filled the widgets that both share
        default: Any = field.default
        st.session_state.setdefault(field.name, list(default) if isinstance(default, tuple) else default)
    return problems


def has_modes() -> bool:
    """Whether the chosen data have modes that can be counted."""
    return catalog.dataset(st.session_state["data"]).has_modes


def current(cls: type[V]) -> V:
    """What the widgets say, written into the URL too; call it after they are drawn."""
    values = {field.name: st.session_state[field.name] for field in fields(cls)}
    view = cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
    st.query_params.from_dict(codec.to_query(view))
    return view
