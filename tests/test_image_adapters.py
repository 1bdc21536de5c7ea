"""Denoisers from diffusers models against diffusers' own schedulers and pipelines, on models made here."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMPipeline,
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    UNet2DModel,
)
from huggingface_hub import errors
from huggingface_hub.utils import httpx
from tiny_models import noise as single_noise
from tiny_models import unconditional, unet

from ays_toy import images
from ays_toy.images.pipelines.coordinates import PREDICTIONS, TrainingLevels, flow_sigma, flow_time, vp_scale
from ays_toy.sampling import samplers, schedules

LEVELS = schedules.edm(6, 0.05, 60.0)


def noise(*shape: int, seed: int = 1) -> torch.Tensor:
    return single_noise(*shape, seed=seed, dtype=torch.float64)


# Unconditional models


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
@pytest.mark.parametrize("beta_schedule", ["linear", "scaled_linear", "squaredcos_cap_v2"])
def test_denoiser_is_the_clean_image_that_diffusers_predicts_at_every_timestep(tmp_path, prediction, beta_schedule):
    folder = unconditional(tmp_path, prediction_type=prediction, beta_schedule=beta_schedule)
    model = images.load(folder, dtype="float64")
    assert model.prediction == prediction
    assert model.shape == (1, 8, 4)
    scheduler = DDIMScheduler.from_pretrained(folder, subfolder="scheduler")
    scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
    scheduler.set_timesteps(1000)
    network = UNet2DModel.from_pretrained(folder, subfolder="unet", torch_dtype=torch.float64)
    for t in (0, 1, 437, 900):
        sigma = model.training_sigmas[::-1][t]
        x = noise(3, 1, 8, 4) * (1 + sigma)
        x_vp = x / np.sqrt(1 + sigma**2)
        with torch.no_grad():
            expected = scheduler.step(network(x_vp, t).sample, t, x_vp).pred_original_sample
        torch.testing.assert_close(model.denoiser(x, sigma), expected, rtol=1e-9, atol=1e-9 * (1 + sigma))


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
def test_ddim_along_any_levels_gives_the_image_of_eulers_scheduler(tmp_path, prediction):
    """Levels between timesteps: diffusers too interpolates in log sigma, and hands the network fractional timesteps."""
    folder = unconditional(tmp_path, prediction_type=prediction)
    model = images.load(folder, batch=2)
    scheduler = EulerDiscreteScheduler.from_pretrained(folder, subfolder="scheduler")
    scheduler.set_timesteps(sigmas=[*LEVELS, 0.0])
    assert scheduler.timesteps.frac().any()
    network = UNet2DModel.from_pretrained(folder, subfolder="unet")
    x_T = x = noise(3, 1, 8, 4).float() * LEVELS[0]
    with torch.no_grad():
        for t in scheduler.timesteps:
            x = scheduler.step(network(scheduler.scale_model_input(x, t), t).sample, t, x).prev_sample
    ours = samplers.sample(model.denoiser, x_T, LEVELS, "ddim", denoise_to_zero=True)
    torch.testing.assert_close(ours, x, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
@pytest.mark.parametrize(("solver", "algorithm"), [("dpmpp-2m", "dpmsolver++"), ("sde-dpmpp-2m", "sde-dpmsolver++")])
def test_dpm_solver_gives_the_image_of_diffusers(tmp_path, prediction, solver, algorithm):
    folder = unconditional(tmp_path, prediction_type=prediction)
    model = images.load(folder)
    timesteps = [990, 800, 611, 402, 203, 50]
    scheduler = DPMSolverMultistepScheduler.from_pretrained(folder, subfolder="scheduler", algorithm_type=algorithm)
    scheduler.set_timesteps(timesteps=timesteps)
    network = UNet2DModel.from_pretrained(folder, subfolder="unet")
    levels = model.training_sigmas[::-1][timesteps]
    x_T, stream = noise(3, 1, 8, 4).float(), torch.Generator().manual_seed(5)
    x = x_T
    with torch.no_grad():
        for t in scheduler.timesteps:
            z = torch.randn(x.shape, generator=stream)
            x = scheduler.step(network(x, t).sample, t, x, variance_noise=z).prev_sample
    start = x_T * np.float32(np.sqrt(1 + levels[0] ** 2))
    seeded = torch.Generator().manual_seed(5)
    ours = samplers.sample(model.denoiser, start, levels, solver, generator=seeded, denoise_to_zero=True)
    torch.testing.assert_close(ours, x, rtol=1e-3, atol=1e-3)


def test_pipelines_of_diffusers_draw_the_same_image(tmp_path):
    """DDIMPipeline itself, at its own 10 timesteps, against DDIM at the levels of these timesteps."""
    options = {"clip_sample": False, "set_alpha_to_one": True, "timestep_spacing": "trailing"}
    pipeline = DDIMPipeline(unet(3), DDIMScheduler(**options))
    pipeline.save_pretrained(tmp_path)
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(generator=torch.Generator().manual_seed(3), num_inference_steps=10, output_type="np").images[0]
    model = images.load(tmp_path)
    levels = model.training_sigmas[::-1][[999 - 100 * k for k in range(10)]]
    x = single_noise(1, 3, 8, 4, seed=3) * np.float32(np.sqrt(1 + levels[0] ** 2))
    ours = samplers.sample(model.denoiser, x, levels, "ddim", denoise_to_zero=True)
    ours = (ours[0] / 2 + 0.5).clamp(0, 1).permute(1, 2, 0)
    assert theirs.std() > 0.05
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-4)


def test_a_number_and_one_level_a_row_and_any_batch_give_the_same(tmp_path):
    model = images.load(unconditional(tmp_path), dtype="float64", batch=2)
    whole = images.load(tmp_path, dtype="float64", batch=64)
    assert (model.batch, whole.batch) == (2, 64)
    x, levels = noise(5, 1, 8, 4), torch.tensor([0.1, 1.0, 3.0, 9.0, 40.0], dtype=torch.float64)
    rows = torch.cat([whole.denoiser(row[None], float(level)) for row, level in zip(x, levels, strict=True)])
    torch.testing.assert_close(model.denoiser(x, levels), rows, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(whole.denoiser(x, levels), rows, rtol=1e-10, atol=1e-10)


def test_no_more_than_a_batch_goes_through_the_network_at_once(tmp_path):
    model = images.load(unconditional(tmp_path), batch=3)
    seen = []
    network = model.denoiser.network
    model.denoiser.network = lambda x, t, rows: (seen.append(len(x)), network(x, t, rows))[1]
    assert model.denoiser(noise(8, 1, 8, 4), 1.0).shape == (8, 1, 8, 4)
    assert seen == [3, 3, 2]


def test_a_batch_that_memory_cannot_hold_is_said_in_a_sentence(tmp_path):
    model = images.load(unconditional(tmp_path), batch=3)

    def full(*_arguments):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")

    model.denoiser.network = full
    with pytest.raises(ValueError, match="cannot hold 3 images at once: load the model with a smaller batch"):
        model.denoiser(noise(8, 1, 8, 4), 1.0)


def test_the_model_is_frozen_keeps_types_and_leaves_no_graph(tmp_path):
    model = images.load(unconditional(tmp_path))
    assert model.dtype == torch.float32
    assert (model.sigma_min, model.sigma_max) == (model.training_sigmas[-1], model.training_sigmas[0])
    x = noise(2, 1, 8, 4).requires_grad_()
    out = model.denoiser(x, 1.0)
    assert out.dtype == torch.float64
    assert not out.requires_grad, "only levels that are refined ask for a graph"


def test_levels_outside_the_trained_range_keep_their_scale_and_the_nearest_timestep(tmp_path):
    model = images.load(unconditional(tmp_path), dtype="float64")
    network = UNet2DModel.from_pretrained(tmp_path, subfolder="unet", torch_dtype=torch.float64)
    for sigma, t in ((0.001, 0), (1000.0, 999)):
        x = noise(2, 1, 8, 4)
        with torch.no_grad():
            expected = x - sigma * network(x / np.sqrt(1 + sigma**2), t).sample
        torch.testing.assert_close(model.denoiser(x, sigma), expected, rtol=1e-9, atol=1e-9)


def test_zero_terminal_snr_ends_on_the_highest_finite_level(tmp_path):
    folder = unconditional(tmp_path, rescale_betas_zero_snr=True, prediction_type="v_prediction")
    model = images.load(folder)
    assert model.training_sigmas.size == 999
    assert np.isfinite(model.sigma_max)
    assert model.denoiser(model.sigma_max * noise(2, 1, 8, 4), model.sigma_max).isfinite().all()


@pytest.mark.parametrize(
    ("config", "low", "high", "count"),
    [
        ({"_class_name": "HeunDiscreteScheduler", "beta_schedule": "linear"}, 0.029168, 25.146, 1000),
        ({"_class_name": "DDPMScheduler", "beta_schedule": "linear"}, 0.010001, 157.41, 1000),
        ({"_class_name": "LCMScheduler"}, 0.029168, 14.615, 1000),
        ({"_class_name": "UnCLIPScheduler"}, 0.0064271, 20291.3, 1000),
        ({"_class_name": "HeunDiscreteScheduler", "rescale_betas_zero_snr": True}, 0.029168, 25.146, 1000),
        ({"_class_name": "DDPMScheduler", "rescale_betas_zero_snr": True}, 0.010001, 15406.0, 999),
        # It puts sigma = 4096 in the place of infinity, below the level before.
        ({"_class_name": "EulerDiscreteScheduler", "rescale_betas_zero_snr": True}, 0.010001, 15406.0, 999),
    ],
)
def test_what_a_configuration_leaves_out_is_the_default_of_its_own_class(tmp_path, config, low, high, count):
    (unconditional(tmp_path) / "scheduler" / "scheduler_config.json").write_text(json.dumps(config))
    model = images.load(tmp_path)
    np.testing.assert_allclose([model.sigma_min, model.sigma_max], [low, high], rtol=1e-4)
    assert model.training_sigmas.size == count
    assert (np.diff(model.training_sigmas) < 0).all()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("EvilScheduler", "names 'EvilScheduler', which diffusers does not have"),
        ("UNet2DModel", "names 'UNet2DModel', which diffusers does not have"),
        ("pipelines", "names 'pipelines', which diffusers does not have"),
        (["scheduler", "Mine"], r"names \['scheduler', 'Mine'\], which diffusers does not have"),
        ("VQDiffusionScheduler", "cannot be used"),
        ("FlowMatchEulerDiscreteScheduler", "comes with FlowMatchEulerDiscreteScheduler, but its kind is no flow"),
        ("ScoreSdeVeScheduler", "no discrete variance-preserving timesteps"),
    ],
)
def test_schedulers_that_are_none_are_refused_in_a_sentence(tmp_path, name, message):
    (unconditional(tmp_path) / "scheduler" / "scheduler_config.json").write_text(json.dumps({"_class_name": name}))
    with pytest.raises(ValueError, match=message) as caught:
        images.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_learned_variance_is_left_aside(tmp_path):
    model = images.load(unconditional(tmp_path, unet(1, 2), variance_type="learned_range"))
    assert model.denoiser(noise(2, 1, 8, 4), 1.0).shape == (2, 1, 8, 4)


def test_a_lone_unet_needs_its_scheduler(tmp_path):
    unet().save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"no scheduler_config\.json"):
        images.load(tmp_path)
    DDPMScheduler().save_pretrained(tmp_path)
    x = noise(2, 1, 8, 4)
    whole = images.load(unconditional(tmp_path / "whole"), dtype="float64")
    torch.testing.assert_close(images.load(tmp_path, dtype="float64").denoiser(x, 2.0), whole.denoiser(x, 2.0))


def test_half_precision_files_are_found_where_there_are_no_others(tmp_path):
    weights = unconditional(tmp_path) / "unet" / "diffusion_pytorch_model.safetensors"
    whole = images.load(tmp_path)
    weights.rename(weights.with_suffix(".fp16.safetensors"))
    model = images.load(tmp_path)
    assert (whole.origin.variant, model.origin.variant) == (None, "fp16")
    x = noise(2, 1, 8, 4)
    torch.testing.assert_close(model.denoiser(x, 1.0), whole.denoiser(x, 1.0))


# Changes of variables


@pytest.mark.parametrize("name", PREDICTIONS)
@pytest.mark.parametrize("sigma", [0.002, 1.0, 300.0])
def test_a_perfect_network_gives_the_clean_data_back(name, sigma):
    x0, eps, level = noise(4, 3), noise(4, 3, seed=2), torch.tensor(sigma, dtype=torch.float64)
    alpha = 1 / np.sqrt(1 + sigma**2)
    answer = {
        "epsilon": eps,
        "v_prediction": alpha * eps - alpha * sigma * x0,
        "sample": x0,
        "flow": eps - x0,
    }[name]
    torch.testing.assert_close(PREDICTIONS[name].clean(x0 + sigma * eps, answer, level), x0, rtol=1e-10, atol=1e-10)


def test_timesteps_are_linear_in_log_sigma_between_the_trained_ones():
    levels = TrainingLevels.of(DDPMScheduler().alphas_cumprod)
    assert np.allclose(levels.timesteps(levels.sigmas), np.arange(1000), atol=1e-9)
    between = np.sqrt(levels.sigmas[:-1] * levels.sigmas[1:])
    assert np.allclose(levels.timesteps(between), np.arange(999) + 0.5, atol=1e-9)
    assert np.array_equal(levels.timesteps(np.array([1e-9, 1e9])), [0, 999])


def test_flow_time_and_sigma_are_inverse_and_keep_the_variance_of_pure_noise():
    s = np.linspace(0.001, 0.999, 99)
    np.testing.assert_allclose(flow_time(flow_sigma(s)), s, rtol=1e-12)
    sigma = torch.tensor([0.1, 7.0])
    torch.testing.assert_close(vp_scale(sigma) ** 2 * (1 + sigma**2), torch.ones(2))


# What cannot be loaded is refused in a sentence


def index(folder: Path, **changes: object) -> Path:
    file = unconditional(folder) / "model_index.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return folder


def test_folders_that_cannot_be_used_are_refused_in_a_sentence(tmp_path):
    for name, message in {
        "missing": "no folder",
        "empty": "not a diffusers model",
    }.items():
        if name == "empty":
            (tmp_path / name).mkdir()
        with pytest.raises(ValueError, match=message):
            images.load(tmp_path / name)
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"")
    with pytest.raises(ValueError, match="is empty: download it again"):
        images.load(file)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"_class_name": "KandinskyPipeline"}, "no adapter"),
        ({"_class_name": ["pipeline", "MyPipeline"]}, r"custom pipeline \(MyPipeline\)"),
        ({"_class_name": None}, "names no pipeline class"),
        ({"unet": ["my_unet", "MyUNet"]}, "only classes of diffusers"),
        ({"unet": ["diffusers", "AutoModel"]}, "unet of .* is a AutoModel, which is not read here"),
        ({"scheduler": ["transformers", "EvilScheduler"]}, "is a EvilScheduler"),
        ({"unet": [None, None]}, "lists no unet"),
    ],
)
def test_pipelines_that_cannot_be_trusted_or_adapted_are_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        images.load(index(tmp_path, **changes))


def test_pickled_weights_are_refused(tmp_path):
    weights = unconditional(tmp_path) / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(ValueError, match=r"only in diffusion_pytorch_model\.bin, a pickle"):
        images.load(tmp_path)


def test_weights_that_are_damaged_or_missing_are_refused(tmp_path):
    weights = unconditional(tmp_path) / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"\.safetensors cannot be read as safetensors \(.*\): download it again"):
        images.load(tmp_path)
    weights.unlink()
    with pytest.raises(ValueError, match="no weights"):
        images.load(tmp_path)


def test_configurations_that_are_damaged_or_of_another_process_are_refused(tmp_path):
    scheduler = unconditional(tmp_path) / "scheduler" / "scheduler_config.json"
    scheduler.write_text(json.dumps({"_class_name": "ScoreSdeVeScheduler", "snr": 0.15}))
    with pytest.raises(ValueError, match=r"ScoreSdeVeScheduler.*not supported"):
        images.load(tmp_path)
    scheduler.write_text(json.dumps({"beta_start": 0.1, "prediction_type": "score"}))
    with pytest.raises(ValueError, match="Unknown prediction type 'score'"):
        images.load(tmp_path)
    scheduler.write_text("{")
    with pytest.raises(ValueError, match="cannot be read as JSON"):
        images.load(tmp_path)
    scheduler.unlink()
    with pytest.raises(ValueError, match="is missing"):
        images.load(tmp_path)


def test_models_of_classes_and_of_other_shapes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="wants class labels"):
        images.load(unconditional(tmp_path, unet(num_class_embeds=3)))
    model = images.load(unconditional(tmp_path / "other"))
    with pytest.raises(ValueError, match=r"shape \[N, 1, 8, 4\], not \[2, 1, 4, 8\]"):
        model.denoiser(noise(2, 1, 4, 8), 1.0)


def test_arguments_that_do_not_fit_are_refused(tmp_path):
    unconditional(tmp_path)
    for arguments, message in (
        ({"device": "tpu:oops"}, "Unknown device"),
        ({"device": "cuda:99"}, "GPUs are seen"),
        ({"dtype": "int8"}, "Unknown dtype 'int8'"),
        ({"batch": 0}, "The batch must be"),
        ({"prompts": "a cat"}, "takes no prompts"),
        ({"guidance": 2.0}, "takes no guidance"),
    ):
        with pytest.raises(ValueError, match=message):
            images.load(tmp_path, **arguments)


def test_a_hub_that_cannot_be_reached_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match="hub cannot be reached"):
        images.load("owner/model-that-is-nowhere")


def hub(monkeypatch, index: Path, folder: Path | Exception) -> None:
    """A hub that has one model: its index, and its folder or what comes instead."""

    def download(name, *, use_safetensors, trust_remote_code, local_files_only):
        assert (name, use_safetensors, trust_remote_code) == ("owner/tiny", True, False)
        assert not local_files_only, "the hub answers"
        if isinstance(folder, Exception):
            raise folder
        return folder

    monkeypatch.setattr("ays_toy.images.pipelines.hub.hub_answers", lambda _name: True)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda _name, _file, **_options: index)
    monkeypatch.setattr("diffusers.DiffusionPipeline.download", download)
    monkeypatch.setattr("huggingface_hub.model_info", lambda _name, **_options: SimpleNamespace(siblings=[]))


def test_a_hub_name_is_loaded_from_what_is_downloaded(tmp_path, monkeypatch):
    folder = unconditional(tmp_path / "snapshots" / "a1b2c3")
    hub(monkeypatch, folder / "model_index.json", folder)
    model = images.load("owner/tiny", dtype="float64")
    assert (model.name, model.title, model.origin.source) == ("owner/tiny",) * 3
    x = noise(2, 1, 8, 4)
    torch.testing.assert_close(model.denoiser(x, 1.0), images.load(folder, dtype="float64").denoiser(x, 1.0))


def test_hub_models_that_are_refused_are_not_downloaded(tmp_path, monkeypatch):
    folder = index(tmp_path, _class_name=["pipeline", "MyPipeline"])
    hub(monkeypatch, folder / "model_index.json", AssertionError("downloaded"))
    with pytest.raises(ValueError, match=r"owner/tiny needs a custom pipeline"):
        images.load("owner/tiny")


def test_a_model_that_has_one_variant_on_the_hub_is_downloaded_in_it(tmp_path, monkeypatch):
    """As diffusers answers: it looks for plain weights unless a variant is asked for."""
    folder = unconditional(tmp_path / "snapshot")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bf16.safetensors"))
    asked = []

    def download(_name, *, variant=None, **_options):
        asked.append(variant)
        if variant is None:
            raise OSError("Could not find the necessary `safetensors` weights in {...}")
        return folder

    files = [SimpleNamespace(rfilename=str(file.relative_to(folder))) for file in folder.rglob("*.*")]
    monkeypatch.setattr("ays_toy.images.pipelines.hub.hub_answers", lambda _name: True)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda _name, _file, **_options: folder / "model_index.json")
    monkeypatch.setattr("diffusers.DiffusionPipeline.download", download)
    monkeypatch.setattr("huggingface_hub.model_info", lambda _name, **_options: SimpleNamespace(siblings=files))
    model = images.load("owner/tiny")
    assert (asked, model.origin.variant) == ([None, "bf16"], "bf16")


def test_what_the_hub_answers_is_said_in_a_sentence(tmp_path, monkeypatch):
    index = unconditional(tmp_path) / "model_index.json"
    nothing = httpx.Response(404, request=httpx.Request("GET", "https://localhost"))
    for error, message in (
        (errors.RepositoryNotFoundError("404", response=nothing), "neither a folder nor a public hub model owner/tiny"),
        (errors.EntryNotFoundError("404"), r"owner/tiny has no model_index\.json"),
        (errors.LocalEntryNotFoundError("offline"), "hub cannot be reached"),
        (OSError("Could not find the safetensors weights.\nMore."), "as safetensors: Could not find the safetensors"),
        (httpx.ConnectTimeout("timed out"), "could not be downloaded as safetensors: timed out"),
    ):
        hub(monkeypatch, index, error)
        with pytest.raises(ValueError, match=message) as caught:
            images.load("owner/tiny")
        assert "\n" not in str(caught.value)
