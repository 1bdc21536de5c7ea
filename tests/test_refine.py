"""The refinement: gradients of the energy distance to the exact law, through the sampler, on even noise."""

import math
from itertools import product

import numpy as np
import pytest
import torch

from ays_toy import optimize
from ays_toy.data import datasets
from ays_toy.data.datasets import Dataset
from ays_toy.data.mixtures import Mixture
from ays_toy.metrics import Estimate, Reference, evaluate
from ays_toy.metrics.law import Law, law_of
from ays_toy.optimize import Effort
from ays_toy.optimize.candidates import SECOND
from ays_toy.optimize.points import Balanced
from ays_toy.sampling import samplers, schedules
from ays_toy.sampling.even_noise import EvenNoise

LOW, HIGH = 0.002, 80.0


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn_at_random(seed: int) -> Dataset:
    """Five modes of unequal widths and weights."""
    source = np.random.default_rng(seed)
    means, stds = source.uniform(-1, 1, (5, 2)), source.uniform(0.02, 0.2, 5)
    mixture = Mixture(means, stds, source.dirichlet(np.full(5, 3.0))).standardized()
    return Dataset("random", "Random", "", mixture, has_modes=True)


# --- the exact law ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["grid-6x6", "multiscale", "spirals", "gaussian"])
def test_the_energy_to_the_law_is_that_to_many_points(name):
    dataset = datasets.get(name)
    moved = 1.05 * dataset.noisy(8192, LOW, seeded(0))
    ours = law_of(dataset.mixture, LOW).energy(moved)
    theirs = evaluate(moved, Reference.of(dataset, LOW, 8192, generator=seeded(1)), ["energy"])["energy"]
    assert abs(ours.value - theirs.value) < 3 * math.hypot(ours.stderr, theirs.stderr)
    assert ours.stderr < 0.7 * theirs.stderr


def test_it_is_zero_on_average_for_the_data_and_its_error_bar_is_its_scatter():
    dataset = datasets.get("moons")
    law = Law(dataset.mixture, LOW)
    found = [law.energy(dataset.noisy(2048, LOW, seeded(seed))) for seed in range(60)]
    values = np.array([one.value for one in found])
    assert abs(values.mean()) < 3 * values.std() / math.sqrt(60)
    assert values.std() == pytest.approx(np.mean([one.stderr for one in found]), rel=0.4)
    far = [law.energy(1.3 * dataset.noisy(2048, LOW, seeded(seed))) for seed in range(60)]
    assert np.std([one.value for one in far]) == pytest.approx(np.mean([one.stderr for one in far]), rel=0.4)


def test_points_beyond_its_tables_are_as_far_as_they_are():
    far = torch.tensor([[1e4, 0.0], [1e4, 1.0]]).repeat(200, 1)
    assert Law(datasets.get("gaussian").mixture, LOW).energy(far).value == pytest.approx(2e4, rel=1e-3)


def test_a_law_of_thousands_of_points_is_that_of_points_drawn_from_them():
    points = datasets.get("spirals").sample(3000, seeded(3)).double().numpy()
    many, few = (Dataset("own", "Own", "", Mixture(part, 0.0, 1.0)) for part in (points, points[:1000]))
    for dataset in (many, few):
        moved = 1.1 * datasets.get("spirals").noisy(4096, LOW, seeded(4))
        ours = Law(dataset.mixture, LOW).energy(moved)
        reference = Reference.of(dataset, LOW, 10_240, generator=seeded(5))
        theirs = evaluate(moved, reference, ["energy"])["energy"]
        assert abs(ours.value - theirs.value) < 3 * math.hypot(ours.stderr, theirs.stderr)


def test_the_pull_is_the_gradient_of_the_energy():
    dataset = datasets.get("spirals")
    law, points = Law(dataset.mixture, 0.05), 1.1 * dataset.noisy(500, 0.05, seeded(5)).double()
    pull, size = law.pull(points), 1e-4
    for row, column in ((0, 0), (7, 1), (99, 0), (340, 1)):
        step = torch.zeros_like(points)
        step[row, column] = size
        slope = (law.energy(points + step).value - law.energy(points - step).value) / (2 * size)
        assert float(pull[row, column]) == pytest.approx(slope, rel=0.05, abs=2e-6)


