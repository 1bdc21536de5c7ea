"""A part of the noise: what diffusers' image-to-image pipelines leave of a schedule, programs that begin from images.

What remains is held to those pipelines' own `get_timesteps`, what a program draws to our solver from the same image.
"""

import json
from dataclasses import replace
from types import SimpleNamespace

import diffusers
import numpy as np
import pytest
import tiny_models
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image
from test_export import in_sigma, run
from test_workflow import check
from typer.testing import CliRunner

from ays_toy import images
from ays_toy.cli import app
from ays_toy.exchange.diffusers_code import as_diffusers
from ays_toy.exchange.export import as_comfyui, as_sdnext
from ays_toy.exchange.workflow import as_workflow
from ays_toy.images import compared, live, partial
from ays_toy.images.config import ImageConfig
from ays_toy.images.sampling import draw_samples
from ays_toy.sampling import samplers, schedules
from ays_toy.sampling.solvers import SOLVERS

PIPELINES = {
    "StableDiffusionImg2ImgPipeline": False,
    "StableDiffusionXLImg2ImgPipeline": False,
    "StableDiffusion3Img2ImgPipeline": True,
    "FluxImg2ImgPipeline": True,
}


@pytest.fixture(scope="module")
def digits() -> images.ImageModel:
    return images.load("digits", device="cpu")


@pytest.fixture(scope="module")
def starts(digits) -> torch.Tensor:
    return digits.data()[:12]


# What remains


@settings(deadline=None, max_examples=60)
@given(some.integers(1, 60), some.floats(0.05, 1.0), some.sampled_from(sorted(PIPELINES)))
def test_as_many_levels_remain_as_in_the_pipelines_of_diffusers(total, strength, name):
    flow = PIPELINES[name]
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler() if flow else diffusers.EulerDiscreteScheduler()
    scheduler.set_timesteps(total)
    theirs, left = getattr(diffusers, name).get_timesteps(
        SimpleNamespace(scheduler=scheduler), total, strength, device=torch.device("cpu")
    )
    ours = partial.remaining(scheduler.timesteps.numpy(), strength, flow)
    np.testing.assert_array_equal(ours, theirs)
    assert len(ours) == left


@given(some.integers(1, 60), some.floats(0.05, 0.99))
def test_comfyui_leaves_the_steps_that_are_asked_for_and_diffusers_of_as_many_at_most_one_less(steps, denoise):
    total = int(steps / denoise)  # its BasicScheduler, which then takes the last steps + 1 levels, zero among them
    levels = np.append(np.linspace(10, 1, total), 0.0)
    there = levels[-(steps + 1) :]
    assert there.size == steps + 1
    left = partial.remaining(levels[:-1], denoise)
    assert steps - 1 <= left.size <= steps
    np.testing.assert_array_equal(left, there[:-1][-left.size :] if left.size else [])


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_pipelines_own_levels_are_those_that_its_scheduler_would_visit(digits, solver):
    config = digits.origin.scheduler.config
    for strength in (0.3, 0.75):
        sigmas = partial.pipelines_own(digits, solver, 5, strength)
        assert sigmas.size == 6
        assert sigmas[-1] == digits.sigma_min
        lowest = partial.visits_the_lowest(digits, solver)
        visited = sigmas if lowest else sigmas[:-1]
        found = []
        for total in range(5, 40):
            scheduler = getattr(diffusers, SOLVERS[solver].diffusers.imported).from_config(dict(config))
            scheduler.set_timesteps(total)
            theirs, _ = diffusers.StableDiffusionImg2ImgPipeline.get_timesteps(
                SimpleNamespace(scheduler=scheduler), total, strength, device=None
            )
            trained = digits.training_sigmas[::-1]
            found.append(np.unique(np.interp(theirs.numpy(), np.arange(trained.size), trained))[::-1])
        assert any(one.size == visited.size and np.allclose(one, visited, rtol=1e-4) for one in found)


