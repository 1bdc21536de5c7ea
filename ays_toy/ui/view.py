"""The state of the pages: what each shows, kept in the URL, shared between pages where they ask the same.

Every field is a widget's key. Pages that share a field share its value for as long as the session lives, so that data,
model and solver chosen on one page are those of the next; the address of every page holds them, whether it shows them
or not. `record.py` keeps them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from ays_toy import names, seeds, serving
from ays_toy.exchange.reading import read_link
from ays_toy.lessons import place
from ays_toy.metrics import DEFAULT, METRICS
from ays_toy.models import catalog
from ays_toy.runs import finding
from ays_toy.runs.comparison import Model
from ays_toy.runs.live_search import SearchConfig
from ays_toy.sampling.schedules import MAX_STEPS, MIN_STEPS, SCHEDULES
from ays_toy.sampling.solvers import find, priced
from ays_toy.sampling.trajectories import FEWEST, MOST
from ays_toy.ui import codec, frame, hiding, keeper, presenting, printing, record
from ays_toy.ui.background import device
from ays_toy.ui.components.search import MOST_SWEEPS
from ays_toy.ui.lessons import bar, course

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SIGMAS_MIN = (0.002, 0.005, 0.01, 0.02, 0.05)
SIGMAS_MAX = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
POWERS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0)
MAX_SEED = seeds.PAGES[-1]
COLUMNS = {"klub": "KLUB"} | {name: METRICS[name].title for name in DEFAULT}  # of the table of schedules

MAX_MORE = 60
SEARCH_SAMPLES = (512, 2048, 8192)
REFINEMENTS = (0, 60, 150, 400)  # iterations of the automatic choice's refinement
GAMMAS = (1.0, 1.25, 1.5, 1.75, 2.0)
TAKEN = (
    *("start", "ays", "hand", "rest", "klub", "p-optimum", "choice"),  # as found on Optimize
    *(f"longer {name}" for name in ("ays", "refined", "p-optimum", "klub", "start")),  # resampled, refined, found anew
)
MATRICES = {"forward": "Forward paths (KLUB)", "ode": "ODE trajectories"}


def solver_named(text: str) -> str:
    """Our name of a solver in a link, which may be another tool's."""
    return find(text).name


def brought(text: str) -> tuple[float, ...]:
    """Levels in a link as they were brought, at most those of as many steps as a page shows, and a final zero."""
    return read_link(text, MAX_STEPS + 2)


V = TypeVar("V", bound="DataclassInstance")


@dataclass(frozen=True)
class ModelView:
    """The fields of every page that looks at one model."""

    data: str = codec.param("grid-8x8", codec.checked(catalog.dataset))
    model: str = codec.param("exact", codec.checked(catalog.check_kind))
    solver: str = codec.param("stochastic-ddim", solver_named)
    steps: int = codec.param(8, codec.whole("The number of steps", MIN_STEPS, MAX_STEPS))
    sigma_min: float = codec.param(0.002, codec.one_of(SIGMAS_MIN, "The lowest noise level"))
    sigma_max: float = codec.param(80.0, codec.one_of(SIGMAS_MAX, "The highest noise level"))
    seed: int = codec.param(0, codec.whole("The noise's seed", 0, MAX_SEED))

    @property
    def chosen_model(self) -> Model:
        """The model and its range, the part that a PathGram depends on."""
        return Model.current(self.data, self.model, self.sigma_min, self.sigma_max)


def _shown(text: str) -> tuple[str, ...]:
    """Read two to four schedules from a link."""
    several = codec.choices(dict.fromkeys(names.COMPARED), "schedules", MOST)(text)
    if len(several) < FEWEST:
        raise ValueError(f"Choose at least {FEWEST} schedules, not {len(several)}.")
    return several


_SHOWABLE = dict.fromkeys([*names.COMPARED, "yours"])


def _columns() -> Any:
    """A field for the columns of the table of schedules."""
    return codec.param(("klub", "energy", "nll", "sliced-w2"), codec.choices(COLUMNS, "columns", len(COLUMNS)))


@dataclass(frozen=True)
class ComparedView(ModelView):
    """The fields of every page on which schedules stand side by side."""

    shown: tuple[str, ...] = codec.param(("edm", "logsnr", "ays", "choice"), _shown)
    power: float = codec.param(2.0, codec.one_of(POWERS, "The weight's power"))  # of the p-optimum

    @property
    def names(self) -> list[str]:
        """The schedules shown, each once: the p-optimum of p = 3 is the KLUB optimum."""
        return list(dict.fromkeys(names.optimum(self.power) if name == "p-optimum" else name for name in self.shown))


@dataclass(frozen=True)
class Shared(ComparedView):
    """All that more than one page asks, whichever page is open."""

    metric: str = codec.param("energy", codec.choice(METRICS, "metric"))
    share: int = codec.param(100, codec.whole("The share of the optimum", 0, 100))
    columns: tuple[str, ...] = _columns()
    lesson: str = codec.param("", codec.checked(place.read))  # and its step, where a learner is
    nickname: str = codec.param("", keeper.read_nickname)  # on a shared server: whose things are kept
    hide: tuple[str, ...] = codec.param((), hiding.read)  # the fields whose controls a link leaves out
    present: int = codec.param(0, codec.whole("Whether to present", 0, 1))  # in large type, without a sidebar


@dataclass(frozen=True)
class View(ComparedView):
    """The Explore page's state."""

    yours: tuple[float, ...] = codec.param((), brought)
    columns: tuple[str, ...] = _columns()
    noises: str | None = codec.param(None, codec.choice(_SHOWABLE, "schedule"))  # drawn from three noises, if any is


