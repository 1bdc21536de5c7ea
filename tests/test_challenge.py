"""What an attempt at placing the levels is, and what is said of it."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from ays_toy.estimates import Estimate, KlubEstimate, Measured
from ays_toy.metrics import METRICS
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import challenge, finding
from ays_toy.runs.challenge import attempt, guessed, leaders, one_less, one_more, read_levels
from ays_toy.runs.comparison import Model
from ays_toy.sampling import schedules
from ays_toy.sampling.schedules import MAX_STEPS, Schedule

ENERGY, FOUND = METRICS["energy"], METRICS["coverage"]
SENTENCE = re.compile(
    r"\A[A-Z][^\n]* (must be|must descend|must have|should be: give|numbers: give) [^\n]*[^.\n]\.\Z"
)  # one, that says what has to be


@pytest.fixture(scope="module")
def gram() -> PathGram:
    return Model("grid-4x4").collect(paths=1024, levels=64)


ANY = some.lists(some.floats(0.0021, 79.9), min_size=1, max_size=MAX_STEPS - 1)


@given(some.one_of(ANY, ANY.map(lambda levels: sorted(levels, reverse=True))))
def test_an_attempt_descends_strictly_within_the_range_or_is_refused_in_a_sentence(inner) -> None:
    rounded = [float(f"{level:.4g}") for level in inner]
    ends = [80.0, *rounded], [*rounded, 0.002]
    if not all(a > b for a, b in zip(*ends, strict=True)) or not all(a > b for a, b in pairwise(inner)):
        with pytest.raises(ValueError, match=SENTENCE):
            attempt(inner, 80.0, 0.002)
        return
    levels = attempt(inner, 80.0, 0.002)
    assert (np.diff(levels) < 0).all()
    assert (levels[0], levels[-1]) == (80.0, 0.002)
    np.testing.assert_allclose(levels[1:-1], inner, rtol=5.1e-4)
    np.testing.assert_array_equal(attempt(levels[1:-1], 80.0, 0.002), levels)  # what is rounded stays as it is
    assert read_levels(",".join(f"{level:g}" for level in levels[1:-1])) == tuple(levels[1:-1])


@pytest.mark.parametrize(
    "inner",
    [
        [],
        [1.0, 1.0],
        [1.0, 2.0],
        [100.0],
        [0.001],
        [80.0],
        [0.002],
        [float("nan")],
        [float("inf")],
        [-1.0],
        ["a"],
        [None],
        None,
        7,
        [1.00001, 1.0],
        list(np.geomspace(70, 0.01, MAX_STEPS)),
    ],
)
def test_levels_that_cross_touch_or_leave_the_range_are_refused(inner) -> None:
    with pytest.raises(ValueError, match=SENTENCE):
        attempt(inner, 80.0, 0.002)


@pytest.mark.parametrize(
    "text", ["", ",", "1,", "one", "1,2", "1,1", "nan", "inf", "-1", "1e99", "1e-99", "0", ",".join("1" * 60), "1;0.5"]
)
def test_a_hostile_link_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=SENTENCE):
        read_levels(text)


@given(some.text(max_size=40))
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    try:
        levels = read_levels(text)
    except ValueError:
        return
    assert (np.diff(levels) < 0).all()


def test_one_more_halves_the_dearest_step_and_one_less_goes_where_it_is_missed_least(gram) -> None:
    sigmas = challenge.start(5, 80.0, 0.002)
    terms = gram.price(sigmas, 2.0).terms
    more = one_more(gram, sigmas, 2.0)
    (added,) = set(more.tolist()) - set(sigmas.tolist())
    dearest = int(np.argmax(terms))
    assert sigmas[dearest] > added > sigmas[dearest + 1]
    assert gram.klub(more, 2.0) < gram.klub(sigmas, 2.0)
    less = one_less(gram, sigmas, 2.0)
    assert less.size == sigmas.size - 1
    every = [gram.klub(np.delete(sigmas, k), 2.0) for k in range(1, sigmas.size - 1)]
    assert gram.klub(less, 2.0) == pytest.approx(min(every))


def test_ays_is_better_than_where_it_starts_by_the_metric_that_stops_it() -> None:
    model = Model("grid-4x4")
    passed = finding.Pass(model.collect(paths=1024), 1024 * 128, 0.0)
    gram, ays = passed.gram, finding.stopped_search(model, passed, "stochastic-ddim", 5).sigmas
    edm = schedules.edm(5)
    assert gram.klub(ays) < gram.klub(edm)
    assert gram.klub(ays) > challenge.least_costs(gram, 3.0, 5)[4]  # it was stopped early
    assert (ays.size, ays[0], ays[-1]) == (6, 80.0, pytest.approx(0.002))


def score(title: str, cost: float, output: float) -> Measured:
    measured = {metric.name: Estimate(output, 0.01) for metric in (ENERGY, FOUND)}
    return Measured(Schedule("yours", title, schedules.edm(4)), KlubEstimate(cost, 0.1, np.array([cost])), measured)


def test_better_means_by_more_than_two_standard_errors_of_the_difference_in_the_metric_s_own_sense() -> None:
    low, near, high = Estimate(0.1, 0.01), Estimate(0.12, 0.01), Estimate(0.9, 0.01)
    assert low.differs(high)
    assert high.differs(low)
    assert not low.differs(near)
    assert high.exceeds(low)
    assert not low.exceeds(high)
    assert not near.exceeds(low)
    assert ENERGY.loss(low) < ENERGY.loss(high)
    assert FOUND.loss(low) > FOUND.loss(high)
    assert FOUND.turned(Estimate(FOUND.loss(high), 0.01)) == high
    assert ENERGY.leaders({"high": high, "near": near, "low": low}) == ["low", "near"]
    assert FOUND.leaders({"low": low, "high": high}) == ["high"]
    assert leaders([score("A", 1, 0.5), score("B", 2, 0.11), score("C", 3, 0.10)], ENERGY) == ["B", "C"]
    assert leaders([score("A", 1, 0.5), score("B", 2, 0.9)], FOUND) == ["B"]


@pytest.mark.parametrize(
    ("cost", "output", "says"),
    [
        (1.0, 0.1, "You beat AYS, bound and picture"),
        (1.0, 0.9, "You beat the bound and lost the picture"),
        (3.0, 0.1, "More KLUB than AYS, yet the better picture"),
        (3.0, 0.9, "AYS wins, bound and picture"),
        (1.0, 0.501, "Less KLUB than AYS, and pictures that cannot be told apart"),
        (3.0, 0.501, "More KLUB than AYS, and pictures that cannot be told apart"),
    ],
)
def test_the_verdict_says_who_won_by_bound_and_by_picture(cost: float, output: float, says: str) -> None:
    words = challenge.verdict(score("Yours", cost, output), score("AYS", 2.0, 0.5), cost / 1.42, "KLUB", ENERGY)
    assert says in words
    assert "1.42×" in words
    assert f"AYS {challenge.times(2.0 / (cost / 1.42))}" in words


def test_a_guess_is_told_what_was_right() -> None:
    assert guessed("AYS", ["AYS"]) == "**AYS**, as you guessed"
    assert guessed("AYS", ["AYS", "EDM"]) == "**AYS**, as you guessed (and no worse: EDM)"
    assert guessed("Yours", ["AYS", "EDM"]) == "**AYS or EDM**, not Yours"


def test_a_gap_is_written_with_the_digits_that_matter_and_never_below_one() -> None:
    assert [challenge.times(gap) for gap in (0.9999, 1.42, 12.34, 161.2, 1234.0)] == [
        "1.00×",
        "1.42×",
        "12.3×",
        "161×",
        "1,234×",
    ]


@pytest.mark.parametrize(("output", "says"), [(0.5, "can be told from"), (0.011, "cannot be told from")])
def test_an_attempt_by_itself_is_held_against_the_data_alone(output: float, says: str) -> None:
    fresh = Estimate(0.01, score("Yours", 3.0, 0.5).metrics["energy"].stderr)
    words = challenge.standing(score("Yours", 3.0, output), fresh, 2.0, "KLUB", ENERGY)
    assert words.startswith(f"**KLUB of your levels is 1.50× the least possible; their samples {says} the data.**")
    assert "AYS" not in words
