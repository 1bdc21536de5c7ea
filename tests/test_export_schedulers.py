"""Whatever scheduler a model comes with, its program visits our levels, or one sentence says why there is none.

What is expected is read from diffusers: the class that the configuration names, built from it, and that class's levels.
"""

import json
from pathlib import Path

import diffusers
import numpy as np
import pytest
import tiny_models
from test_export import run

from ays_toy import images, schedules
from ays_toy.diffusers_code import SCHEDULERS, as_diffusers

CLASSES = sorted(name for name in dir(diffusers) if name.endswith("Scheduler"))
RESCALED = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}
CONFIGURATIONS: dict[str, dict] = {
    "its own defaults": {},
    "linear": {"beta_schedule": "linear"},
    "scaled": tiny_models.STABLE,
    "cosine": {"beta_schedule": "squaredcos_cap_v2"},
    "sigmoid": {"beta_schedule": "sigmoid"},
    "laplace": {"beta_schedule": "laplace"},
    "exp": {"beta_schedule": "exp"},
    "unknown": {"beta_schedule": "nobody knows"},
    "trained betas": {"trained_betas": np.linspace(0.001, 0.03, 300).tolist(), "num_train_timesteps": 300},
    "50 timesteps": {"num_train_timesteps": 50, "beta_end": 0.2},
    "2000 timesteps": {"num_train_timesteps": 2000},
    "zero terminal signal": RESCALED,
    "zero terminal signal, scaled": RESCALED | tiny_models.STABLE,
    "zero terminal signal, cosine": RESCALED | {"beta_schedule": "squaredcos_cap_v2"},
    "v": {"prediction_type": "v_prediction"},
    "sample": {"prediction_type": "sample"},
    "original sample": {"prediction_type": "original_sample"},
    "leading": {"timestep_spacing": "leading", "steps_offset": 1},
    "trailing": {"timestep_spacing": "trailing"},
    "Karras": {"use_karras_sigmas": True},
    "exponential": {"use_exponential_sigmas": True},
    "beta": {"use_beta_sigmas": True},
    "Karras and exponential": {"use_karras_sigmas": True, "use_exponential_sigmas": True},
    "Lu": {"use_lu_lambdas": True},
    "flow": {"use_flow_sigmas": True},
    "last level": {"final_sigmas_type": "sigma_min"},
    "clipped": {"clip_sample": True, "clip_sample_range": 2.0},
    "thresholded": {"thresholding": True, "sample_max_value": 9.0},
    "learned variance": {"variance_type": "learned_range"},
    "continuous": {"timestep_type": "continuous"},
}
THOROUGH = ["DDPMScheduler", "DPMSolverMultistepScheduler", "EulerDiscreteScheduler", "HeunDiscreteScheduler"]
EVERYWHERE = ["its own defaults", "zero terminal signal", "scaled"]
CASES = [(kind, name) for kind in CLASSES for name in (CONFIGURATIONS if kind in THOROUGH else EVERYWHERE)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tiny_models.unconditional(tmp_path_factory.mktemp("model"))


def trained(kind: str, config: dict) -> np.ndarray | None:
    """The ascending levels of the class itself, built from the configuration; None where it has none to offer."""
    if config.get("timestep_type") == "continuous":
        return None
    try:
        scheduler = getattr(diffusers, kind).from_config(config)
        power = scheduler.alphas_cumprod.double().numpy()
    except Exception:  # whatever it may be, such a model cannot be had
        return None
    if "FlowMatch" in kind or (config.get("use_flow_sigmas") and "flow_shift" in scheduler.config):
        return None
    power = power[power > 0]
    power = power[: 1 + np.flatnonzero(np.diff(power) < 0)[-1] + 1]
    return np.sqrt((1 - power) / power)


def made(program: str) -> dict:
    """The names of a program when its scheduler has its levels, and nothing is drawn yet."""
    before, after, _ = program.partition("scheduler.set_timesteps(")
    return run(before + after + program[len(before + after) :].splitlines()[0])


def check_levels(names: dict, levels: np.ndarray, trained: np.ndarray, program: str) -> None:
    """What the program's scheduler asks of the network: at the levels [n] meant, and at timesteps that fit them."""
    scheduler = names["scheduler"]
    if "timesteps" in names:
        stated = json.loads(program.partition("# sigmas = ")[2].splitlines()[0].rstrip("."))
        levels = trained[names["timesteps"]]
        np.testing.assert_allclose(stated, levels, rtol=1e-6)
    asked = np.interp(np.log(levels), np.log(trained), np.arange(trained.size))
    if isinstance(scheduler, diffusers.DDPMScheduler):
        power = scheduler.alphas_cumprod.double()[scheduler.timesteps]
        met, at = ((1 - power) / power).sqrt(), scheduler.timesteps
    else:
        some = [0, *range(1, len(scheduler.timesteps), scheduler.order)]
        met, at = scheduler.sigmas[some], scheduler.timesteps[some]
        assert scheduler.sigmas[-1] == 0
    np.testing.assert_allclose(met, levels, rtol=1e-6)
    np.testing.assert_allclose(at, asked, atol=1e-2)
    assert np.isfinite(float(scheduler.init_noise_sigma))


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_the_program_visits_the_levels_of_the_class_that_the_configuration_names(folder, kind, name):
    config = {"_class_name": kind} | CONFIGURATIONS[name]
    tiny_models.rescheduled(folder, config)
    meant = trained(kind, config)
    if meant is None or config.get("prediction_type") == "flow_prediction":
        with pytest.raises(ValueError, match="cheduler") as caught:
            images.load(folder)
        assert "\n" not in str(caught.value)
        return
    model = images.load(folder)
    np.testing.assert_allclose(model.training_sigmas[::-1], meant, rtol=1e-6)
    levels = schedules.logsnr(6, model.sigma_min, model.sigma_max)
    for solver in SCHEDULERS:
        program = as_diffusers(levels, model, solver=solver)
        check_levels(made(program), levels[:-1], meant, program)
