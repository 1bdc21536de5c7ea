"""What choices with other seeds, and by another figure, are said to differ by."""

import io
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from ays_toy.runs.evidence import DIGITS, PLAIN
from benchmarks import repeats, unbiased


def printed(table) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    return console.file.getvalue()


def test_a_choice_is_measured_beside_what_it_was_before_its_refinement():
    one = repeats.Repeat("gaussian", "exact", "ddim", 3, 1)
    rows = repeats.measure(one).set_index("schedule")
    assert list(rows.index) == ["choice", "plain"]
    assert rows.value["choice"] < rows.value["plain"] + 2 * np.hypot(*rows.stderr)
    assert all(len(levels) == 4 for levels in rows.levels)
    assert (rows.seed == 1).all()


def test_the_worst_of_a_case_is_told_as_a_multiple_of_the_best():
    values = {("spirals", 5): (1.0, 1.5, 1.2), ("moons", 8): (2.0, 2.1, 2.2)}
    rows = pd.DataFrame(
        asdict(repeats.Repeat(data, "exact", "ddim", steps, seed))
        | {"schedule": name, "value": value * scale, "stderr": 0.01, "seconds": 3.0}
        for (data, steps), every in values.items()
        for seed, value in enumerate(every)
        for name, scale in (("choice", 1.0), ("plain", 3.0))
    )
    assert repeats.apart(rows, "choice").tolist() == pytest.approx([1.5, 1.1])
    text = printed(repeats.report(rows))
    assert "above 1.3 in 50%" in text
    assert text.index("spirals") < text.index("moons")
    assert "1.00 1.20 1.50" in text


def test_choices_by_two_figures_are_held_against_each_other_where_both_are_there():
    gains = {"frechet": 1.0, "energy-features": 0.9}
    rows = pd.DataFrame(
        asdict(unbiased.Chosen(DIGITS, DIGITS, "ddim", steps, figure))
        | {"schedule": name, "metric": metric, "seed": seed, "value": 2.0 * gain + seed, "stderr": 0.1}
        for steps in (5, 8)
        for figure, gain in gains.items()
        for name in ("choice", PLAIN)
        for metric in unbiased.REPORTED
        for seed in (0, 1)
        if (steps, figure) != (8, "frechet")
    )
    text = printed(unbiased.report(rows))
    assert text.count("0.92 ") == 6, "2.3 / 2.5 by each figure, refined and not"
    assert text.count("0.920") == 6, "and in the mean of the one case where both choices are there"
