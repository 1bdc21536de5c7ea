"""The automatic choice: judged on seeds it never saw."""

import numpy as np
import pytest
import torch

from ays_toy import names, optimize
from ays_toy.data import datasets
from ays_toy.metrics import METRICS, Estimate, evaluate
from ays_toy.optimize import WIDE
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import comparison
from ays_toy.runs.comparison import Model
from ays_toy.sampling import schedules


def chosen(data: str, solver: str, steps: int, **options) -> optimize.Choice:
    dataset, generator = datasets.get(data), torch.Generator().manual_seed(1)
    x0 = dataset.sample(4096, generator)
    return optimize.choose(dataset.denoiser(), x0, solver, steps, generator=generator, data=dataset, **options)


@pytest.mark.parametrize(("data", "solver", "steps"), [("ring-8", "stochastic-ddim", 6), ("grid-4x4", "dpmpp-2m", 8)])
def test_on_fresh_seeds_it_is_no_worse_than_the_best_baseline_on_either_metric(data, solver, steps):
    choice, model = chosen(data, solver, steps), Model(data)
    reference = model.reference(8192, seed=77)

    def measure(sigmas: np.ndarray):
        return evaluate(comparison.draw_samples(model, sigmas, solver, 78, 8192), reference, ["energy", "sliced-w2"])

    ours = measure(choice.sigmas)
    for family in schedules.SCHEDULES.values():
        theirs = measure(family(steps))
        for metric, estimate in ours.items():
            assert not estimate.exceeds(theirs[metric])


def test_the_evidence_is_all_there():
    choice = chosen("ring-8", "ddim", 5, metric="sliced-w2")
    assert len(choice.sigmas) == 6
    assert (choice.sigmas[0], choice.sigmas[-1]) == (80.0, 0.002)
    assert choice.baseline.is_baseline
    assert choice.baseline.samples == choice.best.samples == WIDE.rounds[-1][0]
    assert {c.name for c in choice.tried} >= set(names.BASELINES)
    assert choice.best.score.value <= choice.baseline.score.value
    assert choice.best.title in choice.reason
    assert choice.baseline.title in choice.reason


def test_a_baseline_that_is_truly_best_is_chosen_and_named():
    best = optimize.Candidate(
        "gaussian", "Gaussian-optimal", schedules.gaussian(5), score=Estimate(0.1, 0.01), samples=100
    )
    choice = optimize.Choice(((best,),), METRICS["energy"])
    assert best.is_baseline
    assert "baseline Gaussian-optimal did best" in choice.reason


def test_points_alone_suffice_and_the_same_seed_chooses_the_same():
    x0 = datasets.get("moons").sample(600, torch.Generator().manual_seed(3))
    denoiser = datasets.get("moons").denoiser()

    def once() -> np.ndarray:
        return optimize.choose(denoiser, x0, "ddim", 4, generator=torch.Generator().manual_seed(4)).sigmas

    np.testing.assert_array_equal(once(), once())


@pytest.mark.parametrize("solver", ["stochastic-ddim", "dpmpp-2m"])
def test_it_finds_what_a_known_score_likes(solver, monkeypatch):
    """The score is the distance to a schedule that no single rule gives: half way from a baseline to an optimum."""
    dataset, steps = datasets.get("ring-8"), 6
    gram = PathGram.collect(
        dataset.denoiser(),
        dataset.sample(2048, torch.Generator().manual_seed(9)),
        schedules.logsnr(95),
        generator=torch.Generator().manual_seed(9),
    )
    asked: list[tuple[int, int]] = []
    target = optimize.blend(schedules.gaussian(steps), optimize.optimum(gram, steps, 0.75), 0.5)

    def known(points, sigmas, samples, seed):
        assert points.metric == "energy"
        asked.append((samples, seed))
        return Estimate(float(np.abs(np.log(sigmas / target)).mean()), 0.0)

    monkeypatch.setattr(optimize.Points, "score", known)
    choice = chosen("ring-8", solver, steps)
    assert choice.best.score.value < 0.3 * choice.baseline.score.value
    families = [family(steps) for family in schedules.SCHEDULES.values()]
    nearest = min(families, key=lambda sigmas: np.abs(np.log(sigmas / target)).mean())
    np.testing.assert_array_equal(choice.baseline.sigmas, nearest)
    assert choice.best.score.value == min(c.score.value for c in choice.tried)
    rounds = dict.fromkeys(asked)
    last = WIDE.rounds[-1][0]
    assert [n for n, _ in rounds] == [*(n for n, _ in WIDE.rounds), last], "what was refined has a round of its own"
    assert len({seed for _, seed in rounds}) == len(WIDE.rounds) + 1, "every round has noise of its own"
    target = schedules.cosine(steps)
    choice = chosen("ring-8", solver, steps)
    assert choice.best.is_baseline
    np.testing.assert_array_equal(choice.sigmas, target)


def test_a_metric_that_is_better_when_higher_is_raised_not_lowered():
    choice = chosen("grid-6x6", "stochastic-ddim", 5, metric="coverage")
    found = {c.title: -c.score.value for c in choice.tried if c.samples == WIDE.rounds[0][0]}
    assert min(found.values()) < max(found.values())
    assert -choice.best.score.value >= -choice.baseline.score.value > 0
    assert "Modes found 0" in choice.reason or "Modes found 1" in choice.reason


def test_a_metric_of_modes_without_modes_is_a_sentence():
    with pytest.raises(ValueError, match="separate modes"):
        chosen("moons", "ddim", 5, metric="mode-mass")


def test_a_blend_lies_between_and_keeps_the_ends():
    first, second = schedules.edm(6), schedules.logsnr(6)
    half = optimize.blend(first, second, 0.5)
    np.testing.assert_allclose(half[1:-1], np.sqrt(first * second)[1:-1])
    np.testing.assert_allclose(optimize.blend(first, second, 0.0), first, rtol=1e-12)
    assert (half[0], half[-1]) == (80.0, 0.002)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"solver": "lms"}, "solver"),
        ({"metric": "fid"}, "metric"),
        ({"steps": 1}, "number of steps"),
        ({"sigma_min": 3.0, "sigma_max": 1.0}, "sigma_min"),
        ({"x0": torch.zeros(10, 2)}, "200 points"),
    ],
)
def test_bad_arguments_say_what_to_change(options, message):
    given = {"x0": torch.randn(400, 2, generator=torch.Generator().manual_seed(0)), "solver": "ddim", "steps": 5}
    given |= options
    x0, solver, steps = given.pop("x0"), given.pop("solver"), given.pop("steps")
    with pytest.raises(ValueError, match=message):
        optimize.choose(
            datasets.get("moons").denoiser(), x0, solver, steps, generator=torch.Generator().manual_seed(0), **given
        )
