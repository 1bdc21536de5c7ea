"""The ways to find a schedule, kept between reruns by their configurations."""

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar, cast
from weakref import ref

import numpy as np

from ays_toy import names, optimize
from ays_toy.names import BASELINES, KLUB_POWER, QUEUED, RIVALS
from ays_toy.optimize import Needs
from ays_toy.runs import apart, cluster, finding, shipped
from ays_toy.runs.comparison import Model
from ays_toy.runs.finding import Chosen, OdePass, Pass, Walk
from ays_toy.runs.outcomes import Sampling
from ays_toy.sampling.schedules import MAX_STEPS, MIN_STEPS, Schedule
from ays_toy.ui import compute, leaving
from ays_toy.ui.kept import kept
from ays_toy.ui.tasks import Tasks, there, unwanted
from ays_toy.ui.view import ComparedView, ModelView, SearchView

T = TypeVar("T")


def named(
    model: Model, name: str, solver: str, steps: int, power: float = 2.0, metric: str = "energy"
) -> "Future[Schedule]":
    """The schedule of a name in `names.COMPARED`: what takes a search and does not ship is under way, the rest done."""
    if name in QUEUED:
        return _find(Asked(model, name, solver, steps, metric))
    if name in BASELINES or name in RIVALS:
        return _at_once(model, name, steps)
    power = KLUB_POWER if name == "klub-optimum" else power
    return _at_once(model, names.optimum(power), steps, power)


@kept(512)
def _at_once(model: Model, name: str, steps: int, power: float = 0.0) -> "Future[Schedule]":
    passed, walked = passes(model, name)
    return there(finding.find(model, passed, name, "", steps, power, walked=walked))


def passes(model: Model, name: str) -> tuple[Pass | None, Walk | None]:
    """The pass that a schedule found at once comes from, or the trajectories, where it needs them."""
    needs = optimize.RIVALS[name].needs if name in RIVALS else Needs.NOTHING if name in BASELINES else Needs.ERRORS
    passed = compute.one_pass(model) if needs is Needs.ERRORS else None
    return passed, compute.walked(model) if needs is Needs.TRAJECTORIES else None


class Asked(NamedTuple):
    """What a search, a choice or a fit is for."""

    model: Model
    name: str
    solver: str
    steps: int
    metric: str
    iterations: int = finding.REFINEMENT  # of a choice

    @property
    def setting(self) -> tuple[Model, str, int]:
        """What a session looks at, for which several may be found."""
        return self.model, self.solver, self.steps


@kept(512)
def _search(asked: Asked) -> Schedule:
    model, name, solver, steps, metric, iterations = asked
    named: dict[str, Any] = {"metric": metric, "iterations": iterations}
    if cluster.wanted():
        return cluster.do(finding.find, model, None, name, solver, steps, **named)
    passed = compute.one_pass(model) if name == "ays" else None
    return apart.until(unwanted, finding.find, model, passed, name, solver, steps, **named)


def found(model: Model, name: str, solver: str) -> dict[int, np.ndarray]:
    """Levels [n+1] by n of a name in `names.QUEUED`, as far as somebody has had it searched for."""
    every = {n: _search.known(Asked(model, name, solver, n, shipped.METRIC)) for n in range(MIN_STEPS, MAX_STEPS + 1)}
    return {n: one.sigmas for n, one in every.items() if one}


_searches: Tasks[Asked, Schedule] = Tasks(_search, compute.searches, compute.searches)
_wanted: dict[str, dict[Asked, "Future[Schedule]"]] = {}  # by session
_drawn: dict[str, list[ref[Future[compute.Outcome]]]] = {}  # by session; of its last view, as often as wanted


def _find(asked: Asked) -> "Future[Schedule]":
    """What ships, or a search that is under way or done; a session has those of one setting at a time."""
    if asked.metric == shipped.METRIC and (ready := shipped.find(asked.model, asked.solver, asked.steps, asked.name)):
        return there(ready)
    return _under_way(asked)


def _under_way(asked: Asked) -> "Future[Schedule]":
    session = leaving.this_session()
    mine = _wanted.setdefault(session, {})
    if session:
        for other in [one for one in mine if one.setting != asked.setting]:
            _searches.drop([mine.pop(other)])
    if asked not in mine or mine[asked].cancelled():
        mine[asked] = _searches.want(asked)
    found = mine[asked]
    leaving.note()  # a session that was closed while its page ran is closed once more when that ends
    return found


