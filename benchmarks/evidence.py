"""Which schedule wins where: `python -m benchmarks.evidence [--json … --method my_module:find]`.

Data sets, denoisers, solvers and numbers of steps, by every schedule: found with the seeds of searches, measured on
others. A row for every number, in one Parquet file. What is found is kept in parts beside it, so that a study that was
stopped goes on where it was, and one with other settings has rows of its own.
"""

import hashlib
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ays_toy import names, seeds
from ays_toy.metrics import evaluate
from ays_toy.metrics.law import law_of
from ays_toy.models import catalog
from ays_toy.optimize import WIDE
from ays_toy.optimize.points import STARTING
from ays_toy.runs import evidence, finding
from ays_toy.runs.comparison import Model, draw_samples, on_equal_terms
from ays_toy.runs.finding import Chosen, Pass
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.schedules import Schedule
from ays_toy.version import __version__
from benchmarks import shipping

FILE = evidence.FILE
DATA = ("grid-8x8", "multiscale", "moons", "spirals")  # of the study that ships, whose denoisers are exact
SOLVERS = ("stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m")
STEPS, KINDS = (5, 8, 12), ("exact",)
METRICS = ("energy", "sliced-w2", "nll", "mode-mass", "hist-kl")
SEEDS, SAMPLES = 3, 1 << 13
Find = Callable[[Model, str, int], Any]  # (model, solver, steps) -> levels [steps + 1], over the model's range


@dataclass(frozen=True)
class Case:
    """What a schedule is found for."""

    data: str
    kind: str
    solver: str
    steps: int


def settings() -> dict[str, Any]:
    """All that decides the numbers, besides the case, the schedule and the code of this version."""
    return {
        "version": __version__,
        "seeds": [seeds.CHOICE, seeds.EVIDENCE, SEEDS],
        "samples": SAMPLES,
        "metrics": list(METRICS),
        "choice": json.loads(json.dumps(asdict(WIDE))),
    }


