"""What the study of all schedules says: which wins where, by how much, and how sure that is.

Made by `python -m benchmarks.evidence`, a row for every number: schedules found with the seeds of searches, measured on
others. Everything said of it here and on its page is computed from those rows.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from ays_toy import names
from ays_toy.estimates import Estimate

FILE = Path(__file__).parent / "results" / "evidence.parquet"
CASE = ["data", "kind", "solver", "steps"]
PLAIN, METHOD = "plain", "method"  # the choice before its refinement, and what somebody has brought
TITLES = {PLAIN: "Choice, not refined", METHOD: "Brought"}


def title(name: str) -> str:
    """What a schedule of the study is called."""
    return TITLES.get(name) or names.title(name, 2.0)


def subject(data: str, kind: str) -> str:
    """A data set with its denoiser, as one word."""
    return data if kind == "exact" else f"{data}-{kind}"


@lru_cache(maxsize=1)
def rows() -> pd.DataFrame:
    """The study that ships."""
    return pd.read_parquet(FILE)


def means(rows: pd.DataFrame, metric: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The mean over seeds and its standard error, by case (rows) and schedule (columns)."""
    by = rows[rows.metric == metric].assign(square=rows.stderr**2).groupby([*CASE, "schedule"])
    errors = by.square.sum().pow(0.5) / by.size()
    return by.value.mean().unstack("schedule"), errors.unstack("schedule")


def ratios(rows: pd.DataFrame, metric: str = "energy") -> pd.DataFrame:
    """By case and schedule: the mean over seeds, and no less than its error, over the least of the case."""
    values, errors = means(rows, metric)
    table = values.where(values > errors, errors)
    return table.div(table.min(axis=1), axis=0)


def beaten(rows: pd.DataFrame, by: str, metric: str = "energy") -> float:
    """The share of cases in which that schedule is better than the choice by more than two standard errors."""
    values, errors = means(rows, metric)
    spread = np.hypot(errors[by], errors["choice"])
    return float((values["choice"] - values[by] > 2 * spread)[values[by].notna()].mean())


def best_or_tied(rows: pd.DataFrame, metric: str = "energy") -> pd.DataFrame:
    """By case and schedule: whether it is the best of the case or not told from that by two standard errors."""
    values, errors = means(rows, metric)
    table, spread = values.to_numpy(), errors.to_numpy()
    least = np.nanargmin(table, axis=1)[:, None]
    best, doubt = (np.take_along_axis(part, least, axis=1) for part in (table, spread))
    return pd.DataFrame(table - best <= 2 * np.hypot(spread, doubt), values.index, values.columns)


def overall(rows: pd.DataFrame, metric: str = "energy") -> dict[str, Estimate]:
    """The geometric mean over all cases of every schedule's ratio to the best, the best first.

    Its error bar is what the samples leave in it; that of the best is in every ratio of its case.
    """
    values, errors = means(rows, metric)
    table = values.where(values > errors, errors)
    relative = (errors / table).to_numpy()
    best = np.nanargmin(table.to_numpy(), axis=1)[:, None]
    of_best = np.take_along_axis(relative, best, axis=1)
    doubt = np.where(np.arange(table.shape[1]) == best, 0.0, np.hypot(relative, of_best))
    logs = ratios(rows, metric).map(np.log)
    spread = np.sqrt(np.nansum(doubt**2, axis=0)) / logs.notna().sum().to_numpy()
    found = {
        str(name): Estimate(float(np.exp(mean)), float(np.exp(mean) * error))
        for name, mean, error in zip(logs.columns, logs.mean(), spread, strict=True)
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1].value))


def calls(rows: pd.DataFrame) -> dict[str, float]:
    """The mean number of denoiser calls that finding each schedule takes."""
    return {str(name): float(value) for name, value in rows.groupby("schedule").calls.mean().items()}


def bounds(rows: pd.DataFrame) -> pd.DataFrame:
    """KLUB and the divergence of the samples from the data, `truth`, by case and schedule: of Stochastic-DDIM alone.

    It is the solver whose steps KLUB prices.
    """
    some = rows[rows.solver == "stochastic-ddim"]
    klub, truth = (means(some, metric)[0].stack() for metric in ("klub", "hist-kl"))
    return pd.DataFrame({"klub": klub, "truth": truth}).dropna().reset_index()