def test_the_score_is_the_gradient_of_the_log_density():
    mixture = datasets.get("multiscale").mixture
    x = torch.randn(50, 2, generator=seeded(6), dtype=torch.float64).requires_grad_()
    (wanted,) = torch.autograd.grad(mixture.log_density(x, 0.1).sum(), x)
    torch.testing.assert_close(mixture.likelihood(x.detach(), 0.1)[1], wanted)


# --- even noise ------------------------------------------------------------------------------------------------------


def test_even_noise_is_normal_alike_for_every_schedule_and_other_with_another_seed():
    noise = EvenNoise(3, 4096, 5)
    drawn = torch.stack([noise.start(1.0), *(noise(0.0, 0.0, torch.zeros(1)) for _ in range(5))], dim=1).flatten(1)
    assert drawn.mean(0).abs().max() < 1e-3, "iid noise would be ten times farther from zero"
    torch.testing.assert_close(drawn.T.cov(), torch.eye(12), atol=0.05, rtol=0)
    torch.testing.assert_close(EvenNoise(3, 4096, 5).start(1.0), noise.start(1.0))
    assert (EvenNoise(4, 4096, 5).start(1.0) - noise.start(1.0)).abs().mean() > 0.5


def test_means_over_even_noise_are_known_better():
    dataset, levels = datasets.get("grid-4x4"), schedules.edm(6)
    law = law_of(dataset.mixture, LOW)

    def scatter(even: bool) -> float:
        found = []
        for seed in range(12):
            noise, source = EvenNoise(seed, 1024, 6), seeded(seed)
            x_T = noise.start(HIGH) if even else HIGH * torch.randn(1024, 2, generator=source)
            found.append(law.energy(samplers.sample(dataset.denoiser(), x_T, levels, "dpmpp-2m")).value)
        return float(np.std(found))

    assert scatter(even=True) < 0.5 * scatter(even=False)


# --- the refinement --------------------------------------------------------------------------------------------------


def test_for_a_gaussian_it_finds_the_schedule_that_is_known_to_be_best():
    dataset = datasets.get("gaussian")
    law, denoiser = law_of(dataset.mixture, LOW), dataset.denoiser()

    def score(sigmas: np.ndarray) -> Estimate:
        noise = EvenNoise(9, 4096, sigmas.size - 1)
        return law.energy(samplers.sample(denoiser, noise.start(HIGH), sigmas, "ddim"))

    start, best = schedules.logsnr(5), schedules.gaussian(5)
    found = optimize.refine(
        denoiser, start, "ddim", score=score, generator=seeded(7), pull=law.pull, effort=Effort(150)
    )
    assert found.score.value < found.start.value
    assert (found.sigmas[0], found.sigmas[-1]) == (start[0], start[-1])
    assert found.calls == 150 * 1024 * 5
    assert score(found.sigmas).value == pytest.approx(score(best).value, abs=0.02 * score(start).value)
    by_turns = optimize.refine(denoiser, start, "ddim", score=score, generator=seeded(7))
    assert score(best).value - 1e-4 < by_turns.score.value < by_turns.start.value


def test_where_nothing_is_better_the_start_is_kept():
    dataset, start = datasets.get("gaussian"), schedules.edm(4)
    law = law_of(dataset.mixture, LOW)
    away = lambda sigmas: Estimate(float(np.abs(np.log(sigmas / start)).max()), 0.0)  # noqa: E731
    found = optimize.refine(dataset.denoiser(), start, "ddim", score=away, generator=seeded(1), pull=law.pull)
    np.testing.assert_array_equal(found.sigmas, start)
    assert found.score == found.start