def result(found: "Future[T]") -> T:
    """What was found, waited for; where that failed it is told once, and whoever asks again has it tried again."""
    try:
        return compute.waited(found)
    except Exception:
        forget_failed()
        raise


def forget_failed() -> None:
    """Have this session's searches that have failed begin anew when they are asked for again."""
    mine = _wanted.get(leaving.this_session(), {})
    for asked in [one for one, future in mine.items() if _failed(future)]:
        del mine[asked]


def _failed(future: "Future[Schedule]") -> bool:
    return future.done() and not future.cancelled() and future.exception() is not None


def _closed(session: str) -> None:
    _searches.drop(_wanted.pop(session, {}).values())
    _stop(session)


leaving.closing.append(_closed)


def of(view: ComparedView, name: str) -> "Future[Schedule]":
    """A schedule of a page on which schedules stand side by side."""
    return named(view.chosen_model, name, view.solver, view.steps, view.power)


def any_found(view: ComparedView, waiting: Iterable[str]) -> bool:
    """Whether one of those that were searched for is there."""
    return any(of(view, name).done() for name in waiting)


def optimum(model: Model, steps: int, power: float = KLUB_POWER) -> Schedule:
    """The optimum for the power."""
    return named(model, names.optimum(power), "", steps, power).result()


def family(view: SearchView, steps: int) -> Schedule:
    """The baseline that the page's search starts from."""
    return named(view.chosen_model, view.start, "", steps).result()


def p_optimum(view: SearchView, steps: int) -> Schedule:
    """The optimum by the page's dials: matrix, weight, and the share of the way from the start to the optimum."""
    if view.prices_ode:
        best = _ode_optimum(view.chosen_model, view.solver, steps, view.gamma)
    else:
        best = optimum(view.chosen_model, steps, view.power)
    return blended(family(view, steps), best, view.share)


def blended(first: Schedule, best: Schedule, percent: int) -> Schedule:
    """The schedule that lies so far on the way from the first to an optimum; at 100 the optimum itself."""
    if percent == 100:
        return best
    name = "p-optimum" if best.name == "klub-optimum" else best.name
    title = names.blend(first.title, best.title, percent / 100)
    return replace(best, name=name, title=title, sigmas=optimize.blend(first.sigmas, best.sigmas, percent / 100))


def begin(
    view: ModelView,
    shown: Mapping[str, Schedule],
    later: Collection[str] = (),
    pictured: Collection[str] | None = None,
) -> compute.Outcomes:
    """Begin drawing samples of every schedule and of the data; drop what the last view left in the queue.

    Those named in `later` are drawn when nobody waits for others; `pictured` is as in `compute.start`.
    """
    let_go()
    return begin_more(compute.samplings(view.chosen_model, view.solver, view.seed, shown), later, pictured)


def begin_more(
    wanted: Mapping[str, Sampling], later: Collection[str] = (), pictured: Collection[str] | None = None
) -> compute.Outcomes:
    """Begin drawing these, too: they are dropped with the session's next view, or when it is closed."""
    outcomes = compute.start(wanted, later, pictured)
    hold(outcomes)
    return outcomes


def let_go() -> None:
    """Drop what this session's last view left in the queue."""
    _stop(leaving.this_session())


def _stop(session: str) -> None:
    compute.stop([one for held in _drawn.pop(session, ()) if (one := held())])


def hold(outcomes: compute.Outcomes) -> None:
    """Have these, too, dropped with the session's next view, or when it is closed."""
    _drawn.setdefault(leaving.this_session(), []).extend(map(ref, outcomes.values()))
    leaving.note()  # as for searches


@kept(16)
def _ode_pass(model: Model) -> OdePass:
    return finding.ode_pass(model)


@kept(256)
def _ode_optimum(model: Model, solver: str, steps: int, gamma: float) -> Schedule:
    return finding.ode_optimum(_ode_pass(model), solver, steps, gamma)


def choice(model: Model, solver: str, steps: int, metric: str, iterations: int) -> "Future[Chosen]":
    """The automatic choice with its evidence, under way or done."""
    return cast("Future[Chosen]", _under_way(Asked(model, "choice", solver, steps, metric, iterations)))


def is_chosen(model: Model, solver: str, steps: int, metric: str, iterations: int) -> bool:
    """Whether that choice has been made, or is being made."""
    return _searches.knows(Asked(model, "choice", solver, steps, metric, iterations))
