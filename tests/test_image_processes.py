"""Networks told a continuous noise level, and EDM's preconditioning: against the steps of diffusers' own schedulers."""

import json

import numpy as np
import pytest
import tiny_models
import torch
from diffusers import (
    EDMDPMSolverMultistepScheduler,
    EDMEulerScheduler,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DModel,
)
from tiny_models import noise, rescheduled, unconditional

from ays_toy import images
from ays_toy.images.pipelines import processes
from ays_toy.images.pipelines.coordinates import edm, edm_time
from ays_toy.sampling import samplers

VIDEO = {  # as in Stable Video Diffusion's scheduler_config.json
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "timestep_type": "continuous",
    "use_karras_sigmas": True,
    "sigma_min": 0.002,
    "sigma_max": 700.0,
}


def drawn(scheduler, folder, x):
    """What a loop over diffusers' scheduler makes of noise, with the network itself."""
    network = UNet2DModel.from_pretrained(folder, subfolder="unet")
    with torch.no_grad():
        for t in scheduler.timesteps:
            x = scheduler.step(network(scheduler.scale_model_input(x, t), t).sample, t, x).prev_sample
    return x


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("sigma_data", [0.5, 1.0])
@pytest.mark.parametrize(
    ("kind", "solver"), [(EDMEulerScheduler, "ddim"), (EDMDPMSolverMultistepScheduler, "dpmpp-2m")]
)
def test_preconditioned_networks_draw_the_image_of_their_schedulers(tmp_path, kind, solver, sigma_data, prediction):
    scheduler = kind(sigma_data=sigma_data, prediction_type=prediction, sigma_max=40.0)
    folder = rescheduled(unconditional(tmp_path), dict(scheduler.config) | {"_class_name": kind.__name__})
    model = images.load(folder)
    assert (model.prediction, model.training_sigmas, model.sigma_data) == ("edm", None, sigma_data)
    np.testing.assert_allclose([model.sigma_min, model.sigma_max], [0.002, 40.0])
    scheduler.set_timesteps(6)
    levels = scheduler.sigmas[:-1].double().numpy()
    x = noise(3, 1, 8, 4) * float(levels[0])
    ours = samplers.sample(model.denoiser, x, levels, solver, denoise_to_zero=True)
    torch.testing.assert_close(ours, drawn(scheduler, folder, x), rtol=1e-4, atol=1e-4)


def test_continuous_time_draws_the_image_of_eulers_scheduler(tmp_path):
    scheduler = EulerDiscreteScheduler(**VIDEO)
    folder = rescheduled(unconditional(tmp_path), dict(scheduler.config) | {"_class_name": "EulerDiscreteScheduler"})
    model = images.load(folder)
    assert (model.prediction, model.training_sigmas) == ("v_prediction", None)
    np.testing.assert_allclose([model.sigma_min, model.sigma_max], [0.002, 700.0])
    scheduler.set_timesteps(6)
    levels = scheduler.sigmas[:-1].double().numpy()
    x = noise(3, 1, 8, 4) * float(levels[0])
    ours = samplers.sample(model.denoiser, x, levels, "ddim", denoise_to_zero=True)
    torch.testing.assert_close(ours, drawn(scheduler, folder, x), rtol=1e-3, atol=1e-3)


def test_time_is_discrete_where_diffusers_heeds_no_word_of_it():
    config = {"_class_name": "EulerDiscreteScheduler", "timestep_type": "continuous", "prediction_type": "epsilon"}
    assert processes.described(config, "x").discrete
    without = {"_class_name": "EulerDiscreteScheduler"} | VIDEO | {"sigma_min": None, "sigma_max": None}
    found = processes.described(without, "x")
    levels = (
        (1 - EulerDiscreteScheduler(**VIDEO).alphas_cumprod) / EulerDiscreteScheduler(**VIDEO).alphas_cumprod
    ).sqrt()
    np.testing.assert_allclose(found.sigmas, [levels[-1], levels[0]], rtol=1e-6)


def test_playgrounds_pipeline_draws_the_same_latents(tmp_path):
    """An SDXL pipeline with EDM's scheduler, and an autoencoder that says its latents' mean and spread."""
    folder = tiny_models.sdxl(tmp_path)
    scheduler = EDMDPMSolverMultistepScheduler(sigma_max=80.0)
    rescheduled(folder, dict(scheduler.config) | {"_class_name": "EDMDPMSolverMultistepScheduler"})
    spread = {"latents_mean": [0.5, -1.0, 0.0, 2.0], "latents_std": [2.0, 3.0, 4.0, 5.0], "scaling_factor": 0.5}
    config = folder / "vae" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | spread))
    pipeline = StableDiffusionXLPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    x = noise(2, 4, 8, 8)
    prompts = ["a cat", "a very big dog"]
    theirs = pipeline(prompts, num_inference_steps=5, latents=x, guidance_scale=3.0, output_type="latent").images
    levels = pipeline.scheduler.sigmas[:-1].double().numpy()
    model = images.load(folder, prompts=prompts, guidance=3.0)
    assert (model.prediction, model.sigma_data, model.sigma_max) == ("edm", 0.5, 80.0)
    start = x * scheduler.init_noise_sigma
    ours = samplers.sample(model.denoiser, start, levels, "dpmpp-2m", denoise_to_zero=True)
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)
    pixels = pipeline.vae.decode(
        theirs * torch.tensor([2, 3, 4, 5.0]).reshape(-1, 1, 1) / 0.5
        + torch.tensor([0.5, -1.0, 0.0, 2.0]).reshape(-1, 1, 1)
    ).sample
    torch.testing.assert_close(model.decode(theirs), pixels.detach(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("sigma", [0.002, 1.0, 300.0])
def test_a_perfect_preconditioned_network_gives_the_clean_data_back(sigma, sign):
    x0, eps = noise(4, 3, dtype=torch.float64), noise(4, 3, seed=2, dtype=torch.float64)
    level, formula = torch.tensor(sigma, dtype=torch.float64), edm(0.5, sign)
    x = x0 + sigma * eps
    torch.testing.assert_close(formula.clean(x, formula.answer(x0, eps, level), level), x0, rtol=1e-9, atol=1e-9)
    assert edm_time(np.array([np.e**4]))[0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"_class_name": "EDMEulerScheduler", "sigma_min": 2.0, "sigma_max": 1.0}, "must be below sigma_max"),
        ({"_class_name": "EDMEulerScheduler", "sigma_data": 0.0}, "sigma_data must be a number"),
        ({"_class_name": "EDMEulerScheduler", "prediction_type": "sample"}, "Unknown prediction type 'sample'"),
        ({"_class_name": "EulerDiscreteScheduler"} | VIDEO | {"sigma_min": -1}, "sigma_min must be a number"),
        ({"_class_name": "CMStochasticIterativeScheduler"}, "no discrete variance-preserving timesteps"),
    ],
)
def test_a_process_that_is_none_is_a_sentence(config, words):
    with pytest.raises(ValueError, match=words) as raised:
        processes.described(config, "the model")
    assert "\n" not in str(raised.value)
