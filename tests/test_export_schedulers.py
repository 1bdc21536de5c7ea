"""Whatever scheduler a model comes with, its exported program visits our levels, or a sentence says why there is none.

What is expected is read from diffusers: the class that the configuration names, built from it, and that class's levels.
"""

import json
from dataclasses import replace
from pathlib import Path

import diffusers
import numpy as np
import pytest
import tiny_models
import torch
from test_export import in_sigma, run, start

from ays_toy import images
from ays_toy.bundled import BUNDLED
from ays_toy.estimates import Measured
from ays_toy.exchange.diffusers_code import as_diffusers
from ays_toy.exchange.formats import FORMATS, Taken
from ays_toy.images import digits
from ays_toy.images.pipelines.coordinates import flow_time
from ays_toy.sampling import samplers, schedules
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import SOLVERS

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
    "original sample": {"prediction_type": "original_sample", "beta_schedule": "linear"},
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
    "continuous velocities": {"timestep_type": "continuous", "prediction_type": "v_prediction"},
}
THOROUGH = ["DDPMScheduler", "DPMSolverMultistepScheduler", "EulerDiscreteScheduler", "HeunDiscreteScheduler"]
EVERYWHERE = ["its own defaults", "zero terminal signal", "linear", "sigmoid", "original sample"]
SLOW = {"KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler"}  # 0.2 s to build one
REPRESENTATIVE = {
    "HeunDiscreteScheduler": ["linear"],
    "DDPMScheduler": ["sigmoid", "cosine", "zero terminal signal", "original sample", "trained betas"],
    "EulerDiscreteScheduler": ["zero terminal signal, cosine"],
    "CogVideoXDDIMScheduler": ["its own defaults"],
}


def configurations(kind: str) -> list[str]:
    """What a class is tried with: two thirds of these classes have no levels to read, which is quickly said."""
    return list(CONFIGURATIONS) if kind in THOROUGH else EVERYWHERE[:1] if kind in SLOW else EVERYWHERE


CASES = [(kind, name) for kind in CLASSES for name in configurations(kind)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tiny_models.unconditional(tmp_path_factory.mktemp("model"))


def continuous(kind: str, config: dict) -> bool:
    """Whether a network of that class is told a continuous time, the logarithm of its level over 4."""
    told = (config.get("timestep_type"), config.get("prediction_type"))  # diffusers heeds that of Euler's for no other
    euler = kind == "EulerDiscreteScheduler" and told == ("continuous", "v_prediction")
    return euler or (kind.startswith("EDM") and config.get("prediction_type") != "original_sample")


def trained(kind: str, config: dict) -> np.ndarray | None:
    """The ascending levels of the class itself, built from the configuration; None where it has none to offer."""
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
    """The program's scheduler asks the network at the levels [n] meant, and at the timesteps that belong to them."""
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
    if continuous(kind, config):
        model = images.load(folder)
        levels = schedules.logsnr(6, model.sigma_min, model.sigma_max)
        for solver in SOLVERS if kind.startswith("EDM") else ("ddim", "ipndm"):
            scheduler = made(as_diffusers(levels, model, solver=solver))["scheduler"]
            some = [0, *range(1, len(scheduler.timesteps), scheduler.order)]
            np.testing.assert_allclose(scheduler.sigmas[some], levels[:-1], rtol=1e-6)
            np.testing.assert_allclose(scheduler.timesteps[some], np.log(levels[:-1]) / 4, atol=1e-6)
        return
    meant = trained(kind, config)
    if meant is None or config.get("prediction_type") == "flow_prediction":
        with pytest.raises(ValueError, match=r"cheduler|prediction type") as caught:
            as_diffusers(schedules.logsnr(6, 0.1, 10.0), images.load(folder))
        assert "\n" not in str(caught.value)
        return
    model = images.load(folder)
    np.testing.assert_allclose(model.training_sigmas[::-1], meant, rtol=1e-6)
    levels = schedules.logsnr(6, model.sigma_min, model.sigma_max)
    for solver in SOLVERS:
        program = as_diffusers(levels, model, solver=solver)
        check_levels(made(program), levels[:-1], meant, program)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in REPRESENTATIVE.items() for name in names])
