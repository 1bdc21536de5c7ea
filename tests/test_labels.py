"""UNets that are told a class: against diffusers' network itself, and images that show what a path is told."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import UNet2DModel
from test_export import LEVELS, run, start
from tiny_models import noise, stable_diffusion, unconditional, unet

from ays_toy import images
from ays_toy.exchange.diffusers_code import as_diffusers
from ays_toy.images import collect, sources
from ays_toy.sampling import samplers

SIGMA = 1.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return unconditional(tmp_path_factory.mktemp("classes"), unet(num_class_embeds=4))


@pytest.fixture(scope="module")
def network(folder):
    return UNet2DModel.from_pretrained(folder, subfolder="unet")


def expected(network, model, x, labels):
    """Clean images by the network itself, from the noise that it predicts."""
    step = torch.as_tensor(model.denoiser.timesteps(np.array([SIGMA])), dtype=torch.float32)
    with torch.no_grad():
        eps = network(x / (1 + SIGMA**2) ** 0.5, step, class_labels=torch.tensor(labels)).sample
    return x - SIGMA * eps


def test_row_after_row_takes_the_next_label_whatever_the_batch(folder, network):
    x = noise(7, 1, 8, 4)
    model = images.load(folder, labels=[2, 0, 1], batch=2)
    assert (model.labels, model.guidance) == ((2, 0, 1), 1.0)
    there = expected(network, model, x, [2, 0, 1, 2, 0, 1, 2])
    torch.testing.assert_close(model.denoiser(x, SIGMA), there, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(there[0], expected(network, model, x, [1] * 7)[0], atol=1e-3)


def test_guidance_is_two_calls_apart_by_its_scale(folder, network):
    x = noise(5, 1, 8, 4)
    model = images.load(folder, labels=[2, 0], guidance=3, batch=3)
    told, untold = (expected(network, model, x, labels) for labels in ([2, 0, 2, 0, 2], [3] * 5))
    torch.testing.assert_close(model.denoiser(x, SIGMA), untold + 3 * (told - untold), atol=1e-4, rtol=1e-4)
    one = images.load(folder, labels=2, guidance=1)
    torch.testing.assert_close(one.denoiser(x, SIGMA), expected(network, model, x, [2] * 5), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "wants class labels: give some from 0 to 3"),
        ({"guidance": 2}, "wants class labels: give some from 0 to 2"),
        ({"labels": 4}, "from 0 to 3"),
        ({"labels": [0, -1]}, "from 0 to 3"),
        ({"labels": [3], "guidance": 2}, "from 0 to 2"),
        ({"labels": [0.5]}, "whole number"),
        ({"labels": "1"}, "must be a whole number or a list of them"),
        ({"labels": []}, "number of labels"),
        ({"labels": [0] * 257}, "number of labels"),
        ({"labels": 1, "guidance": 0.5}, "guidance"),
        ({"labels": 1, "prompts": "a cat"}, "takes no prompts"),
    ],
)
def test_labels_and_guidance_that_do_not_fit_are_a_sentence(folder, options, message):
    with pytest.raises(ValueError, match=message):
        images.load(folder, **options)


def test_models_that_cannot_be_told_a_class_say_so(tmp_path):
    plain = unconditional(tmp_path / "plain")
    for options in ({"labels": 1}, {"guidance": 2}):
        with pytest.raises(ValueError, match="is unconditional and takes no"):
            images.load(plain, **options)
    with pytest.raises(ValueError, match="takes no labels"):
        images.load(stable_diffusion(tmp_path / "prompted"), prompts="a cat", labels=1)
    timed = unconditional(tmp_path / "timed", unet(class_embed_type="timestep"))
    with pytest.raises(ValueError, match="not numbered from 0"):
        images.load(timed, labels=1)


def test_every_path_starts_from_an_image_of_what_it_is_told(folder):
    kinds = torch.arange(40) % 4
    clean = kinds.float().reshape(-1, 1, 1, 1) + torch.zeros(1, 1, 8, 4)
    model = replace(
        images.load(folder, labels=[2, 0, 1], batch=64), data=lambda: clean, shown=lambda: kinds, credit="By us."
    )
    found = sources.find(model, 50)
    assert found.about.endswith("By us.")
    assert found.x0[:, 0, 0, 0].tolist() == [(2, 0, 1)[k % 3] for k in range(50)]
    told: list[tuple[float, int]] = []
    inner = model.denoiser.network.call

    def call(x, timesteps, classes, pooled):
        told.extend(zip(x[:, 0].mean((1, 2)).tolist(), classes.tolist(), strict=True))
        return inner(x, timesteps, classes, pooled)

    model.denoiser.network.call = call
    collect.collect(model, found.x0, collect.grid_for(model, 4)[2:], batch=16)  # becomes 18, three labels six times
    least = told[-5:]  # at the lowest level of the last batch, where images are hardly noisy
    assert [round(mean) for mean, _ in least] == [label for _, label in least]
    with pytest.raises(ValueError, match="does not say what is in it"):
        sources.find(model, 4, folder=folder)


@pytest.mark.parametrize("options", [{"labels": [1, 0, 2]}, {"labels": [1, 0], "guidance": 2.5}])
@pytest.mark.parametrize("solver", ["ddim", "dpmpp-2m", "stochastic-ddim"])
def test_programs_for_diffusers_draw_the_same_classes(folder, solver, options):
    model = images.load(folder, **options)
    names = run(as_diffusers(LEVELS, model, solver=solver))
    rows, levels = len(options["labels"]), LEVELS[:-1]
    if "timesteps" in names:
        levels = model.training_sigmas[::-1][names["timesteps"]]
    stream = torch.Generator().manual_seed(0)
    torch.randn(rows, 1, 8, 4, generator=stream)  # the start
    x_T = start(model, solver, levels, rows)
    ours = samplers.sample(model.denoiser, x_T, levels, solver, generator=stream, denoise_to_zero=True)
    torch.testing.assert_close(ours.clamp(-1, 1), names["images"], rtol=1e-3, atol=1e-3)