@pytest.mark.parametrize("make", [tiny_models.sd3, tiny_models.flux])
def test_a_flows_own_levels_have_its_shift(tmp_path, make):
    model = images.load(make(tmp_path), prompts="a cat", guidance=3, size=16)
    sigmas = partial.pipelines_own(model, "ddim", 4, 0.6)
    assert sigmas.size == 5
    assert model.sigma_min == sigmas[-1] < sigmas[0] < model.sigma_max
    kind = getattr(diffusers, model.origin.pipeline.replace("Pipeline", "Img2ImgPipeline"))
    pipe = kind.from_pretrained(tmp_path, **dict.fromkeys(model.origin.absent))
    seen = []

    def look(_pipe, _step, _t, _now):
        seen.append(pipe.scheduler.sigmas.numpy())
        return {}

    picture = Image.new("RGB", (16, 16), "red")
    for total in range(4, 12):
        sized = {"height": 16, "width": 16}
        pipe("a cat", image=picture, strength=0.6, num_inference_steps=total, callback_on_step_end=look, **sized)
    found = [s[s < 1] / (1 - s[s < 1]) for s in seen]
    assert any(np.allclose(one[-5:-1], sigmas[:-1], rtol=1e-3) for one in found if one.size >= 5)


# A model of a part


def test_sampling_begins_from_images_with_noise_on_them(digits, starts):
    part = partial.image_to_image(digits, starts, "ddim", 4, 0.5)
    assert part.sigma_max == part.part.own[0]
    began = {}

    def seen_by(model, name):
        def denoiser(x, sigma):
            began.setdefault(name, x)
            return digits.denoiser(x, sigma)

        return replace(model, denoiser=denoiser)

    for name, model in (("from images", part), ("from noise", replace(part, part=None))):
        draw_samples(seen_by(model, name), part.part.own, "ddim", 3, 30)
    torch.testing.assert_close(
        began["from images"] - began["from noise"], starts[torch.arange(30) % 12], atol=1e-5, rtol=1e-4
    )


def test_a_whole_model_stays_as_it_is_and_parts_are_within_it(digits, starts):
    assert partial.asked(digits, lambda: starts, "ddim", 4) is digits
    base = partial.asked(digits, lambda: starts, "ddim", 4, end=0.5)
    assert (base.sigma_max, base.sigma_min, base.part.starts, base.part.ends_early) == (
        digits.sigma_max,
        0.5,
        None,
        True,
    )
    assert abs(float((base.data() - digits.data()).std()) - 0.5) < 0.01
    refiner = partial.asked(digits, lambda: starts, "ddim", 4, start=0.5)
    assert (refiner.sigma_max, refiner.sigma_min, refiner.part.ends_early) == (0.5, digits.sigma_min, False)
    assert refiner.part.starts is starts
    assert set(compared.named(partial.image_to_image(digits, starts, "ddim", 4, 0.5), None, 4)) >= {"pipeline", "edm"}
    for options, words in (
        ({"strength": 0.5, "start": 1.0}, "either that or the noise level"),
        ({"strength": 0.01}, "The strength"),
        ({"start": 1e4}, "not within the model's"),
        ({"start": 0.1, "end": 0.2}, "must be"),
    ):
        with pytest.raises(ValueError, match=words):
            partial.asked(digits, lambda: starts, "ddim", 4, **options)


def test_a_model_without_a_scheduler_is_told_to_say_the_level(starts):
    model = images.wrap(lambda x, _sigma: x, shape=(1, 8, 8), sigma_min=0.01, sigma_max=10.0)
    with pytest.raises(ValueError, match="give the noise level to start from"):
        partial.asked(model, lambda: starts, "ddim", 4, strength=0.5)


@pytest.mark.parametrize("solver", ["ddim", "stochastic-ddim"])
def test_a_run_for_a_strength_has_the_pipelines_own_beside_it(tmp_path, monkeypatch, solver):
    monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path))
    few = {"samples": 40, "paths": 8, "iterations": 0}
    config = ImageConfig(solver=solver, steps=3, figure="frechet-pixels", strength=0.5, **few)
    *_, last = live.run(config)
    rows = {row.schedule.name: row for row in last.rows}
    assert {"choice", "pipeline", "klub-optimum", "edm"} <= set(rows)
    assert len({(row.schedule.sigmas[0], row.schedule.sigmas[-1]) for row in rows.values()}) == 1
    assert last.model.sigma_max == rows["pipeline"].schedule.sigmas[0] < 10
    assert set(last.pictures) >= {"choice", "pipeline"}
    assert live.checkpoint(config).is_file()
    assert live.checkpoint(replace(config, strength=1.0)) != live.checkpoint(config)


# Taken away


@pytest.fixture
def picture(tmp_path, monkeypatch) -> Image.Image:
    monkeypatch.chdir(tmp_path)
    colors = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(colors).save("picture.png")
    return Image.fromarray(colors)


