"""What a table of schedules says of itself, against figures made for it."""

import numpy as np
import pytest

from ays_toy import names
from ays_toy.data import datasets
from ays_toy.estimates import Estimate, KlubEstimate, Measured
from ays_toy.pricing.calibration import Calibration
from ays_toy.runs import verdicts
from ays_toy.sampling import schedules
from ays_toy.sampling.schedules import Schedule

GRID = datasets.get("grid-4x4")  # 16 modes, 0.44 apart
FRESH = {"nll": Estimate(-0.5, 0.01), "energy": Estimate(0.0, 0.001), "coverage": Estimate(1.0, 0.0)}


def row(name, energy, nll=0.0, klub=10.0, coverage=1.0, sigmas=None):
    measured = {"energy": Estimate(energy, 0.001), "nll": Estimate(nll, 0.01), "coverage": Estimate(coverage, 0.001)}
    levels = schedules.logsnr(8) if sigmas is None else np.array(sigmas)
    return Measured(Schedule(name, names.title(name), levels), KlubEstimate(klub, 0.1, np.array([klub])), measured)


def said(**rows):
    return verdicts.sentences({name.replace("_", "-"): one for name, one in rows.items()}, FRESH, GRID)


def test_the_choice_is_best_where_it_is_and_the_best_baseline_is_named():
    (only,) = said(choice=row("choice", 0.01), ays=row("ays", 0.02), edm=row("edm", 0.05), cosine=row("cosine", 0.04))
    assert only.startswith(
        "**Automatic choice** is best by energy distance, the figure it is chosen by: 0.0100 ± 0.0010"
    )
    assert only.endswith("0.0400 ± 0.0010 of the best baseline, Cosine.")


def test_what_cannot_be_told_apart_is_said_to_be_level():
    (only,) = said(choice=row("choice", 0.0100), ays=row("ays", 0.0105), edm=row("edm", 0.0102))
    assert only.endswith("; EDM and AYS cannot be told apart from it.")


def test_a_baseline_that_beats_the_choice_is_never_hidden():
    (first, *_) = said(choice=row("choice", 0.02), edm=row("edm", 0.01), ays=row("ays", 0.03))
    assert first.startswith("**EDM** beats the Automatic choice")
    lines = said(choice=row("choice", 0.01, nll=0.8), edm=row("edm", 0.05, nll=0.2), ays=row("ays", 0.03, nll=0.1))
    assert "ahead are AYS by NLL; baselines too beat it by NLL" in lines[1]
    lines = said(choice=row("choice", 0.01), klub_optimum=row("klub-optimum", 0.05, klub=1.0), edm=row("edm", 0.05))
    assert "ahead are KLUB optimum by KLUB: energy" in lines[1]
    assert "baselines" not in lines[1]


def test_another_papers_schedule_that_is_ahead_was_none_to_choose_from():
    (first, *_) = said(choice=row("choice", 0.02), ld3=row("ld3", 0.01), edm=row("edm", 0.03))
    assert first.startswith("**LD3** beats the Automatic choice")
    assert first.endswith("it is none of those that are chosen from.")


def test_nll_below_the_datas_own_is_no_merit():
    lines = said(choice=row("choice", 0.01, nll=-0.4), klub_optimum=row("klub-optimum", 0.05, nll=-0.9, klub=10))
    assert not any(" by NLL" in line for line in lines)
    assert "NLL below the data's own -0.50 is not better: KLUB optimum is too concentrated." in lines


def test_why_a_schedule_misses_modes_is_the_step_that_leaps_over_their_choice():
    leaping = row("p-optimum", 0.3, coverage=1 / 16, sigmas=[80.0, 0.05, 0.002])
    lines = said(choice=row("choice", 0.01), p_optimum=leaping)
    assert "p-optimum finds 1 of 16 modes: one step takes it from σ = 80 to 0.05" in lines[-1]
    assert "modes that lie 0.44 apart" in lines[-1]
    gradual = row("p-optimum", 0.3, coverage=0.5)
    assert said(choice=row("choice", 0.01), p_optimum=gradual)[-1].startswith("p-optimum finds 8 of 16 modes")
    assert not any("modes" in line for line in said(choice=row("choice", 0.01)))


def test_before_the_choice_is_found_the_best_so_far_is_named():
    (only,) = said(edm=row("edm", 0.05), ays=row("ays", 0.02))
    assert only == "**AYS** is best by energy distance of what is found so far (0.0200 ± 0.0010)."


@pytest.mark.parametrize("name", ["moons", "spirals"])
def test_data_without_modes_are_not_said_to_miss_any(name):
    bare = row("edm", 0.1, nll=2.0, sigmas=schedules.edm(4))
    bare = Measured(bare.schedule, bare.klub, {metric: bare.metrics[metric] for metric in ("energy", "nll")})
    assert not any("modes" in line for line in verdicts.sentences({"edm": bare}, FRESH, datasets.get(name)))


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (0.1, 0.2, "A beats B (0.1000 ± 0.0010 against 0.2000 ± 0.0010)"),
        (0.2, 0.1, "A loses to B (0.2000 ± 0.0010 against 0.1000 ± 0.0010)"),
        (0.2, 0.2025, "A and B agree within two standard errors (0.2000 ± 0.0010 against 0.2025 ± 0.0010)"),
    ],
)
def test_of_two_schedules_one_is_ahead_only_by_more_than_two_standard_errors(ours, theirs, words):
    assert verdicts.against("A", Estimate(ours, 0.001), "B", Estimate(theirs, 0.001)) == words


def test_what_a_network_has_learned_counts_the_levels_at_which_nothing_is_seen_amiss():
    sigma, stderr = np.array([10.0, 1.0, 0.1]), np.full(3, 0.01)
    one, all_fit = (Calibration(sigma, np.array([0.0, gap, 0.019]), stderr) for gap in (-0.05, 0.0))
    assert "at 2 of 3 noise levels its answers fit together" in verdicts.learned("MLP", 0.0123, one)
    assert "at all 3 noise levels" in verdicts.learned("MLP", 0.0123, all_fit)
    bare = "**MLP** errs 1.23% more than the best possible denoiser."
    assert verdicts.learned("MLP", 0.0123, None) == bare
    assert verdicts.learned("MLP", 0.0123, Calibration(sigma, stderr, np.full(3, np.nan))) == bare
