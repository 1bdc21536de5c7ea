"""The sampler differentiated by its levels: held to differences, for every solver and kind of denoiser."""

import numpy as np
import pytest
import torch

from ays_toy.data.datasets import get
from ays_toy.data.denoisers import Denoiser
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.sampling.samplers import SOLVERS, sample, steps
from ays_toy.sampling.schedules import edm

LEVELS = edm(5, 0.05, 8.0)
AT = 2  # the level that is moved


def _network() -> Denoiser:
    made = MLPDenoiser(NetworkConfig(16, 2), torch.Generator().manual_seed(3)).double()
    torch.nn.init.normal_(made.last.weight, 0.0, 0.3, generator=torch.Generator().manual_seed(4))
    return made


def _loss(denoiser: Denoiser, levels: object, solver: str) -> torch.Tensor:
    x_T = 8.0 * torch.randn(40, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = sample(denoiser, x_T, levels, solver, generator=torch.Generator().manual_seed(1))
    return (x.square() * torch.tensor([1.0, -0.3])).sum()


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("kind", ["mixture", "network"])
def test_its_gradient_is_that_of_differences(solver: str, kind: str) -> None:
    denoiser = get("spirals").denoiser() if kind == "mixture" else _network()
    levels = torch.tensor(LEVELS, requires_grad=True)
    (slope,) = torch.autograd.grad(_loss(denoiser, levels, solver), levels)
    size = 1e-5 * LEVELS[AT]
    up, down = (LEVELS + sign * size * (np.arange(6) == AT) for sign in (1, -1))
    wanted = (_loss(denoiser, up, solver) - _loss(denoiser, down, solver)) / (2 * size)
    assert float(slope[AT]) == pytest.approx(float(wanted), rel=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
def test_it_samples_the_same_with_a_gradient_and_without(solver: str) -> None:
    denoiser = get("grid-8x8").denoiser()
    with_one = _loss(denoiser, torch.tensor(LEVELS, requires_grad=True), solver)
    assert with_one.requires_grad
    plain = _loss(denoiser, LEVELS, solver)
    assert not plain.requires_grad
    assert float(with_one) == pytest.approx(float(plain), rel=1e-12)


def test_a_network_s_own_gradients_stay_as_they_were_and_so_does_the_caller_s_mode() -> None:
    network, levels = _network(), torch.tensor(LEVELS, requires_grad=True)
    for step in steps(network, torch.ones(3, 2, dtype=torch.float64), levels, "ddim"):
        assert torch.is_grad_enabled()
        assert step.x_next.requires_grad
    assert all(weight.grad is None for weight in network.parameters())
    for step in steps(network, torch.ones(3, 2, dtype=torch.float64), LEVELS, "ddim"):
        assert torch.is_grad_enabled()
        assert not step.x_next.requires_grad