@pytest.mark.parametrize(
    ("make", "solver"),
    [
        *((tiny_models.stable_diffusion, solver) for solver in SOLVERS),
        (tiny_models.sdxl, "ddim"),
        (tiny_models.sdxl, "dpmpp-2m"),
        (tiny_models.sd3, "ddim"),
        (tiny_models.sd3, "dpmpp-2m"),
        (tiny_models.flux, "ddim"),
    ],
)
@pytest.mark.usefixtures("picture")
def test_programs_that_begin_from_a_picture_visit_our_levels(tmp_path, make, solver):
    flow = make in (tiny_models.sd3, tiny_models.flux)
    model = images.load(make(tmp_path), prompts=["a cat", "a dog"], guidance=3, **({"size": 16} if flow else {}))
    part = partial.asked(model, lambda: torch.zeros(2, *model.shape), solver, 4, start=2.0)
    levels = schedules.edm(4, part.sigma_min, part.sigma_max)
    latents = []
    program = as_diffusers(levels, part, solver=solver).replace(
        "generator=torch", "callback_on_step_end=seen, generator=torch"
    )
    names = {"seen": lambda _pipe, _step, _t, now: latents.append(now["latents"]) or {}}
    exec(compile(program, "exported", "exec"), names)
    assert "Img2Img" in type(names["pipe"]).__name__
    assert len(latents) == len(names["scheduler"].timesteps)
    met = levels[:-1]
    if "timesteps" in names:
        met = model.training_sigmas[::-1][names["timesteps"]]
    assert np.isclose(met[0], 2.0, rtol=0.01)
    sigmas = names["scheduler"].sigmas if hasattr(names["scheduler"], "sigmas") else None
    if sigmas is not None and SOLVERS[solver].calls_per_step == 1:
        np.testing.assert_allclose(sigmas[:-1], met / (1 + met) if flow else met, rtol=1e-5)
    assert all(one.isfinite().all() for one in latents)
    if make is tiny_models.stable_diffusion and not SOLVERS[solver].stochastic:
        ours = _redrawn(model, names["pipe"], names["picture"], met, solver)
        theirs = np.stack([np.asarray(one, dtype=float) for one in names["images"]])
        np.testing.assert_allclose(ours, theirs, atol=1.01)


def _redrawn(model, pipe, picture, levels, solver) -> np.ndarray:
    """What our solver makes of that picture with a pipeline's noise, in bytes."""
    noise = torch.Generator().manual_seed(0)
    pixels = pipe.image_processor.preprocess([picture] * 2)
    start = pipe.vae.encode(pixels).latent_dist.sample(noise) * pipe.vae.config.scaling_factor
    x_T = start + float(levels[0]) * torch.randn(start.shape, generator=noise)
    x0 = samplers.sample(model.denoiser, x_T, levels, solver, denoise_to_zero=True)
    return ((model.decode(x0) / 2 + 0.5).clamp(0, 1) * 255).round().permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_loop_of_ones_own_begins_from_the_picture_too(picture, tmp_path, solver):
    model = images.load(tiny_models.unconditional(tmp_path))
    part = partial.asked(model, lambda: torch.zeros(2, *model.shape), solver, 4, start=2.0)
    names = run(as_diffusers(schedules.edm(4, part.sigma_min, part.sigma_max), part, solver=solver))
    met = model.training_sigmas[::-1][names["timesteps"]] if "timesteps" in names else names["sigmas"][:-1]
    noise = torch.Generator().manual_seed(0)
    gray = torch.tensor(np.asarray(picture.convert("L").resize((4, 8))) / 127.5 - 1).float()
    x_T = gray + float(met[0]) * torch.randn(4, *model.shape, generator=noise)
    ours = samplers.sample(model.denoiser, x_T, np.array(met), solver, generator=noise, denoise_to_zero=True)
    torch.testing.assert_close(ours.clamp(-1, 1), names["images"], rtol=2e-3, atol=2e-3)


def test_a_workflow_begins_from_a_picture(tmp_path):

    model = images.load(tiny_models.stable_diffusion(tmp_path), prompts="a cat", guidance=3)
    part = partial.asked(model, lambda: torch.zeros(2, *model.shape), "ddim", 4, start=2.0)
    workflow = json.loads(as_workflow(schedules.edm(4, part.sigma_min, part.sigma_max), part))
    check(workflow)
    assert {"LoadImage", "VAEEncode"} <= {node["class_type"] for node in workflow.values()}


# Base before refiner


def test_what_another_model_goes_on_from_ends_without_zero(digits, starts):
    base = partial.asked(digits, lambda: starts, "ddim", 4, end=0.5)
    levels = schedules.edm(4, base.sigma_min, base.sigma_max)
    numbers = [float(word) for word in as_comfyui(levels, base).split(", ")]
    np.testing.assert_allclose(numbers, levels, rtol=1e-7)
    with pytest.raises(ValueError, match="this schedule ends before"):
        as_sdnext(levels, base)


