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
from ays_toy.images import results
from ays_toy.runs.shipped import PLAIN

FILE = Path(__file__).parent / "results" / "evidence.parquet"
CASE = ["data", "kind", "solver", "steps"]
METHOD = "method"  # what somebody has brought
DIGITS = "digits"  # the model of images, and its kind
BEST, COEFFICIENTS = "best-known", "coefficients"  # beside the study; the latter is a solver's, and no schedule
TITLES = {
    PLAIN: "Choice, not refined",
    METHOD: "Brought",
    BEST: "Best known",
    COEFFICIENTS: "Choice with learned coefficients",
}


def title(name: str) -> str:
    """What a schedule of the study is called."""
    return TITLES.get(name) or names.title(name, 2.0)


def subject(data: str, kind: str) -> str:
    """A data set with its denoiser, as one word."""
    return data if kind in ("exact", DIGITS) else f"{data}-{kind}"


@lru_cache(maxsize=1)
def _study() -> pd.DataFrame:
    return pd.read_parquet(FILE)


@lru_cache(maxsize=1)
def rows() -> pd.DataFrame:
    """The study of points in 2D that ships."""
    return _study()[_study().kind != DIGITS]


@lru_cache(maxsize=1)
def digits() -> pd.DataFrame:
    """The study of the bundled digits that ships."""
    return beside_digits(_study()[_study().kind == DIGITS])


def beside_digits(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a study, and what `python -m benchmarks.images` has measured of the bundled digits.

    That is the choice, the KLUB optimum and the baselines, on the same seed and by as many samples.
    """
    found, about = results.digits(), {"data": DIGITS, "kind": DIGITS}
    measured = pd.DataFrame(
        about
        | {"solver": solver, "steps": steps, "schedule": name, "title": one.title, "metric": figure}
        | {"seed": found.seed, "value": value.value, "stderr": value.stderr}
        for (solver, steps), cell in found.cells.items()
        for name, one in cell.items()
        for figure, value in one.metrics.items()
    )
    return pd.concat([rows, measured], ignore_index=True)


def of_kind(kind: str) -> pd.DataFrame:
    """All rows of one kind of model: points with exact denoisers or networks, or the digits."""
    return digits() if kind == DIGITS else rows()[rows().kind == kind]


def means(rows: pd.DataFrame, metric: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The mean over seeds and its standard error, by case (rows) and schedule (columns)."""
    values, errors = over_seeds(rows[rows.metric == metric], [*CASE, "schedule"])
    return values.unstack("schedule"), errors.unstack("schedule")


def over_seeds(rows: pd.DataFrame, by: list[str], sort: bool = True) -> tuple[pd.Series, pd.Series]:
    """The mean over seeds and its standard error, by those columns; in the order of the rows where not sorted."""
    groups = rows.assign(square=rows.stderr**2).groupby(by, sort=sort)
    return groups.value.mean(), groups.square.sum().pow(0.5) / groups.size()


def ratios(rows: pd.DataFrame, metric: str = "energy") -> pd.DataFrame:
    """By case and schedule: the mean over seeds, and no less than its error, over the least of the case."""
    table = floored(*means(rows, metric))
    return table.div(table.min(axis=1), axis=0)


def beaten(rows: pd.DataFrame, metric: str = "energy") -> dict[str, float]:
    """By schedule, the share of cases in which it is better than the choice by more than two standard errors."""
    values, errors = means(rows, metric)
    gain, spread = -values.sub(values["choice"], axis=0), np.hypot(errors, errors[["choice"]].to_numpy())
    shares = (gain > 2 * spread).where(values.notna()).mean()
    return {str(name): float(share) for name, share in shares.drop("choice").items()}


def best_or_tied(rows: pd.DataFrame, metric: str = "energy") -> pd.DataFrame:
    """By case and schedule: whether it is the best of the case or not told from that by two standard errors."""
    values, errors = means(rows, metric)
    best, doubt = _of_best(values, values), _of_best(values, errors)
    return values - best <= 2 * np.hypot(errors, doubt)


def overall(rows: pd.DataFrame, metric: str = "energy") -> dict[str, Estimate]:
    """The geometric mean over all cases of every schedule's ratio to the best, the best first.

    Its error bar is what the samples leave in it; that of the best is in every ratio of its case.
    """
    values, errors = means(rows, metric)
    table = floored(values, errors)
    relative, least = errors / table, table.min(axis=1)
    doubt = np.hypot(relative, _of_best(table, relative)).where(table.ne(least, axis=0), 0.0)
    logs = table.div(least, axis=0).map(np.log)
    spread = doubt.pow(2).sum().pow(0.5) / logs.notna().sum()
    found = {
        str(name): Estimate(float(np.exp(mean)), float(np.exp(mean) * spread[name]))
        for name, mean in logs.mean().items()
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1].value))


def floored(values: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    """Means that are no less than their errors: what is below cannot be told from it."""
    return values.where(values > errors, errors)


def _of_best(values: pd.DataFrame, wanted: pd.DataFrame) -> np.ndarray:
    """What another table has for the schedule of the least value in every case, as a column [cases, 1]."""
    return np.take_along_axis(wanted.to_numpy(), np.nanargmin(values.to_numpy(), axis=1)[:, None], axis=1)


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
