"""The refinement for image models: slopes through their networks, and by differences where they have none."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_models import noise, unconditional

from ays_toy import images, optimize
from ays_toy.data.counted import BACKWARD, Counted, Stopped
from ays_toy.images import collect, optimizing, quality, refining, sources
from ays_toy.images.scores import Judge
from ays_toy.optimize.refine import Effort, by_differences, by_gradient, spread
from ays_toy.sampling import schedules
from ays_toy.sampling.samplers import sample

SOLVERS = ("stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m")


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> images.ImageModel:
    """A random UNet in double precision, three of whose rows go through it at once where it has a gradient."""
    return images.load(unconditional(tmp_path_factory.mktemp("tiny")), dtype="float64", batch=12, device="cpu")


def judged(model, solver: str, rows: int = 5):
    x_T = model.sigma_max * noise(rows, *model.shape, dtype=torch.float64)

    def walk(shares: torch.Tensor) -> torch.Tensor:
        levels = spread(shares, model.sigma_max, model.sigma_min)
        return sample(model.denoiser, x_T, levels, solver, generator=seeded(3))

    return walk


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_gradient_through_a_network_is_what_differences_say(tiny, solver):
    walk, shares = judged(tiny, solver), torch.tensor([0.3, -0.2, 0.1, 0.0], dtype=torch.float64, requires_grad=True)
    slope = by_gradient(walk, shares, torch.ones_like)
    for k in range(len(shares)):
        with torch.no_grad():
            step = 1e-5 * torch.eye(len(shares), dtype=torch.float64)[k]
            wanted = float((walk(shares + step) - walk(shares - step)).sum()) / 2e-5
        assert float(slope[k]) == pytest.approx(wanted, rel=2e-3, abs=1e-3 * float(slope.norm()))
    near = by_differences(walk, shares, torch.ones_like)
    assert float(torch.cosine_similarity(near, slope, dim=0)) > 0.99


def test_a_gradient_takes_no_more_memory_than_one_small_batch_and_the_answer_is_the_same(tiny):
    rows = list[int]()
    network = tiny.denoiser.network
    tiny.denoiser.network = lambda x, times, some: rows.append(len(some)) or network(x, times, some)
    x, sigma = noise(7, *tiny.shape, dtype=torch.float64), torch.tensor(2.0, dtype=torch.float64)
    try:
        plain = tiny.denoiser(x, sigma)
        traced = tiny.denoiser(x, sigma.clone().requires_grad_())
        assert rows == [7, 3, 3, 1]
        traced.sum().backward()
        assert sorted(rows[4:]) == [1, 3, 3], "computed a second time"
    finally:
        tiny.denoiser.network = network
    assert not plain.requires_grad
    torch.testing.assert_close(traced.detach(), plain)


def test_the_pull_of_a_frechet_distance_is_its_gradient():
    points = noise(60, 3, dtype=torch.float64) @ noise(3, 3, seed=4, dtype=torch.float64)
    reference, size = quality.Gaussian.of(noise(50, 3, seed=2, dtype=torch.float64) + 0.5), 1e-5
    pull = quality.frechet_pull(points, reference)
    for row, column in ((0, 0), (17, 1), (59, 2)):
        step = torch.zeros_like(points)
        step[row, column] = size
        ahead, behind = (quality.frechet(points + sign * step, reference).value for sign in (1, -1))
        assert float(pull[row, column]) == pytest.approx((ahead - behind) / (2 * size), rel=1e-4)


def test_a_stop_takes_effect_amid_a_gradient(tiny):
    asked = iter([False] * 7 + [True] * 9)
    denoiser = Counted(tiny.denoiser, lambda: next(asked), backward=BACKWARD)
    walk, shares = judged(replace(tiny, denoiser=denoiser), "ddim"), torch.zeros(4, dtype=torch.float64)
    with pytest.raises(Stopped):
        by_gradient(walk, shares.requires_grad_(), torch.ones_like)
    assert denoiser.given == 5 * (4 + 3 * BACKWARD)


def gaussian(wrapped: bool) -> images.ImageModel:
    """Gaussian images of two variances, for which the best schedule of DDIM is known to be better than LogSNR's."""
    std = torch.tensor([0.5, 0.5]).reshape(2, 1, 1)
    denoiser = lambda x, sigma: x / (1 + torch.as_tensor(sigma).to(x) ** 2 / std**2)  # noqa: E731
    clean = std * torch.randn(512, 2, 4, 4, generator=seeded(0))
    model = images.wrap(denoiser, shape=(2, 4, 4), sigma_min=0.02, sigma_max=20.0, x0=clean)
    return model if wrapped else replace(model, denoiser=denoiser)


@pytest.mark.parametrize("wrapped", [True, False], ids=["differences", "gradients"])
@pytest.mark.parametrize("figure", ["frechet-pixels", "distance"])
def test_a_refinement_ends_nearer_to_what_is_best(wrapped, figure):
    judge = Judge(gaussian(wrapped))
    assert refining.has_gradient(judge.model) is not wrapped
    start = schedules.logsnr(4, 0.02, 20.0)
    *_, found = refining.descent(judge, "ddim", figure, start, Effort(40, 128, 0.1), 3)
    before, after = (judge.score("ddim", figure)(one, 1024, 9) for one in (start, found))
    assert after.value < 0.8 * before.value
    assert (found[0], found[-1]) == (start[0], start[-1])


def test_what_is_known_of_a_refinement_is_not_computed_again():
    judge = Judge(gaussian(False))
    counted = Counted(judge.model.denoiser, lambda: counted.given >= stop_at, backward=BACKWARD)
    judge, start, stop_at = judge.by(replace(judge.model, denoiser=counted)), schedules.edm(3, 0.02, 20.0), 10**9

    def levels() -> list[np.ndarray]:
        return list(refining.descent(judge, "ddim", "frechet-pixels", start, Effort(6, 64), 3))

    whole, images_of_all = levels(), counted.given
    judge.known.clear()
    counted.given, stop_at = 0, images_of_all // 2
    with pytest.raises(Stopped):
        levels()
    stop_at = 10**9
    np.testing.assert_array_equal(levels(), whole)
    assert counted.given < 1.3 * images_of_all


def test_the_choice_is_refined_and_never_worse_than_its_start_in_a_round_of_its_own():
    judge = Judge(gaussian(True))
    assert quality.LEAST <= 64
    plan = replace(optimize.NEAR, rounds=((64, 1),) * 4, effort=Effort(4, 64))
    source = sources.find(judge.model, 64)
    gram = collect.collect(judge.model, source.x0, collect.grid_for(judge.model, 24))
    search = optimizing.Search("dpmpp-2m", 4, "choice", "frechet-pixels", plan=plan)
    *_, last = optimizing.find(judge, gram, source.x0, search)
    assert last.choice is not None
    held_out = last.choice.rounds[-1]
    start = last.choice.rounds[-2][0]
    refined = [one for one in held_out if one.title.startswith(f"{start.title}, refined")]
    assert len(refined) == 4
    assert last.choice.best.score.value <= next(one for one in held_out if one.title == start.title).score.value


def test_digits_are_refined_by_the_energy_distance_in_features():
    judge = Judge(images.load("digits", device="cpu"))
    start = schedules.logsnr(3, judge.model.sigma_min, judge.model.sigma_max)
    *_, found = refining.descent(judge, "ddim", "energy-features", start, Effort(8, 64, 0.1), 3)
    before, after = (judge.score("ddim", "energy-features")(one, 256, 9) for one in (start, found))
    assert after.value < 0.9 * before.value