@dataclass(frozen=True)
class SearchView(ModelView):
    """The Optimize page's state: the paper's search, and the dials of the optimum that goes past it."""

    steps: int = codec.param(10, codec.whole("The number of steps", MIN_STEPS, MAX_STEPS))  # the paper's
    start: str = codec.param("edm", codec.choice(SCHEDULES, "schedule"))
    metric: str = codec.param("energy", codec.choice(METRICS, "metric"))
    samples: int = codec.param(2048, codec.one_of(SEARCH_SAMPLES, "The number of samples"))
    iterations: int = codec.param(finding.REFINEMENT, codec.one_of(REFINEMENTS, "The number of iterations"))
    matrix: str = codec.param("forward", codec.choice(MATRICES, "matrix"))
    power: float = codec.param(2.0, codec.one_of(POWERS, "The weight's power"))
    gamma: float = codec.param(1.5, codec.one_of(GAMMAS, "The weight's gamma"))
    share: int = codec.param(100, codec.whole("The share of the optimum", 0, 100))
    more: int = codec.param(20, codec.whole("The larger number of steps", MIN_STEPS, MAX_MORE))
    columns: tuple[str, ...] = _columns()
    sweep: int | None = codec.param(None, codec.whole("The sweep", 0, MOST_SWEEPS))  # stopped at by hand
    take: str = codec.param("ays", codec.choice(dict.fromkeys(TAKEN), "schedule to take home"))

    @property
    def prices_ode(self) -> bool:
        """Whether the optimum is that of the ODE's errors: for solvers that follow it, where that is chosen."""
        return self.matrix == "ode" and self.solver in priced(stochastic=False, own=False)

    @property
    def search(self) -> SearchConfig:
        """The search that the controls describe."""
        return SearchConfig(
            self.chosen_model, self.solver, self.steps, self.start, self.metric, self.samples, device=device()
        )


def open_view(cls: type[V]) -> list[str]:
    """Fill the page's widgets with what is chosen -> sentences on what in the link was not usable.

    An address that opens the page, or that the browser goes back to, is followed. What a link does not name stays as
    another page left it; where the browser goes back, it is at its default, as it was when it had that address.
    """
    frame.within_app()
    course.switch()
    session, own = record.this_session(), [field.name for field in fields(cls)]
    query, back = st.query_params.to_dict(), record.went_back()
    session.take(own)
    if opened := session.arrive(own) or back:
        session.address, session.problems, session.linked = None, [], set()
        _follow(session, cls, query, back)
        _follow(session, Shared, {name: text for name, text in query.items() if name not in own}, back, own)
    course.set_scene(session, cls, query if opened else None)
    for field in fields(cls):
        session.values.setdefault(field.name, field.default)
    _let_go(session, cls)
    session.give(own)
    return session.problems


def _let_go(session: record.Record, cls: type[Any]) -> None:
    """Say of what was kept and has been deleted that it is gone, and choose the default in its place."""
    for field in fields(cls):
        if field.name in ("data", "model") and (words := catalog.gone(session.values[field.name])):
            session.choose(field.name, field.default)
            session.address, session.problems = None, [*session.problems, words]  # said until something is changed


def _follow(
    session: record.Record, cls: type[Any], query: Mapping[str, str], whole: bool, besides: Sequence[str] = ()
) -> None:
    """Choose what the address says of the fields; where it is the whole truth, also what it leaves out, by default."""
    state, problems = codec.from_query(cls, query)
    session.problems += problems
    for field in fields(cls):
        if field.name in query or (whole and field.name not in besides and field.name in session.values):
            session.choose(field.name, getattr(state, field.name))
            session.linked.add(field.name)


def current(cls: type[V]) -> V:
    """What the widgets say, written into the URL too, with what other pages share; call it after they are drawn.

    On a shared server it is checked as what a link says is: a browser may send what its widgets do not offer.
    """
    session, own = record.this_session(), [field.name for field in fields(cls)]
    session.take(own)
    view = cls(**session.shown(own))
    if serving.current().shared:
        view, problems = codec.from_query(cls, codec.to_query(view), "What was chosen as ")
        for problem in problems:
            frame.remark(problem)
    elsewhere = {field.name: session.values.get(field.name, field.default) for field in fields(Shared)}
    shared = {name: text for name, text in codec.to_query(Shared(**elsewhere)).items() if name not in own}
    address = codec.to_query(view, course.held()) | shared
    st.query_params.from_dict(address)
    session.wrote(address)
    return view


def show(
    cls: type[V],
    *controls: Callable[[], Any],
    before: Callable[[], Sequence[str]] = tuple,
    settle: Callable[[V], None] | None = None,
    besides: Callable[[], Sequence[str]] = tuple,
) -> V:
    """Open the page of that state: draw its controls beside it, say what was not usable -> its state.

    `before` takes in what has happened since, ahead of the widgets, `settle` lets go what no longer fits the rest;
    `before` and `besides` return sentences for the page.
    """
    beside = (st.sidebar if controls else st).container()  # first, or what is beside it would move when it opens
    problems = open_view(cls)  # which an act on the page clears
    happened = before()
    presenting.begin()
    bar.begin()
    place = bar.place_for_controls(beside)
    with place:
        for control in controls:
            control()
    unseen = presenting.type_scale() > 1 or course.at_step()  # the sidebar: who presents has none, nor has a step
    with st.container() if unseen and place is beside else place:
        hiding.way_out(field.name for field in fields(cls))
    state = current(cls)
    if settle:
        settle(state)
        state = current(cls)
    for problem in dict.fromkeys([*problems, *happened, *besides()]):
        frame.remark(problem)
    printing.sheet(state)
    return state
