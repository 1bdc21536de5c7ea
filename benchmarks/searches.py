"""The searches that ship for the preset data: `python -m benchmarks.searches [--workers N]`; about ten minutes.

Every preset with its exact denoiser, for two solvers, as Optimize searches where nothing else is asked for. What
is found is written as it comes and kept, so that a run that was stopped goes on where it was.
"""

import platform
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Table

from ays_toy import seeds
from ays_toy.data.datasets import DATASETS
from ays_toy.optimize.search import CANDIDATES, MAX_SWEEPS
from ays_toy.runs import live_search, shipped_searches
from ays_toy.runs.comparison import Model
from ays_toy.runs.live_search import SearchConfig
from benchmarks import shipping

SOLVERS = ("stochastic-ddim", "ddim")  # for others the page searches when it is asked to
Rows = dict[str, dict[str, Any]]  # searches by their keys


def settings() -> dict[str, Any]:
    """All that decides what comes out, besides the data and the code: a file made with others is never added to."""
    config = SearchConfig(Model())
    return {
        "metric": config.metric,
        "range": [config.model.sigma_min, config.model.sigma_max],
        "from": [config.start, config.steps],
        "seeds": [seeds.SEARCH, seeds.SCORE],
        "samples": [config.samples, live_search.HELD_OUT],
        "search": [CANDIDATES, MAX_SWEEPS, config.patience],
    }


def configs() -> dict[str, SearchConfig]:
    """Every search that ships, by its key."""
    every = (SearchConfig(Model(data), solver) for solver in SOLVERS for data in DATASETS)
    return {shipped_searches.name(one): one for one in every}


def found(config: SearchConfig) -> dict[str, Any]:
    """A search to its end, as it is kept."""
    torch.set_num_threads(1)  # searches run in parallel processes
    *_, last = live_search.search(config)
    return shipped_searches.packed(last)


def made() -> dict[str, Any]:
    """How the file was made, and on what."""
    return {
        "format": shipped_searches.FORMAT,
        "made by": "python -m benchmarks.searches",
        "made on": f"one thread of a busy {platform.machine()} CPU",
        "settings": settings(),
    }


def read(path: Path, anew: bool) -> Rows:
    """What the file already holds; ValueError where it was made with other settings."""
    return shipping.read(path, "searches", made(), anew)


def write(path: Path, rows: Mapping[str, Any]) -> None:
    """Keep what was found, in order."""
    shipping.write(path, "searches", made(), {key: rows[key] for key in configs() if key in rows})


def report(rows: Rows, path: Path) -> Table:
    """Where every search was stopped, where it came to rest, and how long that took."""
    table = Table("search", "stopped at", "at rest after", "seconds", title=path.name)
    for key, row in rows.items():
        table.add_row(key, str(row["stop"]), str(len(row["sweeps"]) - 1), f"{row['sweeps'][-1][2]:.1f}")
    table.caption = f"{path.stat().st_size / 1000:,.0f} kB, {platform.machine()}, torch {torch.__version__}"
    return table


def main(
    out: Annotated[Path, typer.Option("--json", help="Searches go here, and are taken from here.")] = (
        shipped_searches.FILE
    ),
    workers: Annotated[int, typer.Option(help="Processes that share the searches.")] = 2,
    anew: Annotated[bool, typer.Option("--anew", help="Find again what the file already holds.")] = False,
) -> None:
    """Run the searches that ship for the preset data."""
    shipping.one_thread_each()
    try:
        rows = read(out, anew)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    missing = {key: config for key, config in configs().items() if key not in rows}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(found, config): key for key, config in missing.items()}
        for done in as_completed(waiting):
            rows[waiting[done]] = done.result()
            write(out, rows)
            Console().print(f"{len(rows)} of {len(configs())}: {waiting[done]}")
    Console(width=140).print(report(rows, out))


if __name__ == "__main__":
    typer.run(main)
