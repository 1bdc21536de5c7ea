"""What the benchmark on images comes to: cell by cell, who is ahead of whom, and by how much in the mean."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.table import Column, Table

from ays_toy.images import results, scores
from ays_toy.metrics import Estimate
from ays_toy.runs import verdicts

FEW = 10  # steps up to which the gain is said by itself
TITLES = ("before refinement", "best baseline", "AYS", "KLUB optimum")  # of the columns beside the choice


def verdict(row: dict[str, Any], figure: str) -> tuple[str, float, bool]:
    """The best baseline, its figure over the choice's, and whether the choice is as good within two standard errors."""
    measured = {name: Estimate(*entry[figure]) for name, entry in row["schedules"].items()}
    best = verdicts.best_baseline(scores.FIGURES[figure], measured)
    assert best is not None, "every case has all six"
    ours, theirs = measured["choice"], measured[best]
    return best, theirs.value / ours.value, not ours.exceeds(theirs)


def gain(rows: Sequence[dict[str, Any]], figure: str) -> float:
    """Geometric mean over cells of the best baseline's figure over the choice's."""
    return float(np.exp(np.mean([math.log(verdict(row, figure)[1]) for row in rows])))


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """By figure: the gain, and in how many cells the choice is as good as the best baseline."""
    return {
        figure: {"gain": gain(rows, figure), "holds": sum(verdict(row, figure)[2] for row in rows)}
        for figure in results.SHIPPED_FIGURES
        if rows
    }


def optimum_loses(row: dict[str, Any]) -> bool:
    """Whether the KLUB optimum is worse than time-uniform, beyond two standard errors."""
    ours, theirs = (Estimate(*row["schedules"][name]["frechet"]) for name in ("klub-optimum", "time-uniform"))
    return ours.exceeds(theirs)


def report(rows: Sequence[dict[str, Any]], title: str) -> Table:
    """Every cell: the choice, what it was and what it is held against; below, what holds and the gain."""
    shares = ("precision", "recall")
    columns = ("steps", "choice", *TITLES, "gain", "pixels", *shares)
    table = Table(Column("solver", no_wrap=True), *columns, title=title)
    table.caption = "Precision and recall: of the choice, and of the best baseline."
    for row in rows:
        best, ratio, holds = verdict(row, "frechet")
        entries = {"plain": row["plain"]} | row["schedules"]
        cells = ["{:.2f} ± {:.2f}".format(*entries[name]["frechet"]) for name in ("choice", "plain", best, "ays")]
        cells[2] += f" {best}"
        cells += ["{:.2f} ± {:.2f}".format(*entries["klub-optimum"]["frechet"])]
        pixels = verdict(row, "frechet-pixels")
        cells += [f"{r:.2f}×" + ("" if h else " (worse)") for r, h in ((ratio, holds), pixels[1:])]
        cells += [f"{entries['choice'][name][0]:.3f}, {entries[best][name][0]:.3f}" for name in shares]
        table.add_row(row["solver"], str(row["steps"]), *cells)
    table.add_section()
    for words, some in {"all": rows, f"up to {FEW}": [row for row in rows if row["steps"] <= FEW]}.items():
        if some:
            all_in_all = summary(some).values()
            ends = [f"{one['gain']:.2f}×, {one['holds']}/{len(some)} hold" for one in all_in_all]
            lost = f"loses to time-uniform in {sum(map(optimum_loses, some))}"
            table.add_row(words, *[""] * 4, "", lost, *ends, "", "")
    return table
