"""The paper's search, its early stopping, and the trap in its printed estimator."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from ays_toy import optimize
from ays_toy.data import datasets
from ays_toy.data.denoisers import GaussianDenoiser
from ays_toy.metrics import Estimate, Reference
from ays_toy.optimize.search import candidate_places
from ays_toy.pricing import klub
from ays_toy.sampling import schedules

STD = 0.5


def output_kl(sigmas: np.ndarray, stochastic: bool) -> float:
    """KL(true || output) per dimension for Gaussian data: every solver is linear, so its output is Gaussian."""
    variance = sigmas[0] ** 2 + STD**2
    for b, a in pairwise(sigmas):
        keep = (a / b) ** (2 if stochastic else 1)
        gain = keep + (1 - keep) * STD**2 / (STD**2 + b**2)
        variance = gain**2 * variance + (a**2 * (1 - keep) if stochastic else 0.0)
    ratio = (sigmas[-1] ** 2 + STD**2) / variance
    return 0.5 * (ratio - 1 - math.log(ratio))


@pytest.fixture(scope="module")
def gaussian_sweeps() -> list[optimize.Sweep]:
    return list(optimize.coordinate_search(optimize.GaussianCosts(STD, 1), schedules.edm(10)))


@pytest.mark.parametrize("stochastic", [True, False])
def test_on_gaussian_data_klub_falls_while_the_output_gets_better_and_then_worse(gaussian_sweeps, stochastic):
    klubs = [sweep.klub.value for sweep in gaussian_sweeps]
    assert klubs[0] == pytest.approx(46.6, abs=0.05)
    assert all(after <= before for before, after in pairwise(klubs))
    floor = klub.gaussian_klub(klub.gaussian_optimum(10), dim=1)
    assert floor < klubs[-1] < 1.05 * floor
    kls = [output_kl(sweep.sigmas, stochastic) for sweep in gaussian_sweeps]
    least = int(np.argmin(kls))
    assert kls[0] == pytest.approx(0.314 if stochastic else 0.098, abs=0.001)
    assert 1 <= least <= 8
    assert kls[least] < kls[0] / 3
    assert kls[-1] > 4 * kls[least]
    assert output_kl(klub.gaussian_optimum(10), stochastic) == pytest.approx(0.456 if stochastic else 0.554, abs=0.001)


def test_the_search_comes_to_rest_and_its_last_sweep_moves_nothing(gaussian_sweeps):
    assert gaussian_sweeps[-1].moved == 0
    assert all(sweep.moved for sweep in gaussian_sweeps[:-1])
    assert [sweep.index for sweep in gaussian_sweeps] == list(range(len(gaussian_sweeps)))
    assert len(gaussian_sweeps) < optimize.search.MAX_SWEEPS


@pytest.mark.parametrize("solver", ["stochastic-ddim", "ddim"])
def test_the_rule_stops_in_the_valley_by_energy_distance_of_samples(gaussian_sweeps, solver):
    dataset = datasets.get("gaussian")
    reference = Reference.of(dataset, 0.002, n=20_000, generator=torch.Generator().manual_seed(5))
    score = optimize.sample_score(dataset.denoiser(), reference, solver, seed=6, n=20_000)
    stopping = optimize.EarlyStopping(score, patience=4)
    seen = list(stopping.watch(gaussian_sweeps))
    assert len(seen) < len(gaussian_sweeps)
    kls = [output_kl(sweep.sigmas, solver == "stochastic-ddim") for sweep in gaussian_sweeps]
    assert output_kl(stopping.chosen.sigmas, solver == "stochastic-ddim") < 1.25 * min(kls)


def sweeps_of(*schedules: np.ndarray):
    for index, sigmas in enumerate(schedules):
        yield optimize.Sweep(index, sigmas, klub.KlubEstimate(1.0, 0.0, np.ones(1)), 1, 0)


def test_patience_ends_the_search_and_the_earliest_of_equals_is_chosen():
    scores = [9.0, 5.0, 4.1, 4.0, 4.5, 4.2, 4.3, 1.0]
    stopping = optimize.EarlyStopping(lambda sigmas: Estimate(scores[int(sigmas[0] - 2)], 0.2), patience=3)
    sweeps = sweeps_of(*(np.array([2.0 + index, 1.0]) for index in range(len(scores))))
    assert len(list(stopping.watch(sweeps))) == 7  # three after the best: what comes later is not seen
    assert stopping.chosen.index == 2  # within one standard error of the least
    with pytest.raises(ValueError, match="run the search first"):
        optimize.EarlyStopping(lambda _: Estimate(0.0, 0.0)).chosen  # noqa: B018


def test_stopping_by_modes_found_takes_the_sweep_that_found_most():
    dataset = datasets.get("grid-8x8")
    reference = Reference.of(dataset, 0.002, n=4096, generator=torch.Generator().manual_seed(1))
    score = optimize.sample_score(dataset.denoiser(), reference, "stochastic-ddim", seed=2, n=4096, metric="coverage")
    stopping = optimize.EarlyStopping(score, patience=2)
    levels = [schedules.edm(steps) for steps in (5, 10, 20, 10, 5, 40)]
    seen = list(stopping.watch(sweeps_of(*levels)))
    found = [-sweep.score.value for sweep in seen]
    assert len(seen) == 5, "the rule stops before what comes after two that found fewer"
    assert found[0] < found[1] < found[2] <= 1
    assert stopping.chosen.index == int(np.argmax(found)) == 2


def test_an_estimate_without_the_normalizer_cannot_tell_good_candidates_from_bad():
    generator = torch.Generator().manual_seed(1)
    x0 = STD * torch.randn(20_000, 2, generator=generator)
    upper, lower = 80.0, 0.002
    places = np.geomspace(upper, lower, 13)[1:-1]
    costs = optimize.MonteCarloCosts(GaussianDenoiser(STD), x0, generator=generator)
    right = costs.around(upper, places, lower, 1)
    exact = optimize.GaussianCosts(STD, 2).around(upper, places, lower, 1)
    np.testing.assert_allclose(right, exact, rtol=0.05)
    assert right.argmin() == exact.argmin()

    def z(b: float, a: float) -> float:
        return float(klub.importance_integral(b, b) - klub.importance_integral(a, b))

    def printed(place: float, seed: int) -> float:
        values = []
        for b, a in ((upper, place), (place, lower)):
            draws = torch.Generator().manual_seed(seed)
            values.append(klub.interval_values(GaussianDenoiser(STD), x0, a, b, draws) / z(b, a))
        return float(sum(v.mean() for v in values))

    wrong = np.array([printed(place, 2) for place in places])
    assert np.ptp(wrong) / wrong.mean() < 0.05 < np.ptp(exact) / exact.mean()


def test_candidates_hold_the_current_level_first_and_stay_between_the_neighbors():
    places = candidate_places(10.0, 3.0, 1.0, 11)
    assert len(places) == 11
    assert places[0] == 3.0
    assert ((places > 1.0) & (places < 10.0)).all()


def test_frozen_levels_stay_and_ends_always_do():
    start = schedules.subdivide(schedules.edm(5))
    *_, last = optimize.coordinate_search(optimize.GaussianCosts(), start, free=range(1, 10, 2))
    np.testing.assert_array_equal(last.sigmas[::2], start[::2])
    assert (last.sigmas[1::2] != start[1::2]).any()
    with pytest.raises(ValueError, match="both ends are fixed"):
        optimize.coordinate_search(optimize.GaussianCosts(), start, free=[0, 1])


def test_monte_carlo_search_is_repeatable_counts_its_calls_and_nears_the_optimum():
    x0 = STD * torch.randn(2048, 2, generator=torch.Generator().manual_seed(3))

    def search() -> list[optimize.Sweep]:
        costs = optimize.MonteCarloCosts(GaussianDenoiser(STD), x0, generator=torch.Generator().manual_seed(4))
        return list(optimize.coordinate_search(costs, schedules.edm(6)))

    sweeps, again = search(), search()
    np.testing.assert_array_equal(sweeps[-1].sigmas, again[-1].sigmas)
    assert sweeps[-1].moved == 0
    first = sweeps[0].calls
    assert first == 2 * 2048 * 6
    assert sweeps[1].calls == 2 * first + 5 * 11 * 4 * 2048
    optimum = klub.gaussian_klub(klub.gaussian_optimum(6))
    assert klub.gaussian_klub(sweeps[-1].sigmas) < 1.15 * optimum


def test_the_search_on_a_pathgram_needs_no_denoiser_and_stays_above_the_exact_programme(generator):
    dataset = datasets.get("grid-4x4")
    x0 = dataset.sample(2048, generator)
    from ays_toy.pricing.paths import PathGram

    gram = PathGram.collect(dataset.denoiser(), x0, schedules.logsnr(127), generator=generator)
    *_, last = optimize.coordinate_search(optimize.GramCosts(gram), schedules.edm(8))
    best = optimize.off_grid(gram, optimize.exact_schedules(gram, 8)[8])
    assert gram.klub(best) <= gram.klub(last.sigmas) * 1.001
    assert last.calls == 0


def test_the_three_stages_go_from_10_to_20_to_40_steps_and_keep_what_was_found():
    generator = torch.Generator().manual_seed(8)
    dataset = datasets.get("gaussian")
    reference = Reference.of(dataset, 0.002, n=4096, generator=generator)
    denoiser = dataset.denoiser()
    score = optimize.sample_score(denoiser, reference, "stochastic-ddim", seed=9, n=4096)
    sweeps = list(
        optimize.align_your_steps(
            denoiser, dataset.sample(512, generator), generator=generator, score=score, patience=2, max_sweeps=12
        )
    )
    stages = [[sweep for sweep in sweeps if sweep.stage == stage] for stage in range(3)]
    assert [len(stage[-1].sigmas) - 1 for stage in stages] == [10, 20, 40]
    assert all(sweep.score is not None for sweep in stages[0])
    chosen = [sweep.sigmas for sweep in stages[0]]
    assert any(np.array_equal(stages[1][0].sigmas[::2], sigmas) for sigmas in chosen)
    np.testing.assert_array_equal(stages[2][-1].sigmas[::2], stages[1][-1].sigmas)
    assert all(later.calls >= earlier.calls for earlier, later in pairwise(sweeps))
    assert len(schedules.interpolate(stages[2][-1].sigmas, 15)) == 16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"candidates": 1}, "number of candidates"),
        ({"max_sweeps": -1}, "number of sweeps"),
        ({"sigmas": [1.0, 2.0]}, "descend"),
    ],
)
def test_bad_arguments_say_what_to_change(arguments, message):
    given = {"sigmas": schedules.edm(4), "costs": optimize.GaussianCosts(), **arguments}
    with pytest.raises(ValueError, match=message):
        optimize.coordinate_search(**given)


def test_a_search_tells_every_level_and_drops_the_sweep_in_which_it_is_stopped():
    whole = list(optimize.coordinate_search(optimize.GaussianCosts(), schedules.edm(6)))
    told: list[tuple[int, np.ndarray]] = []

    def search(asks: int) -> list[optimize.Sweep]:
        told.clear()
        answers = iter([False] * asks + [True])
        return list(
            optimize.coordinate_search(
                optimize.GaussianCosts(),
                schedules.edm(6),
                stop=lambda: next(answers),
                watch=lambda index, levels: told.append((index, levels)),
            )
        )

    for asks in (0, 1, 4, 5, 13):  # five levels a sweep
        sweeps = search(asks)
        assert len(sweeps) == 1 + asks // 5
        for ours, theirs in zip(sweeps, whole, strict=False):
            np.testing.assert_array_equal(ours.sigmas, theirs.sigmas)
        assert [index for index, _ in told] == [5 - k % 5 for k in range(asks)]
        for k, (index, levels) in enumerate(told):
            before, after = whole[k // 5].sigmas, whole[k // 5 + 1].sigmas
            np.testing.assert_array_equal(levels[:index], before[:index])
            np.testing.assert_array_equal(levels[index:], after[index:])


def test_a_chosen_schedule_is_refined_and_can_be_stopped_between_any_two_levels():
    start = schedules.edm(3)
    sweeps = list(optimize.refine_search(optimize.GaussianCosts(), start))
    first, second = ([sweep for sweep in sweeps if sweep.stage == stage] for stage in (1, 2))
    assert [len(stage[-1].sigmas) - 1 for stage in (first, second)] == [6, 12]
    np.testing.assert_array_equal(first[0].sigmas, schedules.subdivide(start))
    np.testing.assert_array_equal(second[0].sigmas, schedules.subdivide(first[-1].sigmas))
    np.testing.assert_array_equal(second[-1].sigmas[::2], first[-1].sigmas)
    np.testing.assert_array_equal(first[-1].sigmas[::2], start)
    assert klub.gaussian_klub(second[-1].sigmas) < klub.gaussian_klub(schedules.subdivide(schedules.subdivide(start)))
    for asks in (0, 3, 4, len(first) * 3, len(first) * 3 + 7):
        answers = iter([False] * asks + [True] * 2)
        part = list(optimize.refine_search(optimize.GaussianCosts(), start, stop=lambda given=answers: next(given)))
        assert 1 <= len(part) < len(sweeps)
        for ours, theirs in zip(part, sweeps, strict=False):
            assert (ours.stage, ours.index) == (theirs.stage, theirs.index)
            np.testing.assert_array_equal(ours.sigmas, theirs.sigmas)


@pytest.mark.parametrize("patience", [1, 4])
def test_the_stopped_search_is_the_search_under_the_rule_and_beyond_it_goes_on_to_rest(patience):
    def score(sigmas: np.ndarray) -> Estimate:
        return Estimate(output_kl(sigmas, True), 0.001)

    costs, start = optimize.GaussianCosts(STD, 1), schedules.edm(6)
    whole = list(optimize.coordinate_search(costs, start))
    rule = optimize.EarlyStopping(score, patience)
    seen = list(rule.watch(whole))
    *_, last = optimize.stopped_search(costs, start, score, patience=patience)
    assert len(last.sweeps) == len(seen) < len(whole)
    assert last.stop == last.chosen == rule.chosen.index
    np.testing.assert_array_equal(last.sigmas, rule.chosen.sigmas)
    *_, rested = optimize.stopped_search(costs, start, score, patience=patience, beyond=True)
    assert rested.rested
    assert (rested.stop, len(rested.sweeps)) == (last.stop, len(whole))
    assert all(sweep.score == score(sweep.sigmas) for sweep in rested.sweeps)
    for asks in (3, 5, 8):  # stopped amid a sweep, and taken up again
        answers = iter([False] * asks + [True])
        *_, again = optimize.stopped_search(
            costs, start, score, patience=patience, beyond=True, stop=lambda given=answers: next(given, False)
        )
        np.testing.assert_array_equal([s.sigmas for s in again.sweeps], [s.sigmas for s in whole])
