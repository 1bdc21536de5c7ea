"""What other papers propose, for image models: on Gaussian images, where two of their answers are known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ays_toy import images, klub
from ays_toy.images import collect, comparators, refining
from ays_toy.optimize import RIVALS, Needs
from ays_toy.sampling import schedules

LOW, HIGH, STD = 0.02, 20.0, 0.5


def denoiser(x, sigma):
    return x / (1 + torch.as_tensor(sigma).to(x) ** 2 / STD**2)


@pytest.fixture(scope="module")
def found():
    """Levels of three steps by name, for images of independent Gaussian pixels."""
    clean = STD * torch.randn(256, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    wrapped = images.wrap(denoiser, shape=(1, 4, 4), sigma_min=LOW, sigma_max=HIGH, x0=clean)
    gram = collect.collect(wrapped, clean, collect.grid_for(wrapped))
    model = replace(wrapped, denoiser=denoiser)

    def levels(name: str, of: images.ImageModel = model):
        return comparators.find(of, gram, comparators.walked(of, clean), name, "ddim", 3)

    return levels, wrapped


@pytest.mark.parametrize("name", RIVALS)
def test_every_comparator_has_a_schedule_over_the_models_range_and_says_what_it_cost(name, found):
    one = found[0](name)
    assert one.title == RIVALS[name].title
    assert one.steps == 3
    np.testing.assert_allclose(one.sigmas[[0, -1]], [HIGH, LOW], rtol=1e-12)
    assert (np.diff(one.sigmas) < 0).all()
    assert (one.calls > 0) == (RIVALS[name].needs is not Needs.NOTHING)


def test_on_gaussian_images_they_come_to_what_is_known(found):
    levels, _ = found
    entropic, rescaled = (levels(name).sigmas for name in ("entropic", "rescaled-entropic"))
    np.testing.assert_allclose(entropic, klub.gaussian_optimum(3, STD, LOW, HIGH), rtol=0.03)
    best = schedules.gaussian(3, LOW, HIGH, std=STD)
    np.testing.assert_allclose(rescaled, best, rtol=0.03)
    np.testing.assert_allclose(levels("ld3").sigmas, best, rtol=0.05)  # AYS, Theorem 3.1


def test_what_needs_gradients_says_so_where_a_model_has_none(found):
    levels, wrapped = found
    assert not refining.has_gradient(wrapped)
    with pytest.raises(ValueError, match="LD3 needs gradients"):
        levels("ld3", wrapped)
    assert levels("boss", wrapped).calls == levels("boss").calls
