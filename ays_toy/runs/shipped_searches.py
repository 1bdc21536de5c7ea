"""The paper's search on the preset data as it ships, sweep by sweep: what Optimize opens on instead of searching.

Made by `python -m benchmarks.searches` from `live_search.search`, with all that a search may be asked for left at its
default: the exact denoiser over the default range, ten steps from EDM, stopped by the energy distance.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ays_toy.estimates import Estimate, KlubEstimate
from ays_toy.optimize import Sweep
from ays_toy.runs.live_search import SearchConfig, SearchState

FILE = Path(__file__).parent / "results" / "searches.json"
FORMAT = 1
DIGITS = 6


def find(config: SearchConfig) -> SearchState | None:
    """The search to its end, where that of exactly these settings ships, wherever they would have it computed."""
    usual = SearchConfig(config.model, config.solver, device=config.device)
    return _found(name(config)) if config.model.is_default and config == usual else None


def name(config: SearchConfig) -> str:
    """The key of a search in the file."""
    return f"{config.model.data} {config.solver}"


def made_on() -> str:
    """What the seconds of all that ships were measured on, in words that follow 'on'."""
    return str(_file()["made on"])


@lru_cache(maxsize=1)
def _file() -> Any:
    return json.loads(FILE.read_text(encoding="utf-8"))


@lru_cache(maxsize=16)
def _found(key: str) -> SearchState | None:
    row = _file()["searches"].get(key)
    return None if row is None else unpacked(row)


def packed(state: SearchState) -> dict[str, Any]:
    """A search that has come to rest, as it is in the file."""
    rows = []
    for sweep, seconds in zip(state.sweeps, state.seconds, strict=True):
        assert sweep.score is not None
        measured = [sweep.klub.value, sweep.klub.stderr, sweep.score.value, sweep.score.stderr]
        numbers = [[_number(one) for one in some] for some in (measured, sweep.sigmas, sweep.klub.terms)]
        rows.append([sweep.moved, sweep.calls, round(seconds, 2), *numbers])
    return {"stop": state.stop, "sweeps": rows}


def unpacked(row: dict[str, Any]) -> SearchState:
    """The search of a row of the file."""
    sweeps = []
    for index, (moved, calls, _, measured, levels, terms) in enumerate(row["sweeps"]):
        klub, stderr, score, spread = measured
        sigmas = np.array(levels)
        sigmas.flags.writeable = False  # one array for all that ask
        price = KlubEstimate(klub, stderr, np.array(terms))
        sweeps.append(Sweep(index, sigmas, price, moved, calls, Estimate(score, spread)))
    seconds = tuple(one[2] for one in row["sweeps"])
    return SearchState(tuple(sweeps), row["stop"], row["stop"], True, seconds)


def _number(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
