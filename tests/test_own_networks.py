"""Networks in their own coordinates, wrapped: the clean data that they were made to find, and rows told their label."""

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler
from tiny_models import noise, unconditional, unet

from ays_toy import images
from ays_toy.images import collect, sources

SHAPE, C = (1, 8, 4), 0.5
RANGE = {"shape": SHAPE, "sigma_min": 0.02, "sigma_max": 20.0}
SIGMA = torch.tensor([0.1, 1.0, 10.0], dtype=torch.float64)


def per_row(level: torch.Tensor) -> torch.Tensor:
    return level.reshape(-1, 1, 1, 1)


def expected(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """The best denoiser of Gaussian images of that std."""
    return x * C**2 / (C**2 + per_row(sigma) ** 2)


def velocity(x, t):
    """A flow's, told s in [0, 1]: the mean of noise - x0 behind (1 - s) x0 + s noise."""
    s = per_row(t.double())
    return (s - (1 - s) * C**2) / ((1 - s) ** 2 * C**2 + s**2) * x


def v(x, t):
    """A process that keeps variance, told an angle t: x = cos(t) x0 + sin(t) noise, v = cos(t) noise - sin(t) x0."""
    t = per_row(t.double())
    return (torch.cos(t) * torch.sin(t) * (1 - C**2)) / (torch.cos(t) ** 2 * C**2 + torch.sin(t) ** 2) * x


def f(x, t):
    """EDM's for data of that very std: c_skip x is the best denoiser by itself, and F is zero."""
    return 0 * x * per_row(t)


@pytest.mark.parametrize(
    ("network", "options"),
    [
        (velocity, {"prediction": "flow"}),
        (v, {"prediction": "v_prediction", "time": np.arctan}),
        (f, {"prediction": "edm", "sigma_data": C}),
    ],
)
def test_networks_of_gaussian_data_denoise_them_best(network, options):
    model = images.wrap(network, **RANGE, **options)
    x = noise(3, *SHAPE, dtype=torch.float64) * per_row(SIGMA)
    torch.testing.assert_close(model.denoiser(x, SIGMA), expected(x, SIGMA), rtol=1e-4, atol=1e-5)


def test_discrete_timesteps_are_told_by_their_alphas_as_for_a_folder(tmp_path):
    folder = unconditional(tmp_path, prediction_type="v_prediction")
    whole, network = images.load(folder), unet()
    alphas = DDIMScheduler.from_pretrained(folder, subfolder="scheduler").alphas_cumprod
    called = {"prediction": "v_prediction", "time": alphas}
    model = images.wrap(lambda x, t: network(x, t).sample, **RANGE, **called, batch=2)
    x = noise(3, *SHAPE)
    torch.testing.assert_close(model.denoiser(x, SIGMA), whole.denoiser(x, SIGMA))
    level = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    model.denoiser(x, level).sum().backward()
    assert level.grad is not None, "what is refined goes through the network"


@pytest.mark.parametrize("prediction", [None, "flow"])
def test_rows_are_told_their_label_whatever_the_batch(prediction):
    told = []

    def network(x, _level, labels):
        told.append(labels.tolist())
        return x * per_row(labels)

    clean = noise(64, *SHAPE)
    model = images.wrap(
        network, **RANGE, prediction=prediction, labels=[1, 2, 3], batch=2, x0=clean, shown=torch.arange(64) % 4
    )
    told.clear()
    model.denoiser(noise(7, *SHAPE), 1.0)
    assert told == [[1, 2], [3, 1], [2, 3], [1]]
    assert model.labels == (1, 2, 3)
    source = sources.find(model, 6)
    rows = [int((clean == one).flatten(1).all(dim=1).nonzero()) for one in source.x0]
    assert [row % 4 for row in rows] == [1, 2, 3, 1, 2, 3], "paths start from what their row is told"
    assert np.isfinite(collect.collect(model, source.x0, collect.grid_for(model, 8)).price([20.0, 1.0, 0.02]).value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"time": np.arctan}, "A time belongs to a network with a prediction"),
        ({"prediction": "noise"}, "Unknown prediction 'noise': choose one of epsilon, v_prediction, sample, flow, edm"),
        ({"prediction": "epsilon"}, "A network of epsilon needs a time"),
        ({"prediction": "epsilon", "time": 1000}, "must be a function of noise levels or cumulated alphas"),
        ({"prediction": "epsilon", "time": torch.ones(10)}, "noise levels of the cumulated alphas"),
        ({"prediction": "edm", "sigma_data": 0}, "sigma_data must be a number"),
        ({"labels": -1}, "A label must be a whole number of at least 0"),
        ({"labels": range(257)}, "256 labels at most, not 257"),
        ({"labels": [1, 2], "x0": torch.zeros(64, *SHAPE)}, r"must be a tensor \[64\], for these labels"),
    ],
)
def test_what_does_not_fit_is_a_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence) as raised:
        images.wrap(lambda x, *_: x, **RANGE | changes)
    assert "\n" not in str(raised.value)