def digest(*parts: Any) -> str:
    """A short name of what decides a part of the study."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def method(place: str) -> Find:
    """The function at module:name; ValueError where there is none."""
    module, _, name = place.partition(":")
    try:
        sys.path.insert(0, str(Path.cwd()))
        found: Find = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"There is no function {place}: name it as module:function ({error}).") from None
    return found


@lru_cache(maxsize=2)
def _pass(data: str, kind: str) -> Pass:
    return finding.one_pass(Model(data, kind))


def schedules_of(case: Case, which: Iterable[str], own: Find | None) -> Iterator[tuple[str, Schedule]]:
    """Every schedule asked for, by the name of its rows; the choice as it was before its refinement, too."""
    model = Model(case.data, case.kind)
    for name in which:
        if name == evidence.METHOD:
            assert own is not None
            began = time.perf_counter()
            levels = np.asarray(own(model, case.solver, case.steps), dtype=np.float64)
            brought = Schedule("yours", evidence.METHOD, levels, seconds=time.perf_counter() - began)
            yield name, on_equal_terms(model, brought, case.steps)
        elif name == "choice":
            made = finding.choose(model, case.solver, case.steps)
            yield name, made
            yield evidence.PLAIN, unrefined(case, made)
        else:
            yield name, finding.find(model, _pass(case.data, case.kind), name, case.solver, case.steps)


def unrefined(case: Case, made: Chosen) -> Schedule:
    """The choice as it was before its refinement, at the price of what came before that."""
    effort, rounds = WIDE.effort, made.choice.rounds
    assert effort is not None
    samples = effort.iterations * effort.samples + STARTING + len(rounds[-1]) * WIDE.rounds[-1][0]
    calls = made.calls - samples * denoiser_calls(case.solver, case.steps)
    return Schedule(evidence.PLAIN, evidence.title(evidence.PLAIN), rounds[-2][0].sigmas, calls)


def measure(case: Case, which: Iterable[str], own: str | None) -> pd.DataFrame:
    """All rows of a case: find the schedules, and measure them on seeds that nothing was found with."""
    torch.set_num_threads(1)  # cases run in parallel processes
    model, rows = Model(case.data, case.kind), []
    law, reference = law_of(model.dataset.mixture, model.sigma_min), model.reference(SAMPLES, seeds.EVIDENCE)
    for name, found in schedules_of(case, which, method(own) if own else None):
        about = {**asdict(case), "schedule": name, "title": found.title, "calls": found.calls, "seconds": found.seconds}
        price = _pass(case.data, case.kind).gram.price(found.sigmas)
        rows.append({**about, "metric": "klub", "seed": seeds.PASS, "value": price.value, "stderr": price.stderr})
        rows[-1]["levels"] = found.sigmas.tolist()
        for seed in range(seeds.EVIDENCE + 1, seeds.EVIDENCE + 1 + SEEDS):
            samples = draw_samples(model, found.sigmas, case.solver, seed, SAMPLES)
            values = {"energy": law.energy(samples), **evaluate(samples, reference, METRICS[1:])}
            rows += [
                {**about, "metric": metric, "seed": seed, "value": one.value, "stderr": one.stderr}
                for metric, one in values.items()
            ]
    return pd.DataFrame(rows)


def cases(data: Iterable[str], kinds: Iterable[str], solvers: Iterable[str], steps: Iterable[int]) -> list[Case]:
    """Every case, those of few steps first; networks for the data that one ships for."""
    every = (Case(d, kind, solver, n) for n, d, kind, solver in product(steps, data, kinds, solvers))
    return [case for case in every if case.kind == "exact" or catalog.ships(case.data)]


def report(rows: pd.DataFrame) -> Table:
    """Geometric means of the ratio to the best of a case, by solver, and how often the choice is beaten."""
    logs = evidence.ratios(rows).map(np.log)
    losses = evidence.beaten(rows) if "choice" in logs else {}
    solvers = list(dict.fromkeys(rows.solver))
    shown = Table("schedule", *solvers, "all", "beats the choice", title=f"energy distance / best, {len(logs)} cases")
    for name, every in evidence.overall(rows).items():
        by_solver = (np.exp(logs[name].xs(solver, level="solver").mean()) for solver in solvers)
        share = f"{losses[name]:.0%}" if name in losses else ""
        shown.add_row(evidence.title(name), *(f"{one:.2f}" for one in by_solver), f"{every.value:.2f}", share)
    return shown


def main(
    data: Annotated[list[str] | None, typer.Argument(help="Data sets; four when none is named.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The file of all rows; its parts lie beside it.")] = FILE,
    steps: Annotated[list[int], typer.Option(help="Numbers of steps.")] = list(STEPS),  # noqa: B006
    solver: Annotated[list[str], typer.Option(help="Solvers.")] = list(SOLVERS),  # noqa: B006
    kind: Annotated[list[str], typer.Option(help="Denoisers: exact, mlp.")] = list(KINDS),  # noqa: B006
    own: Annotated[
        str | None, typer.Option("--method", help="module:function, (model, solver, steps) -> levels.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes that share the cases.")] = 2,
    limit: Annotated[float, typer.Option("--for", help="Seconds after which no further case is begun.")] = 1e9,
) -> None:
    """Find every schedule for every case, and measure it on other seeds."""
    shipping.one_thread_each()
    if own:
        try:
            method(own)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    which, parts = [*names.COMPARED, *([evidence.METHOD] if own else [])], out.with_suffix(".parts")
    parts.mkdir(parents=True, exist_ok=True)
    wanted = {
        case: parts / f"{digest(asdict(case), which, own, settings())}.parquet"
        for case in cases(data or DATA, kind, solver, steps)
    }
    missing, end = [case for case, path in wanted.items() if not path.is_file()], time.monotonic() + limit
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(measure, case, which, own): case for case in missing}
        for done in track(as_completed(waiting), total=len(missing), description="cases"):
            keep(done.result(), wanted[waiting[done]])
            if time.monotonic() > end:
                pool.shutdown(cancel_futures=True)
                break
    there = [pd.read_parquet(path) for path in wanted.values() if path.is_file()]
    rows = pd.concat(there, ignore_index=True).assign(
        settings=digest(settings()), version=__version__, torch=torch.__version__
    )
    keep(rows, out)
    Console(width=140).print(report(rows))


def keep(rows: pd.DataFrame, path: Path) -> None:
    """Write rows, whole or not at all."""
    temporary = path.with_suffix(".part")
    rows.to_parquet(temporary, index=False)
    temporary.replace(path)


if __name__ == "__main__":
    typer.run(main)
