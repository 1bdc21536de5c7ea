"""Denoisers of transformers against diffusers' own pipelines: same prompts, noise and levels give the same latents."""

import inspect

import diffusers
import numpy as np
import pytest
import tiny_transformers
import torch
from diffusers import (
    AuraFlowPipeline,
    DDIMScheduler,
    DiffusionPipeline,
    DiTPipeline,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Lumina2Pipeline,
    PixArtAlphaPipeline,
    PixArtSigmaPipeline,
    SanaPipeline,
)
from test_export import LEVELS, run
from tiny_models import noise

from ays_toy import images
from ays_toy.exchange.diffusers_code import as_diffusers
from ays_toy.images.pipelines.coordinates import flow_time
from ays_toy.images.pipelines.folders import PIPELINES
from ays_toy.sampling import samplers, schedules

PROMPTS = ["a cat", "a very big dog"]
KINDS = {
    PixArtAlphaPipeline: tiny_transformers.pixart_alpha,
    PixArtSigmaPipeline: tiny_transformers.pixart,
    SanaPipeline: tiny_transformers.sana,
    AuraFlowPipeline: tiny_transformers.aura,
    Lumina2Pipeline: tiny_transformers.lumina,
}
EXACT = {PixArtAlphaPipeline, PixArtSigmaPipeline, SanaPipeline}  # they would draw in a size of a list
SIDES = {Lumina2Pipeline: 64, SanaPipeline: 32}  # sides in pixels that these pipelines insist on


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {kind: make(tmp_path_factory.mktemp(kind.__name__)) for kind, make in KINDS.items()}
    return made | {DiTPipeline: tiny_transformers.dit(tmp_path_factory.mktemp("dit"))}


def loaded(kind, folder) -> DiffusionPipeline:
    pipeline = kind.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.mark.parametrize("guidance", [1.0, 4.0])
@pytest.mark.parametrize("kind", KINDS)
def test_transformers_draw_the_latents_of_their_pipelines(folders, kind, guidance):
    pipeline = loaded(kind, folders[kind])
    flow = PIPELINES[kind.__name__].flow
    levels = schedules.logsnr(5, 0.05, 40.0)
    if flow:
        pipeline.scheduler = FlowMatchEulerDiscreteScheduler(shift=1.0)
        start, given = float(flow_time(levels[0])), list(flow_time(levels))
    else:
        pipeline.scheduler = EulerDiscreteScheduler.from_config(pipeline.scheduler.config, timestep_spacing="trailing")
        start, given = 1.0, [*levels, 0.0]
    x, side = noise(4, 4, 8, 8), SIDES.get(kind, 16)
    theirs = pipeline(
        [*PROMPTS, *PROMPTS],
        sigmas=given,
        latents=x * start,
        guidance_scale=guidance,
        height=side,
        width=side,
        num_inference_steps=6,
        output_type="latent",
        **({"use_resolution_binning": False} if kind in EXACT else {}),
    ).images
    model = images.load(folders[kind], prompts=PROMPTS, guidance=guidance, size=16, batch=3)
    assert (model.prediction, model.pixels) == ("flow" if flow else "epsilon", (16, 16))
    ours = samplers.sample(model.denoiser, x * levels[0], levels, "ddim", denoise_to_zero=True)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    assert (ours[0] - ours[1]).abs().max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_come_from_the_pipelines_own_decoder(folders, kind):
    pipeline, model = loaded(kind, folders[kind]), images.load(folders[kind], prompts="a cat", size=16)
    config, x0 = pipeline.vae.config, noise(3, *model.shape)
    shift = config.get("shift_factor") or 0
    with torch.no_grad():
        theirs = pipeline.vae.decode(x0 / config.scaling_factor + shift).sample
        coded = pipeline.vae.encode(theirs)
    code = coded.latent if hasattr(coded, "latent") else coded.latent_dist.mean
    pixels = model.decode(x0)
    torch.testing.assert_close(pixels, theirs, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(model.encode(pixels), (code - shift) * config.scaling_factor, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_classes_of_latents_are_drawn_as_their_pipeline_draws_them(folders, guidance):
    """DiTPipeline itself, at its own timesteps, against DDIM at the levels of these timesteps."""
    pipeline = loaded(DiTPipeline, folders[DiTPipeline])
    options = {"clip_sample": False, "set_alpha_to_one": True, "timestep_spacing": "trailing"}
    pipeline.scheduler = DDIMScheduler(**options)
    drawn = {"num_inference_steps": 5, "guidance_scale": guidance, "output_type": "np"}
    theirs = pipeline([3, 207], generator=torch.Generator().manual_seed(3), **drawn).images
    model = images.load(folders[DiTPipeline], labels=[3, 207], guidance=guidance)
    assert (model.labels, model.pixels, model.sigma_data) == ((3, 207), (16, 16), 1.0)
    levels = model.training_sigmas[::-1][[999, 799, 599, 399, 199]]
    x = noise(2, 4, 8, 8, seed=3) * np.float32(np.sqrt(1 + levels[0] ** 2))
    ours = model.decode(samplers.sample(model.denoiser, x, levels, "ddim", denoise_to_zero=True))
    ours = (ours / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1)
    assert theirs.std() > 0.02
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-4)


@pytest.mark.parametrize("kind", [PixArtSigmaPipeline, SanaPipeline, AuraFlowPipeline, Lumina2Pipeline])
def test_programs_for_transformers_run_as_printed(folders, kind):
    model = images.load(folders[kind], prompts=PROMPTS, size=SIDES.get(kind, 16), guidance=1)
    names = run(as_diffusers(LEVELS, model))
    drawn = model.pixels if kind is not Lumina2Pipeline else (16, 16)  # its latents are 8 times smaller than it is told
    assert [picture.size for picture in names["images"]] == [drawn] * 2


def test_guidance_left_out_is_the_pipelines_own_default(folders):
    for name, kind in PIPELINES.items():
        asked = inspect.signature(getattr(diffusers, name).__call__).parameters.get("guidance_scale")
        assert kind.guidance == (None if asked is None else asked.default), name
    assert images.load(folders[DiTPipeline], labels=5).guidance == 4.0
    with pytest.raises(ValueError, match="wants class labels: give some from 0 to 999"):
        images.load(folders[DiTPipeline])
    with pytest.raises(ValueError, match="a whole number from 0 to 999, not 1000"):
        images.load(folders[DiTPipeline], labels=1000)


def test_the_largest_pixart_is_told_the_size_of_its_images(folders):
    """The network answers another size otherwise, so the same answer cannot come from a call that leaves it out."""
    model = images.load(folders[PixArtAlphaPipeline], prompts="a cat", size=16, guidance=1)
    network = loaded(PixArtAlphaPipeline, folders[PixArtAlphaPipeline]).transformer
    assert network.use_additional_conditions
    x, call = noise(1, 4, 8, 8), model.denoiser.network
    added = {"resolution": torch.tensor([[16.0, 16.0]]), "aspect_ratio": torch.tensor([[1.0]])}
    given = {"encoder_hidden_states": call.given.text, "encoder_attention_mask": call.given.beside}
    with torch.no_grad():
        told, other = (
            network(x, timestep=torch.tensor([5]), added_cond_kwargs=one, **given).sample[:, :4]
            for one in (added, added | {"resolution": torch.tensor([[512.0, 512.0]])})
        )
    torch.testing.assert_close(call(x, torch.tensor([5.0]), range(1)), told, rtol=1e-4, atol=1e-5)
    assert (told - other).abs().max() > 1e-4
