"""Solvers with corrected weights: the plain one at zero, another one exactly, differentiable, and learned to a gain."""

import numpy as np
import pytest
import torch

from ays_toy.data import datasets
from ays_toy.optimize import Effort, Points
from ays_toy.sampling.corrected import CORRECTABLE, corrected
from ays_toy.sampling.samplers import sample
from ays_toy.sampling.schedules import gaussian, logsnr

LEVELS, STEPS = logsnr(5, 0.05, 8.0), 5


def _ends(solver: object, levels: object = LEVELS) -> torch.Tensor:
    x_T = 8.0 * torch.randn(40, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    return sample(datasets.get("spirals").denoiser(), x_T, levels, solver, generator=generator)


def test_only_solvers_that_extrapolate_from_two_values_can_be_corrected() -> None:
    assert set(CORRECTABLE) == {"dpmpp-2m", "sde-dpmpp-2m"}
    with pytest.raises(ValueError, match="not of ddim"):
        corrected("ddim", torch.zeros(STEPS, 2))
    with pytest.raises(ValueError, match=r"has 2 weights: give corrections \[n, 2\]"):
        corrected("dpmpp-2m", torch.zeros(STEPS, 3))


@pytest.mark.parametrize("solver", CORRECTABLE)
def test_without_corrections_it_is_the_solver_itself(solver: str) -> None:
    torch.testing.assert_close(_ends(corrected(solver, torch.zeros(STEPS, 2))), _ends(solver), rtol=0, atol=0)


@pytest.mark.parametrize(("solver", "plain"), [("dpmpp-2m", "ddim"), ("sde-dpmpp-2m", "stochastic-ddim")])
def test_corrections_that_take_the_extrapolation_back_leave_the_solver_of_order_one(solver: str, plain: str) -> None:
    lengths = -np.diff(np.log(LEVELS))
    back = torch.zeros(STEPS, 2, dtype=torch.float64)
    back[1:, 1] = torch.as_tensor(0.5 * lengths[1:] / lengths[:-1])
    back[:, 0] = -back[:, 1]
    torch.testing.assert_close(_ends(corrected(solver, back)), _ends(plain))


def test_its_gradient_by_a_correction_is_that_of_differences() -> None:
    def loss(corrections: torch.Tensor) -> torch.Tensor:
        levels = torch.tensor(LEVELS, requires_grad=True)
        return _ends(corrected("dpmpp-2m", corrections), levels).square().sum()

    at = torch.full((STEPS, 2), 0.05, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(loss(at), at)
    for place in ((0, 0), (2, 1), (4, 0)):
        moved = torch.zeros(STEPS, 2, dtype=torch.float64)
        moved[place] = 1e-6
        wanted = float(loss(at + moved).detach() - loss(at - moved).detach()) / 2e-6
        assert float(slope[place]) == pytest.approx(wanted, rel=1e-6)


def test_what_is_learned_gains_on_noise_that_it_was_not_learned_on() -> None:
    dataset, levels = datasets.get("grid-4x4"), gaussian(STEPS)
    points = Points(dataset.denoiser(), "dpmpp-2m", dataset, "energy", "nll", 0.002, 80.0)
    *_, learned = points.corrections(levels, Effort(60, 1024, 0.02), 3)
    assert learned.shape == (STEPS, 2)
    assert float(learned[0, 1]) == 0.0, "in the first step there is no value before"
    before, after = (one.score(levels, 8192, 9) for one in (points, points.corrected(learned)))
    assert after.value < 0.5 * before.value