@pytest.mark.parametrize(("kind", "most"), [("2m", 0.55), ("ddim", 0.95)])
def test_on_mixtures_drawn_at_random_and_fresh_seeds_it_beats_the_plain_choice(kind, most):
    """Energy distances by the exact law, 65,536 samples of independent noise; the plain choice is in the last round."""
    ratios = []
    for seed, solver in product(range(3), {"2m": ("dpmpp-2m", "sde-dpmpp-2m"), "ddim": ("stochastic-ddim",)}[kind]):
        dataset, generator = drawn_at_random(seed), seeded(seed)
        x0 = dataset.sample(4096, generator)
        choice = optimize.choose(dataset.denoiser(), x0, solver, 6, generator=generator, data=dataset)
        plain, law = choice.rounds[-2][0], law_of(dataset.mixture, LOW)
        ours, before = (
            law.energy(samplers.draw_samples(dataset.denoiser(), one, solver, 1000 + seed, 1 << 16))
            for one in (choice.sigmas, plain.sigmas)
        )
        assert ours.value < 1.03 * before.value + 2 * ours.stderr
        ratios.append(ours.value / before.value)
    assert np.exp(np.mean(np.log(ratios))) < most


def test_what_loses_more_by_a_second_metric_than_it_gains_is_refused():
    def subject(gain: float) -> optimize.Subject:
        scores = {4: Estimate(1.0, 0.01), 5: Estimate(1.0 - gain, 0.01)}  # by the number of levels
        seconds = {4: Estimate(-1.0, 0.01), 5: Estimate(0.0, 0.01)}
        judge, beside = (lambda sigmas, *_, of=some: of[sigmas.size] for some in (scores, seconds))
        return optimize.Subject("ddim", {}, None, None, judge, beside=beside, floor=-2.0)

    start = optimize.Candidate("edm", "EDM", schedules.edm(3))
    refined = optimize.Candidate("choice", "EDM, refined", schedules.edm(4))
    for gain, refused in ((2 * SECOND, False), (0.5 * SECOND, True)):  # the second has doubled, over its floor
        judged = subject(gain).compared(start, [refined], 2048, 5)
        assert [one.refused for one in judged] == [False, refused]
        assert (judged[1].loss == math.inf) is refused


def test_the_likelihood_pulls_until_samples_are_as_likely_as_the_data():
    dataset = datasets.get("multiscale")
    law, blurred = law_of(dataset.mixture, LOW), dataset.noisy(4096, 0.1, seeded(1))
    pull = Balanced(law, dataset.mixture, LOW, dataset.mixture.entropy(LOW), blurred)
    moved = [blurred - 20 * part(blurred) for part in (law.pull, pull)]
    by_law, by_both = (float(-dataset.mixture.log_density(one, LOW).mean()) for one in moved)
    assert by_both < by_law
    likely = dataset.mixture.means[:1].repeat(200, axis=0) + np.zeros((200, 2))
    points = torch.as_tensor(likely)
    torch.testing.assert_close(pull(points), law.pull(points) / pull._energy)


def test_thousands_of_points_are_chosen_for_without_a_refinement():
    dataset, generator = datasets.from_points(np.random.default_rng(0).normal(size=(1500, 2))), seeded(2)
    choice = optimize.choose(
        *(dataset.denoiser(), dataset.sample(400, generator), "ddim", 3), generator=generator, data=dataset
    )
    assert len(choice.rounds) == len(optimize.WIDE.rounds)
    assert not any("refined" in one.title for one in choice.tried)


@pytest.mark.parametrize("kind", ["points", "fine"])
def test_data_without_a_likelihood_that_can_be_told_are_refined_too(kind, monkeypatch):
    points = datasets.get("moons").sample(400, seeded(8)).double().numpy()
    dataset = datasets.from_points(points) if kind == "points" else datasets.get("ring-8")
    if kind == "fine":
        monkeypatch.setattr(Mixture, "entropy", lambda *_: (_ for _ in ()).throw(ValueError("too fine")))
    generator = seeded(2)
    effort = Effort(10, 256)
    choice = optimize.choose(
        *(dataset.denoiser(), dataset.sample(1000, generator), "dpmpp-2m", 4),
        generator=generator,
        data=dataset,
        effort=effort,
    )
    assert choice.second.name == "sliced-w2"
    assert any("refined" in one.title for one in choice.rounds[-1])
    assert all(one.beside.value > 0 for one in choice.rounds[-1])
