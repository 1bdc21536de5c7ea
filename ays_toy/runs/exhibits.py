"""What stands beside the study: what refinement has left, what no schedule can buy, and the dial of the powers.

Made by `python -m benchmarks.exhibits` for the study's cases, in its rows and on its seeds, so that all that is held
against each other has had the same noise.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from ays_toy.estimates import Estimate
from ays_toy.runs import evidence

FILE = evidence.FILE.with_name("exhibits.parquet")
BY = ["solver", "steps"]


def at_power(power: float) -> str:
    """The name of the optimum for a power among the exhibits."""
    return f"p={power:g}"


@lru_cache(maxsize=1)
def rows() -> pd.DataFrame:
    """The exhibits that ship."""
    return pd.read_parquet(FILE)


def against(names: list[str], base: str, metric: str) -> pd.DataFrame:
    """By case and schedule: a metric over that of the base, no mean less than its error; a second column has errors.

    Cases are those in which all of them were measured; errors are those of the logarithm.
    """
    columns = [base, *names]
    beside = rows()[rows().schedule.isin([evidence.BEST, evidence.COEFFICIENTS])]  # the study has the others
    every = pd.concat([evidence.rows(), beside], ignore_index=True)
    values, errors = evidence.means(every[every.schedule.isin(columns)], metric)
    values = values.reindex(columns=columns).dropna()
    table = evidence.floored(values, errors.loc[values.index, columns])
    relative = errors.loc[values.index, columns] / table
    ratios = table.div(table[base], axis=0)[names]
    doubts = np.hypot(relative[names], relative[[base]].to_numpy())
    return pd.concat({"ratio": ratios, "error": doubts}, axis=1)


def averaged(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The geometric mean over cases of such ratios, by some of what a case is, and the error that samples leave in it.

    Columns are as they were.
    """
    logs = np.log(table["ratio"]).groupby(level=by, sort=False)
    squares = (table["error"] ** 2).groupby(level=by, sort=False)
    mean = logs.mean().map(np.exp)
    return pd.concat({"ratio": mean, "error": mean * (squares.sum() ** 0.5).div(squares.size(), axis=0)}, axis=1)


def overall(table: pd.DataFrame) -> dict[str, Estimate]:
    """The geometric mean over all cases, by schedule; they are of one kind."""
    row = averaged(table, ["kind"]).iloc[0]
    return {str(name): Estimate(float(row["ratio"][name]), float(row["error"][name])) for name in row["ratio"].index}


def worse(table: pd.DataFrame, name: str) -> float:
    """The share of cases in which a schedule is worse than the base by more than two standard errors."""
    return float((np.log(table["ratio"][name]) > 2 * table["error"][name]).mean())


def dial(data: str, solver: str, steps: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means over seeds and their errors of the metrics of one case, by schedule: the powers in order, then the others.

    Both are empty for data without modes to be counted.
    """
    every = rows()
    on_it = every.schedule.isin(every.schedule[every.metric == "outliers"])
    case = (every.data == data) & (every.solver == solver) & (every.steps == steps)
    some = every[on_it & case & (every.metric != "klub")]
    values, errors = evidence.over_seeds(some, ["schedule", "metric"], sort=False)
    return values.unstack(), errors.unstack()