def test_the_program_runs_as_printed_and_draws_what_our_solver_draws(folder, kind, name, solver):
    tiny_models.rescheduled(folder, {"_class_name": kind} | CONFIGURATIONS[name])
    model = images.load(folder)
    levels = schedules.logsnr(6, model.sigma_min, min(model.sigma_max, 500.0))
    names = run(as_diffusers(levels, model, solver=solver))
    met = model.training_sigmas[::-1][names["timesteps"]] if "timesteps" in names else levels[:-1]
    x_T, stream = start(model, solver, met, 4), torch.Generator().manual_seed(0)
    torch.randn(x_T.shape, generator=stream)  # the start
    ours = samplers.sample(model.denoiser, x_T, met, solver, generator=stream, denoise_to_zero=True)
    torch.testing.assert_close(names["images"], ours.clamp(-1, 1), rtol=2e-3, atol=2e-3)


def test_a_lone_unet_has_a_program_of_its_own_too(tmp_path):
    tiny_models.unet().save_pretrained(tmp_path)
    diffusers.HeunDiscreteScheduler(beta_schedule="scaled_linear").save_pretrained(tmp_path)
    model = images.load(tmp_path)
    names = run(as_diffusers(schedules.logsnr(5, 0.05, 10.0), model, solver="dpmpp-2m"))
    levels = model.training_sigmas[::-1][names["timesteps"]]
    np.testing.assert_allclose(names["scheduler"].sigmas[:-1], levels, rtol=1e-6)
    assert names["images"].isfinite().all()


def test_the_bundled_models_programs_are_what_checking_them_gives():
    """They are given out unchecked, since a page should not wait for diffusers."""
    model = images.load("digits", device="cpu")
    unchecked = replace(model, origin=replace(model.origin, scheduler=replace(model.origin.scheduler, tested=False)))
    for solver in SOLVERS:
        for steps in (1, 10, 40):
            levels = schedules.edm(steps, model.sigma_min, model.sigma_max)
            assert as_diffusers(levels, model, solver=solver) == as_diffusers(levels, unchecked, solver=solver)


@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_models_are_found_wherever_the_project_is(name):
    """Whoever takes the program home has another machine, and is told nothing of this one's folders."""
    model = images.load(name, device="cpu")
    levels = schedules.logsnr(3, model.sigma_min, model.sigma_max)
    taken = Taken(Measured(Schedule("logsnr", "LogSNR", levels), None), "ddim", model)
    for form in (FORMATS[name] for name in FORMATS if name != "workflow"):  # which is of prompts
        assert str(digits.WEIGHTS.parents[2]) not in form.text(taken)
    names = run(as_diffusers(levels, model, solver="ddim"))
    assert names["images"].shape[1:] == model.shape
    assert names["images"].std() > 0.3


@pytest.mark.parametrize(
    ("solver", "kind", "options"),
    [
        ("heun", "HeunDiscreteScheduler", {"timestep_spacing": "trailing", "clip_sample": True}),
        ("ddim", "EulerAncestralDiscreteScheduler", {}),
        ("dpmpp-2m", "DPMSolverMultistepScheduler", {"solver_order": 1}),
        ("dpmpp-2m", "DPMSolverMultistepScheduler", {"final_sigmas_type": "sigma_min"}),
        ("stochastic-ddim", "DDPMScheduler", {"variance_type": "fixed_large", "clip_sample": False}),
        ("stochastic-ddim", "DDPMScheduler", {"thresholding": True}),
        ("heun", "KDPM2DiscreteScheduler", {}),
        ("heun", "HeunDiscreteScheduler", {"use_karras_sigmas": True}),
    ],
)
def test_a_scheduler_that_makes_other_steps_is_refused_in_a_sentence(folder, monkeypatch, solver, kind, options):
    tiny_models.rescheduled(folder, {"_class_name": "DDPMScheduler"})
    scheduler = replace(SOLVERS[solver].diffusers, name=kind, options=options)
    monkeypatch.setitem(SOLVERS, solver, replace(SOLVERS[solver], diffusers=scheduler))
    with pytest.raises(
        ValueError, match=f"{kind} of diffusers cannot take over .*: export for another solver"
    ) as caught:
        as_diffusers(schedules.logsnr(6, 0.02, 100.0), images.load(folder), solver=solver)
    assert "\n" not in str(caught.value)