def _left(model, names, solver, levels, rows) -> torch.Tensor:
    """What our solver leaves at the last of the levels, from a program's noise, in the scheduler's own coordinates."""
    first, last = (1.0 if in_sigma(solver) else float(np.hypot(1, level)) for level in levels[[0, -1]])
    noise = torch.Generator().manual_seed(0)
    start = torch.randn(rows, *model.shape, generator=noise) * names["scheduler"].init_noise_sigma * first
    return samplers.sample(model.denoiser, start, levels, solver, generator=noise) / last


def _visited(names: dict, model: images.ImageModel) -> np.ndarray:
    """The levels that a program's scheduler is given, without the zero that the program leaves out."""
    if "timesteps" in names:
        return model.training_sigmas[::-1][names["timesteps"]]
    return np.array(names["sigmas"][:-1])


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_loop_of_ones_own_ends_where_another_model_goes_on(tmp_path, solver):
    model = images.load(tiny_models.unconditional(tmp_path))
    base = partial.asked(model, lambda: torch.zeros(2, *model.shape), solver, 4, end=0.5)
    program = as_diffusers(schedules.edm(4, base.sigma_min, base.sigma_max), base, solver=solver)
    assert "where another model goes on" in program
    names = run(program)
    levels = _visited(names, model)
    assert levels.size == 5
    torch.testing.assert_close(names["latents"], _left(model, names, solver, levels, 4).float(), rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("solver", [name for name, one in SOLVERS.items() if one.calls_per_step == 1])
def test_a_base_ends_where_its_refiner_goes_on(tmp_path, monkeypatch, solver):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8)).save("picture.png")
    model = images.load(tiny_models.sdxl(tmp_path), prompts=["a cat", "a dog"], guidance=3)
    base = partial.asked(model, lambda: torch.zeros(2, *model.shape), solver, 4, end=2.0)
    program = as_diffusers(schedules.edm(4, base.sigma_min, base.sigma_max), base, solver=solver)
    names = run(program)
    levels = _visited(names, model)
    assert levels.size == 5
    assert levels[-1] == pytest.approx(2.0, rel=0.01)
    ours = _left(model, names, solver, levels, 2).float()
    torch.testing.assert_close(names["latents"], ours, rtol=5e-3, atol=5e-3)
    refiner = partial.asked(model, lambda: torch.zeros(2, *model.shape), solver, 4, start=float(levels[-1]))
    program = as_diffusers(schedules.edm(4, refiner.sigma_min, refiner.sigma_max), refiner, solver=solver)
    lines = [line for line in program.splitlines() if "image=[picture]" not in line]
    taken = [line.replace("# image=latents", "image=latents") for line in lines]
    assert taken != lines
    count = []
    seen = {"latents": names["latents"], "seen": lambda _pipe, _step, _t, now: count.append(now) or {}}
    text = "\n".join(taken).replace("generator=torch", "callback_on_step_end=seen, generator=torch")
    exec(compile(text, "exported", "exec"), seen)
    assert len(count) == 4
    assert len(seen["images"]) == 2


@pytest.mark.parametrize(("make", "solver"), [(tiny_models.stable_diffusion, "ddim"), (tiny_models.sdxl, "heun")])
def test_what_cannot_end_early_is_told_in_a_sentence(tmp_path, make, solver):
    model = images.load(make(tmp_path), prompts="a cat", guidance=3)
    base = partial.asked(model, lambda: torch.zeros(2, *model.shape), solver, 4, end=2.0)
    with pytest.raises(ValueError, match="before"):
        as_diffusers(schedules.edm(4, base.sigma_min, base.sigma_max), base, solver=solver)
    if make is tiny_models.sdxl:
        near = base.training_sigmas[[5, 6]].mean() * np.array([3.0, 1.001, 1.0])
        with pytest.raises(ValueError, match="less than a timestep"):
            as_diffusers(near, base, solver="ddim")


def test_the_command_finds_a_schedule_for_a_strength(tmp_path):
    out = tmp_path / "part.json"
    words = "image optimize digits --method klub-optimum --steps 4 --solver ddim --strength 0.5 --paths 16 --samples 40"
    done = CliRunner().invoke(app, [*words.split(), "--levels", "16", "--out", str(out)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert "Pipeline's own" in done.output
    assert '"strength": 0.5' in out.read_text()
