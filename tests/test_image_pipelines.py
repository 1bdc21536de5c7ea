"""Text-to-image denoisers against diffusers' own pipelines: same prompts, noise and levels give the same latents."""

import json
import shutil

import numpy as np
import pytest
import tiny_models
import torch
from diffusers import (
    DiffusionPipeline,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
)
from tiny_models import noise

from ays_toy import images
from ays_toy.images import published
from ays_toy.images.pipelines.conditioning import prompts_from
from ays_toy.images.pipelines.coordinates import flow_time
from ays_toy.images.pipelines.prompted import MOST_PROMPTS
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling import samplers, schedules
from ays_toy.ui.images.image_view import ImagesView

PROMPTS = ["a cat", "a very big dog"]
KINDS = {
    StableDiffusionPipeline: tiny_models.stable_diffusion,
    StableDiffusionXLPipeline: tiny_models.sdxl,
    StableDiffusion3Pipeline: tiny_models.sd3,
    FluxPipeline: tiny_models.flux,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {kind: make(tmp_path_factory.mktemp(kind.__name__)) for kind, make in KINDS.items()}


def loaded(kind, folder) -> DiffusionPipeline:
    absent = {"text_encoder_3": None, "tokenizer_3": None} if kind is StableDiffusion3Pipeline else {}
    images_too = {"image_encoder": None, "feature_extractor": None} if absent else {}
    pipeline = kind.from_pretrained(folder, **absent, **images_too)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.mark.parametrize(
    ("kind", "guidance", "prediction"),
    [
        (StableDiffusionPipeline, 1.0, "epsilon"),
        (StableDiffusionPipeline, 6.0, "epsilon"),
        (StableDiffusionPipeline, 6.0, "v_prediction"),
        (StableDiffusionXLPipeline, 6.0, "epsilon"),
        (StableDiffusionXLPipeline, 1.0, "v_prediction"),
    ],
)
def test_stable_diffusion_draws_the_latents_of_its_pipeline(folders, kind, guidance, prediction, tmp_path):
    folder = shutil.copytree(folders[kind], tmp_path / "model")
    scheduler = folder / "scheduler" / "scheduler_config.json"
    scheduler.write_text(json.dumps(json.loads(scheduler.read_text()) | {"prediction_type": prediction}))
    levels = schedules.logsnr(5, 0.06, 12.0)
    pipeline = loaded(kind, folder)
    config = pipeline.scheduler.config
    pipeline.scheduler = EulerDiscreteScheduler.from_config(config, timestep_spacing="trailing")
    x = noise(4, 4, 8, 8)
    theirs = pipeline(
        [*PROMPTS, *PROMPTS], sigmas=[*levels, 0.0], latents=x, guidance_scale=guidance, output_type="latent"
    ).images
    model = images.load(folder, prompts=PROMPTS, guidance=guidance, batch=3)
    assert (model.prediction, model.guidance, model.prompts) == (prediction, guidance, tuple(PROMPTS))
    ours = samplers.sample(model.denoiser, x * levels[0], levels, "ddim", denoise_to_zero=True)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    assert (ours[0] - ours[1]).abs().max() > 1e-2


@pytest.mark.parametrize("guidance", [1.0, 4.0])
@pytest.mark.parametrize("kind", [StableDiffusion3Pipeline, FluxPipeline])
def test_flows_draw_the_latents_of_their_pipelines(folders, kind, guidance):
    levels = schedules.logsnr(5, 0.02, 50.0)
    pipeline = loaded(kind, folders[kind])
    pipeline.scheduler = FlowMatchEulerDiscreteScheduler(shift=1.0)
    x = noise(4, 4, 8, 8)
    start = x if kind is StableDiffusion3Pipeline else FluxPipeline._pack_latents(x, 4, 4, 8, 8)
    theirs = pipeline(
        [*PROMPTS, *PROMPTS],
        sigmas=list(flow_time(levels)),
        latents=start * float(flow_time(levels[0])),
        guidance_scale=guidance,
        height=16,
        width=16,
        num_inference_steps=6,
        output_type="latent",
    ).images
    if kind is FluxPipeline:
        theirs = FluxPipeline._unpack_latents(theirs, 16, 16, 2)
    model = images.load(folders[kind], prompts=PROMPTS, guidance=guidance, size=16)
    assert (model.prediction, model.training_sigmas) == ("flow", None)
    ours = samplers.sample(model.denoiser, x * levels[0], levels, "ddim", denoise_to_zero=True)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    assert (ours[0] - ours[1]).abs().max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_rows_take_prompts_in_turn_whatever_the_batch(folders, kind):
    x = noise(5, 4, 8, 8) * 3
    both = images.load(folders[kind], prompts=PROMPTS, size=16, batch=2).denoiser(x, 3.0)
    alone = [images.load(folders[kind], prompts=prompt, size=16).denoiser(x, 3.0) for prompt in PROMPTS]
    expected = torch.stack([alone[row % 2][row] for row in range(5)])
    torch.testing.assert_close(both, expected, rtol=1e-4, atol=1e-4)


def test_guidance_of_one_never_runs_the_empty_prompt(folders):
    model = images.load(folders[StableDiffusionPipeline], prompts=PROMPTS, guidance=1)
    assert model.denoiser.network.empty is None


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_come_from_the_pipelines_own_decoder(folders, kind):
    pipeline, model = loaded(kind, folders[kind]), images.load(folders[kind], prompts="a cat", size=16)
    config, x0 = pipeline.vae.config, noise(3, *model.shape)
    with torch.no_grad():
        theirs = pipeline.vae.decode(x0 / config.scaling_factor + (config.shift_factor or 0)).sample
        code = pipeline.vae.encode(theirs).latent_dist.mean
    pixels = model.decode(x0)
    assert pixels.shape == (3, 3, 16, 16)
    torch.testing.assert_close(pixels, theirs, rtol=1e-4, atol=1e-4)
    back = (code - (config.shift_factor or 0)) * config.scaling_factor
    torch.testing.assert_close(model.encode(pixels), back, rtol=1e-3, atol=1e-3)


def test_a_prompted_model_has_a_path_gram(folders):
    """All that optimizers ask of a model: denoise the same rows at every level of a grid."""
    model = images.load(folders[StableDiffusionPipeline], prompts=PROMPTS, size=16)
    grid = schedules.logsnr(6, model.sigma_min, model.sigma_max)
    gram = PathGram.collect(model.denoiser, noise(8, 4, 8, 8), grid, generator=torch.Generator().manual_seed(0))
    assert np.isfinite(gram.price(grid).value)
    assert gram.price(grid).value > 0


def test_in_half_precision_the_network_runs_and_the_decoder_stays_single(folders):
    model = images.load(folders[StableDiffusionXLPipeline], prompts="a cat", dtype="float16")
    single = images.load(folders[StableDiffusionXLPipeline], prompts="a cat")
    assert (model.dtype, single.dtype) == (torch.float16, torch.float32)
    x = noise(2, 4, 8, 8)
    assert model.denoiser(x, 1.0).dtype == torch.float32
    torch.testing.assert_close(model.denoiser(x, 1.0), single.denoiser(x, 1.0), rtol=0.05, atol=0.02)
    torch.testing.assert_close(model.decode(x), single.decode(x), rtol=1e-2, atol=1e-2)
    assert model.decode.__self__.vae.dtype == torch.float32


@pytest.mark.parametrize("kind", KINDS)
def test_published_schedules_are_found_for_what_they_were_made_for(folders, kind):
    model = images.load(folders[kind], prompts="a cat", size=16)
    name = published.name_for(model)
    assert name == {StableDiffusionPipeline: "sd15", StableDiffusionXLPipeline: "sdxl"}.get(kind)
    if name:
        sigmas = published.schedule(name, 10, model.sigma_min, model.sigma_max)
        x = samplers.sample(model.denoiser, noise(1, *model.shape) * sigmas[0], sigmas, "ddim", denoise_to_zero=True)
        assert x.isfinite().all()


def test_what_does_not_fit_is_refused_in_a_sentence(folders, tmp_path):
    folder = folders[StableDiffusionPipeline]
    for arguments, message in (
        ({}, "give prompts"),
        ({"prompts": 7}, "text or a list of texts, not 7"),
        ({"prompts": []}, "number of prompts must be a whole number from 1"),
        ({"prompts": ["a"] * (MOST_PROMPTS + 1)}, "not 1001"),
        ({"prompts": ["a", 3]}, "must be text, not 3"),
        ({"prompts": "a", "guidance": 0.5}, "guidance must be a number from 1 to 100"),
        ({"prompts": "a", "guidance": float("nan")}, "guidance must be a number"),
        ({"prompts": "a", "size": 15}, "multiple of 2 pixels"),
    ):
        with pytest.raises(ValueError, match=message):
            images.load(folder, **arguments)
    inpainting = tiny_models.stable_diffusion(tmp_path / "inpainting", channels=9)
    with pytest.raises(ValueError, match="takes 9 channels where its autoencoder has 4"):
        images.load(inpainting, prompts="a")
    distilled = tiny_models.flux(tmp_path / "distilled", guidance_embeds=False)
    with pytest.raises(ValueError, match="distilled without guidance"):
        images.load(distilled, prompts="a", size=16, guidance=2)
    model = images.load(distilled, prompts="a", size=16)
    assert model.guidance is None
    assert model.denoiser(noise(2, 4, 8, 8), 1.0).isfinite().all()


def test_parts_of_other_classes_and_schedulers_are_refused(tmp_path):
    folder = tiny_models.sd3(tmp_path)
    scheduler = folder / "scheduler" / "scheduler_config.json"
    scheduler.write_text(json.dumps({"_class_name": "DDIMScheduler", "beta_start": 0.1}))
    with pytest.raises(ValueError, match="DDIMScheduler, but its kind is a flow"):
        images.load(folder, prompts="a")
    config = folder / "transformer" / "config.json"
    config.write_text(config.read_text().replace("SD3Transformer2DModel", "AuraFlowTransformer2DModel"))
    with pytest.raises(ValueError, match="needs a SD3Transformer2DModel"):
        images.load(folder, prompts="a")


MARKED = {"plain": "utf-8", "marked": "utf-8-sig", "as Windows writes it": "utf-16"}


@pytest.mark.parametrize("encoding", MARKED.values(), ids=MARKED)
def test_a_byte_order_mark_is_no_part_of_a_prompt(folders, tmp_path, encoding):
    file = tmp_path / "prompts.txt"
    file.write_bytes("a cat\r\n\r\n  a very big dog \r\n".encode(encoding))
    assert list(prompts_from(file)) == PROMPTS
    typed = "\n".join(["\ufeffa cat", "\ufeff", "", "a very big dog"])
    assert ImagesView("some/model", prompts=typed).which.prompts == tuple(PROMPTS)
    assert images.load(folders[StableDiffusionPipeline], prompts="\ufeffa cat", size=16).prompts == ("a cat",)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a cat\xff", "cannot be read as text: save them as text in UTF-8"),
        (b"\xff\xfea", "cannot be read as text"),
        (b"a\0 cat", "cannot be read as text"),
        (b"\xef\xbb\xbf \r\n", "holds no prompts: write one a line"),
        (b"a cat\n" * 10**6, "has more than 4 MiB"),
        (None, r"cannot be read \(No such file"),
    ],
)
def test_a_file_of_prompts_that_cannot_be_used_is_a_sentence(tmp_path, data, words):
    file = tmp_path / "prompts.txt"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ValueError, match=words) as caught:
        prompts_from(file)
    assert "\n" not in str(caught.value)
