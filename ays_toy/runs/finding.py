"""Ways to find a schedule for a model, each with what it cost: search, passes, automatic choice, other papers' ways."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch

from ays_toy import checks, names, optimize, seeds
from ays_toy.data.counted import Counted, never
from ays_toy.estimates import Measured
from ays_toy.metrics import evaluate
from ays_toy.optimize import RIVALS, Choice, Given, Needs
from ays_toy.pricing.intervals import checked_power
from ays_toy.pricing.ode import OdePaths, OdeWalk
from ays_toy.pricing.paths import PathGram
from ays_toy.runs.comparison import LEVELS, SAMPLES, Model, draw_samples, on_equal_terms
from ays_toy.runs.live_search import SearchConfig, SearchState, held_out_score
from ays_toy.sampling import schedules
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.schedules import Schedule

FRESH_DATA = Schedule("data", "Fresh data")  # beside schedules: the best that any could do
ODE_PATHS, ODE_LEVELS = 1024, 64
CHOICE_POINTS = 8192
REFINEMENT = optimize.Effort().iterations  # of the automatic choice, unless more or fewer are asked for


class Pass(NamedTuple):
    """One pass over coupled paths, which prices every schedule, and its cost."""

    gram: PathGram
    calls: int
    seconds: float


class OdePass(NamedTuple):
    """Trajectories of the ODE, which price every step of its solvers, and their cost."""

    paths: OdePaths
    calls: int
    seconds: float


class Walk(NamedTuple):
    """Trajectories of the ODE on a finer grid, which comparators look at as such, and their cost."""

    walk: OdeWalk
    calls: int
    seconds: float


def one_pass(model: Model) -> Pass:
    """The model's PathGram."""
    began = time.perf_counter()
    gram = model.collect()
    return Pass(gram, gram.paths * gram.grid.size, time.perf_counter() - began)


def optimum(passed: Pass, steps: int, power: float = 3.0) -> Schedule:
    """The schedule of least cost for the power, 3 being KLUB."""
    began = time.perf_counter()
    sigmas = optimize.optimum(passed.gram, steps, power)
    seconds = passed.seconds + time.perf_counter() - began
    return Schedule(names.optimum(power), names.title("p-optimum", power), sigmas, passed.calls, seconds)


def ode_pass(model: Model) -> OdePass:
    """The model's trajectories along the ODE."""
    walk, calls, seconds = followed(model, ODE_LEVELS, ODE_PATHS)
    return OdePass(walk.paths, calls, seconds)


def followed(model: Model, levels: int = LEVELS, paths: int | None = None) -> Walk:
    """The model's trajectories along the ODE themselves; as many as `Model.particles` where `paths` is not given."""
    began, denoiser = time.perf_counter(), Counted(model.denoiser())
    generator = torch.Generator().manual_seed(seeds.ODE_PASS)
    x_T = model.dataset.noisy(paths or model.particles, model.sigma_max, generator)
    walk = OdeWalk.collect(denoiser, x_T, schedules.logsnr(levels - 1, model.sigma_min, model.sigma_max))
    return Walk(walk, denoiser.given, time.perf_counter() - began)


def ode_optimum(passed: OdePass, solver: str, steps: int, gamma: float) -> Schedule:
    """The schedule of least summed error of the solver's steps, or those that stand for them (`Solver.price`).

    gamma is as in `OdePaths.costs`.
    """
    began = time.perf_counter()
    sigmas = optimize.ode_schedules(passed.paths, steps, solver, gamma)[steps]
    seconds = passed.seconds + time.perf_counter() - began
    return Schedule("ode-optimum", names.ode_optimum(gamma), sigmas, passed.calls, seconds)


def searched(config: SearchConfig, state: SearchState, sweep: int) -> Schedule:
    """What the paper's search had reached after a sweep, at the price of searching and scoring until then.

    It is AYS where the rule stopped, AYS at rest where nothing moved any more, and AYS with its sweep in between.
    """
    name, title = "ays", f"{names.title('ays')}, sweep {sweep}"
    if state.rested and sweep == len(state.sweeps) - 1:
        name = "ays-at-rest"
        title = names.title(name)
    elif sweep == state.stop:
        title = names.title(name)
    scoring = (sweep + 1) * config.held_out * denoiser_calls(config.solver, config.steps)
    done = state.sweeps[sweep]
    return Schedule(name, title, done.sigmas, done.calls + scoring, state.seconds[sweep])


def stopped(config: SearchConfig, state: SearchState) -> Schedule | None:
    """The sweep that the rule chose, at the price of the sweeps that showed it to be the best; None before."""
    if state.stop is None:
        return None
    known = min(state.stop + config.patience, len(state.sweeps) - 1)
    price = searched(config, state, known)
    return Schedule("ays", names.title("ays"), state.sweeps[state.stop].sigmas, price.calls, price.seconds)


@dataclass(frozen=True, eq=False)
class Stopped(Schedule):
    """AYS, and the sweep that it was stopped at."""

    sweep: int = field(kw_only=True)


def stopped_search(
    model: Model, passed: Pass, solver: str, steps: int, metric: str = "energy", stop: Callable[[], bool] = never
) -> Stopped:
    """AYS: the paper's search from EDM, stopped early by the metric on noise and data held out for that.

    Its prices come from the pass rather than from Monte Carlo: seconds instead of minutes, and no other result but for
    noise.
    """
    began, denoiser = time.perf_counter(), Counted(model.denoiser(), stop)
    score = held_out_score(model, denoiser, solver, metric)
    first = schedules.edm(steps, model.sigma_min, model.sigma_max)
    *_, last = optimize.stopped_search(optimize.GramCosts(passed.gram), first, score)
    seconds = passed.seconds + time.perf_counter() - began
    calls = passed.calls + denoiser.given
    return Stopped("ays", names.title("ays"), last.sigmas, calls, seconds, sweep=last.chosen)


