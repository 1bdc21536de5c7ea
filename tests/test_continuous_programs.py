"""Programs for networks that are told continuous noise levels, and for classes of latents: run, against our solvers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import EDMEulerScheduler
from PIL import Image
from test_export import LEVELS, run
from tiny_models import noise, rescheduled, sdxl, unconditional
from tiny_transformers import dit

from ays_toy import images
from ays_toy.exchange.diffusers_code import as_diffusers
from ays_toy.images import partial
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.sampling import samplers, schedules
from ays_toy.sampling.solvers import SOLVERS

EDM = {"_class_name": "EDMEulerScheduler", "sigma_data": 0.6, "sigma_max": 40.0}
CONTINUOUS = {"_class_name": "EulerDiscreteScheduler", "timestep_type": "continuous", "prediction_type": "v_prediction"}
LABELS = [3, 207]


def ours(model: ImageModel, solver: str, rows: int, levels: np.ndarray = LEVELS[:-1], start: float | None = None):
    """What our solver makes of a program's noise; `start` is its standard deviation, if not the first level."""
    stream = torch.Generator().manual_seed(0)
    x = torch.randn(rows, *model.shape, generator=stream) * float(levels[0] if start is None else start)
    return samplers.sample(model.denoiser, x, levels, solver, generator=stream, denoise_to_zero=True)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_preconditioned_networks_program_draws_what_our_solver_draws(tmp_path, solver, prediction):
    config = EDM | {"prediction_type": prediction}
    model = images.load(rescheduled(unconditional(tmp_path), config))
    assert (model.prediction, model.sigma_data) == ("edm", 0.6)
    names = run(as_diffusers(LEVELS, model, solver=solver))
    torch.testing.assert_close(names["images"], ours(model, solver, 4).clamp(-1, 1), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("solver", ["ddim", "stochastic-ddim", "dpmpp-2m", "heun"])
def test_a_preconditioned_pipeline_draws_what_our_solver_draws(tmp_path, solver):
    config = EDM
    model = images.load(rescheduled(sdxl(tmp_path), config), prompts=["a cat", "a dog"], guidance=1)
    program = as_diffusers(LEVELS, model, solver=solver)
    names = run(program.replace("generator=torch", 'output_type="latent", generator=torch'))
    torch.testing.assert_close(names["images"], ours(model, solver, 2), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("solver", SOLVERS)
def test_continuous_times_of_a_process_that_keeps_variance_are_eulers_alone(tmp_path, solver):
    config = CONTINUOUS
    model = images.load(rescheduled(unconditional(tmp_path), config))
    assert model.training_sigmas is None
    if solver not in ("ddim", "ipndm"):
        with pytest.raises(ValueError, match="Euler's alone tells a network continuous noise levels: export for the"):
            as_diffusers(LEVELS, model, solver=solver)
        return
    names = run(as_diffusers(LEVELS, model, solver=solver))
    torch.testing.assert_close(names["images"], ours(model, solver, 4).clamp(-1, 1), rtol=1e-3, atol=1e-3)


@pytest.fixture(scope="module")
def classes(tmp_path_factory) -> Path:
    return dit(tmp_path_factory.mktemp("dit"))


@pytest.mark.parametrize("guidance", [1.0, 4.0])
@pytest.mark.parametrize("solver", SOLVERS)
def test_classes_of_latents_have_a_program_with_a_loop_of_its_own(classes, solver, guidance):
    model = images.load(classes, labels=LABELS, guidance=guidance)
    names = run(as_diffusers(LEVELS, model, solver=solver))
    levels, start = LEVELS[:-1], None
    if "timesteps" in names:
        levels = model.training_sigmas[::-1][names["timesteps"]]
        start = None if solver == "heun" else np.hypot(1, levels[0])
    elif names["scheduler"].init_noise_sigma != pytest.approx(levels[0]):
        start = float(names["scheduler"].init_noise_sigma)
    pixels = model.decode(ours(model, solver, 2, levels, start)).clamp(-1, 1)
    assert pixels.shape == (2, 3, 16, 16)
    torch.testing.assert_close(names["images"], pixels, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_classes_of_latents_begin_from_a_picture(classes, tmp_path, monkeypatch, dtype):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (16, 16), "red").save("picture.png")
    red = torch.tensor([1.0, -1, -1]).reshape(1, 3, 1, 1).expand(2, 3, 16, 16)
    model = images.load(classes, labels=LABELS, guidance=2, dtype=dtype)
    code = model.encode(red)
    part = partial.asked(model, lambda: code, "dpmpp-2m", 4, start=2.0)
    names = run(as_diffusers(schedules.edm(4, part.sigma_min, 2.0), part, solver="dpmpp-2m"))
    torch.testing.assert_close(names["start"].float(), code.float(), rtol=2e-2, atol=2e-2)
    levels = model.training_sigmas[::-1][names["timesteps"]]
    x = code.float() + noise(2, *model.shape, seed=0) * float(levels[0])
    pixels = model.decode(samplers.sample(model.denoiser, x, levels, "dpmpp-2m", denoise_to_zero=True)).clamp(-1, 1)
    close = {"float32": 1e-3, "bfloat16": 0.1}[dtype]
    torch.testing.assert_close(names["images"].float(), pixels.float(), rtol=close, atol=close)


@pytest.mark.parametrize("solver", ["ddim", "stochastic-ddim", "heun"])
def test_a_preconditioned_networks_loop_begins_from_a_picture(tmp_path, monkeypatch, solver):
    monkeypatch.chdir(tmp_path)
    Image.new("L", (4, 8), 200).save("picture.png")
    model = images.load(rescheduled(unconditional(tmp_path), EDM))
    gray = torch.full((4, *model.shape), 200 / 127.5 - 1)
    part = partial.asked(model, lambda: gray, solver, 4, start=2.0)
    names = run(as_diffusers(schedules.edm(4, part.sigma_min, 2.0), part, solver=solver))
    stream = torch.Generator().manual_seed(0)
    x = gray + 2.0 * torch.randn(4, *model.shape, generator=stream)
    levels = names["scheduler"].sigmas[:-1].unique().flip(0).double().numpy()
    drawn = samplers.sample(model.denoiser, x, levels, solver, generator=stream, denoise_to_zero=True)
    torch.testing.assert_close(names["images"], drawn.clamp(-1, 1), rtol=1e-3, atol=1e-3)


def test_a_preconditioned_pipelines_own_levels_are_its_own_schedulers(tmp_path):
    """For image to image with a strength: EDMEulerScheduler's levels, whatever stands for the solver elsewhere."""
    config = EDM
    model = images.load(rescheduled(sdxl(tmp_path), config), prompts="a cat", guidance=1)
    scheduler = EDMEulerScheduler.from_config(config)
    scheduler.set_timesteps(10)
    for solver in ("ddim", "dpmpp-2m", "heun"):
        np.testing.assert_allclose(partial.own_levels(model, solver, 10), scheduler.sigmas[:-1], rtol=1e-6)


def test_a_pipeline_that_ends_by_training_timesteps_says_that_a_preconditioned_model_has_none(tmp_path):
    model = images.load(rescheduled(sdxl(tmp_path), EDM), prompts="a cat", guidance=1)
    part = partial.asked(model, lambda: torch.zeros(1, *model.shape), "ddim", 4, end=1.0)
    with pytest.raises(ValueError, match="ends by training timesteps, which this model has none of: take ComfyUI's"):
        as_diffusers(schedules.edm(4, 1.0, part.sigma_max), part)