# Half precision


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_loop_of_a_program_starts_finite_in_every_type(folder, solver, dtype):
    tiny_models.rescheduled(folder, {"_class_name": "DDPMScheduler"} | CONFIGURATIONS["cosine"])
    model = images.load(folder, dtype=dtype)
    assert model.sigma_max > 20000
    names = run(as_diffusers(schedules.edm(4, model.sigma_min, model.sigma_max), model, solver=solver))
    assert names["images"].isfinite().all()
    assert names["images"].dtype == torch.float32
    assert names["images"].std() > 0.1


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_pipelines_own_loop_stays_finite_or_is_refused(cosine, solver, prediction):
    tiny_models.rescheduled(
        cosine,
        {"_class_name": "DDIMScheduler", "steps_offset": 1, "clip_sample": False}
        | {"beta_schedule": "squaredcos_cap_v2", "prediction_type": prediction},
    )
    model = images.load(cosine, prompts="a cat", guidance=1, dtype="float16")
    wide, narrow = (schedules.edm(3, model.sigma_min, top) for top in (model.sigma_max, 1000.0))
    scaled = in_sigma(solver) or prediction == "epsilon"
    if scaled:
        with pytest.raises(ValueError, match=r"float16 end at 65504, .* bfloat16 or float32, or begin below 10917\.3"):
            as_diffusers(wide, model, solver=solver)
    program = as_diffusers(narrow if scaled else wide, model, solver=solver)
    latents = []
    whole = program.replace("generator=torch", "callback_on_step_end=seen, generator=torch")
    names = {"seen": lambda _pipe, _step, _t, now: latents.append(now["latents"]) or {}}
    exec(compile(whole, "exported", "exec"), names)
    assert all(x.isfinite().all() for x in latents)
    assert latents[0].dtype == torch.float16


@pytest.fixture(scope="module")
def cosine(tmp_path_factory) -> Path:
    return tiny_models.stable_diffusion(tmp_path_factory.mktemp("prompted"))


@pytest.mark.filterwarnings("ignore:The configuration file of this scheduler:FutureWarning")
def test_a_pipeline_visits_the_levels_whatever_scheduler_it_came_with(cosine):
    levels = schedules.logsnr(3, 0.05, 12.0)
    for kind, name in (
        ("DDPMScheduler", "sigmoid"),
        ("HeunDiscreteScheduler", "linear"),
        ("DPMSolverMultistepScheduler", "learned variance"),
        ("EulerDiscreteScheduler", "zero terminal signal"),
    ):
        config = {"_class_name": kind} | CONFIGURATIONS[name]
        tiny_models.rescheduled(cosine, config)
        model = images.load(cosine, prompts="a cat", guidance=1)
        for solver in SOLVERS:
            program = as_diffusers(levels, model, solver=solver)
            names = run(program)
            assert names["pipe"].scheduler is names["scheduler"]
            check_levels(names, levels[:-1], trained(kind, config), program)


# Flows

FLAGS: dict[str, dict] = {
    "shifted": {"shift": 3.0},
    "dynamic": {"use_dynamic_shifting": True},
    "linear": {"use_dynamic_shifting": True, "time_shift_type": "linear"},
    "terminal": {"shift_terminal": 0.1},
    "inverted": {"invert_sigmas": True},
    "stochastic": {"stochastic_sampling": True},
    "Karras": {"use_karras_sigmas": True},
    "exponential": {"use_exponential_sigmas": True},
    "beta": {"use_beta_sigmas": True},
    "flow": {"use_flow_sigmas": True},
    "500 timesteps": {"num_train_timesteps": 500, "shift": 2.0},
}


@pytest.fixture(scope="module")
def flows(tmp_path_factory) -> dict[str, Path]:
    makers = {"sd3": tiny_models.sd3, "flux": tiny_models.flux}
    return {name: make(tmp_path_factory.mktemp(name)) for name, make in makers.items()}


@pytest.mark.parametrize("kind", ["FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler"])
@pytest.mark.parametrize("flag", FLAGS)
def test_nothing_of_a_flows_scheduler_moves_the_levels_or_adds_noise(flows, flag, kind):
    pipeline = "flux" if flag in ("flow", "dynamic", "inverted") else "sd3"
    tiny_models.rescheduled(flows[pipeline], {"_class_name": kind} | FLAGS[flag])
    model = images.load(flows[pipeline], prompts="a cat", guidance=1, size=16)
    levels = schedules.logsnr(3, 0.05, 20.0)
    names = run(as_diffusers(levels, model))
    scheduler = names["pipe"].scheduler
    np.testing.assert_allclose(scheduler.sigmas, [*flow_time(levels[:-1]), 0], rtol=1e-6)
    last = FLAGS[flag].get("num_train_timesteps", 1000)
    np.testing.assert_allclose(scheduler.timesteps, last * flow_time(levels[:-1]), rtol=1e-6)
    ours = samplers.sample(model.denoiser, start(model, "ddim", levels, 1), levels[:-1], "ddim", denoise_to_zero=True)
    ours = ((model.decode(ours) / 2 + 0.5).clamp(0, 1) * 255).round().permute(0, 2, 3, 1)
    np.testing.assert_allclose(ours[0].numpy(), np.asarray(names["images"][0], dtype=float), atol=1.01)