@dataclass(frozen=True, eq=False)
class Chosen(Schedule):
    """The automatic choice, and the evidence for it."""

    choice: Choice = field(kw_only=True)


def choose(
    model: Model,
    solver: str,
    steps: int,
    metric: str = "energy",
    iterations: int = REFINEMENT,
    stop: Callable[[], bool] = never,
) -> Chosen:
    """The automatic choice for a model, refined by so many iterations: none where that is 0."""
    began, generator = time.perf_counter(), torch.Generator().manual_seed(seeds.CHOICE)
    denoiser = Counted(model.denoiser(), stop)
    made = optimize.choose(
        denoiser,
        model.dataset.sample(CHOICE_POINTS, generator),
        solver,
        steps,
        generator=generator,
        metric=metric,
        sigma_min=model.sigma_min,
        sigma_max=model.sigma_max,
        data=model.dataset,
        refine=iterations > 0,
        effort=optimize.Effort(iterations) if iterations else None,
    )
    seconds = time.perf_counter() - began
    return Chosen("choice", names.title("choice"), made.sigmas, denoiser.given, seconds, choice=made)


def rival(
    model: Model,
    name: str,
    solver: str,
    steps: int,
    passed: Pass | None = None,
    walked: Walk | None = None,
    stop: Callable[[], bool] = never,
) -> Schedule:
    """What another paper's way of that name in `RIVALS` finds, from a pass or trajectories where it needs them."""
    one = checks.lookup(RIVALS, name, "comparator")
    checks.whole_number(steps, "The number of steps", 1, LEVELS - 1)
    given, calls, seconds = Given(model.sigma_min, model.sigma_max, solver), 0, 0.0
    if one.needs is Needs.ERRORS:
        gram, calls, seconds = passed or one_pass(model)
        given = replace(given, gram=gram)
    elif one.needs is Needs.TRAJECTORIES:
        walk, calls, seconds = walked or followed(model)
        given = replace(given, walk=walk)
    began, denoiser = time.perf_counter(), Counted(model.denoiser(), stop)
    if one.needs is Needs.GRADIENTS:
        x_T = model.dataset.noisy(model.starts, model.sigma_max, torch.Generator().manual_seed(seeds.RIVAL))
        given = replace(given, denoiser=denoiser, x_T=x_T)
    sigmas = one.find(given, steps)
    return Schedule(name, one.title, sigmas, calls + denoiser.given, seconds + time.perf_counter() - began)


def family(model: Model, name: str, steps: int) -> Schedule:
    """A baseline over the model's range."""
    return Schedule(name, names.title(name), schedules.SCHEDULES[name](steps, model.sigma_min, model.sigma_max))


def find(
    model: Model,
    passed: Pass | None,
    name: str,
    solver: str,
    steps: int,
    power: float = 2.0,
    metric: str = "energy",
    iterations: int = REFINEMENT,
    walked: Walk | None = None,
    stop: Callable[[], bool] = never,
) -> Schedule:
    """The schedule of a name in `names.COMPARED`, over the model's range; `power` is that of the p-optimum.

    The metric stops the paper's search and makes the automatic choice, whose refinement has so many iterations;
    baselines and that choice need no pass, and some comparators the trajectories `walked`. What is needed and not given
    is made. Raises ValueError for an unknown name, and `Stopped` between two calls of the denoiser once `stop` says so.
    """
    checks.lookup(dict.fromkeys(names.COMPARED), name, "schedule")
    if name in names.BASELINES:
        return family(model, name, steps)
    if name == "choice":
        return choose(model, solver, steps, metric, iterations, stop)
    if name in RIVALS:
        return rival(model, name, solver, steps, passed, walked, stop)
    passed = passed or one_pass(model)
    if name == "ays":
        return stopped_search(model, passed, solver, steps, metric, stop)
    return optimum(passed, steps, names.KLUB_POWER if name == "klub-optimum" else power)


def compare(
    model: Model,
    solver: str = "stochastic-ddim",
    steps: int = 8,
    power: float = 2.0,
    seed: int = 0,
    n: int | None = None,
    metrics: Iterable[str] | None = None,
    which: Iterable[str] = names.USUAL,
    brought: Iterable[Schedule] = (),
) -> list[Measured]:
    """KLUB and metrics on n samples of the schedules named, and the metrics of fresh data as the floor, last.

    What is `brought` stands first. ValueError, before the pass, unless it has the range and the number of
    steps of the others, and unless the pass's grid holds that many steps.
    """
    checks.whole_number(steps, "The number of steps", 1, LEVELS - 1)
    checked_power(power)
    yours = [on_equal_terms(model, one, steps) for one in brought]
    passed, reference, which = one_pass(model), model.reference(n or SAMPLES), list(which)
    follows = any(RIVALS[name].needs is Needs.TRAJECTORIES for name in which if name in RIVALS)
    walked = followed(model) if follows else None
    wanted, rows = None if metrics is None else list(metrics), []
    for found in (*yours, *(find(model, passed, name, solver, steps, power, walked=walked) for name in which)):
        samples = draw_samples(model, found.sigmas, solver, seed, n)
        rows.append(Measured(found, passed.gram.price(found.sigmas), evaluate(samples, reference, wanted)))
    return [*rows, Measured(FRESH_DATA, None, evaluate(model.fresh_data(n), reference, wanted))]
