"""Cells of a study: what a schedule is found for, the rows that its samples give, and how processes share the work.

A cell's rows are kept in a part of their own as soon as they are there, so that a study that was stopped goes on.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import torch
from rich.progress import track

from ays_toy import seeds
from ays_toy.metrics import Reference, evaluate
from ays_toy.metrics.law import law_of
from ays_toy.models import catalog
from ays_toy.runs import finding
from ays_toy.runs.comparison import Model, draw_samples
from ays_toy.runs.finding import Pass
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import Solver
from benchmarks import shipping

METRICS = ("energy", "sliced-w2", "nll", "mode-mass", "hist-kl")
SEEDS, SAMPLES = 3, 1 << 13


@dataclass(frozen=True)
class Case:
    """What a schedule is found for."""

    data: str
    kind: str
    solver: str
    steps: int

    @property
    def model(self) -> Model:
        """Its data with their denoiser."""
        return Model(self.data, self.kind)


Some = TypeVar("Some", bound=Case)


def cases(data: Iterable[str], kinds: Iterable[str], solvers: Iterable[str], steps: Iterable[int]) -> list[Case]:
    """Every case, those of few steps first; networks for the data that one ships for."""
    every = (Case(d, kind, solver, n) for n, d, kind, solver in product(steps, data, kinds, solvers))
    return [case for case in every if case.kind == "exact" or catalog.ships(case.data)]


@lru_cache(maxsize=2)
def one_pass(data: str, kind: str) -> Pass:
    """The pass that prices schedules, once in every process."""
    return finding.one_pass(Model(data, kind))


@lru_cache(maxsize=2)
def _reference(model: Model) -> Reference:
    return model.reference(SAMPLES, seeds.EVIDENCE)


def rows_of(
    case: Case,
    name: str,
    found: Schedule,
    metrics: Iterable[str] = METRICS,
    solver: Solver | None = None,
) -> Iterator[dict[str, Any]]:
    """A row for the price of a schedule and for every metric of its samples, on seeds that nothing was found with.

    Samples are by the case's solver, or by another one that takes its place.
    """
    model, metrics = case.model, list(metrics)
    about = {**asdict(case), "schedule": name, "title": found.title, "calls": found.calls, "seconds": found.seconds}
    price = one_pass(case.data, case.kind).gram.price(found.sigmas)
    yield {
        **about,
        **{"metric": "klub", "seed": seeds.PASS, "value": price.value, "stderr": price.stderr},
        "levels": found.sigmas.tolist(),
    }
    for seed in range(seeds.EVIDENCE + 1, seeds.EVIDENCE + 1 + SEEDS):
        samples = draw_samples(model, found.sigmas, solver or case.solver, seed, SAMPLES)
        values = evaluate(samples, _reference(model), [metric for metric in metrics if metric != "energy"])
        if "energy" in metrics:
            values = {"energy": law_of(model.dataset.mixture, model.sigma_min).energy(samples), **values}
        for metric, one in values.items():
            yield {**about, "metric": metric, "seed": seed, "value": one.value, "stderr": one.stderr}


def shared(
    wanted: Mapping[Some, Path], work: Callable[[Some], pd.DataFrame], workers: int, limit: float
) -> list[pd.DataFrame]:
    """The rows of every case that is done: those with a part as they are, others worked at until the limit in seconds.

    What is under way then is finished.
    """
    shipping.one_thread_each()
    missing, end = [case for case, path in wanted.items() if not path.is_file()], time.monotonic() + limit
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_on_one_thread, work, case): case for case in missing}
        for done in track(as_completed(waiting), total=len(missing), description="cases"):
            if not done.cancelled():
                keep(done.result(), wanted[waiting[done]])
            if time.monotonic() > end:
                for one in waiting:
                    one.cancel()
    return [pd.read_parquet(path) for path in wanted.values() if path.is_file()]


def _on_one_thread(work: Callable[[Some], pd.DataFrame], case: Some) -> pd.DataFrame:
    torch.set_num_threads(1)  # cases run in parallel processes
    return work(case)


def part(out: Path, *decided_by: Any) -> Path:
    """Where a part of a study lies, named by all that decides it."""
    return out.with_suffix(".parts") / f"{digest(*decided_by)}.parquet"


def digest(*parts: Any) -> str:
    """A short name of what decides a part of a study."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def keep(rows: pd.DataFrame, path: Path) -> None:
    """Write rows, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    rows.to_parquet(temporary, index=False)
    temporary.replace(path)
