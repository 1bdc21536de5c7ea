"""Schedules for other tools: the programs run as printed and draw what our samplers draw."""

import json
import re

import numpy as np
import pytest
import tiny_models
import torch
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ays_toy import __version__, images
from ays_toy.cli import app
from ays_toy.estimates import KlubEstimate, Measured
from ays_toy.exchange import export
from ays_toy.exchange.diffusers_code import as_diffusers
from ays_toy.exchange.export import snap
from ays_toy.exchange.formats import FORMATS, Format, Taken, by_suffix
from ays_toy.exchange.reading import read_schedule
from ays_toy.sampling import samplers, schedules
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import SOLVERS

LEVELS = schedules.edm(5, 0.05, 12.0)


def run(program: str) -> dict:
    """Run a program as printed -> its names."""
    names: dict = {}
    exec(compile(program, "exported", "exec"), names)
    return names


def in_sigma(solver: str) -> bool:
    return SOLVERS[solver].diffusers.imported in ("EulerDiscreteScheduler", "HeunDiscreteScheduler")


def start(model: images.ImageModel, solver: str, levels: np.ndarray, rows: int) -> torch.Tensor:
    """The noise of a program, seed 0, in our coordinates at the first level.

    Euler's and Heun's schedulers work in sigma and start at std sigma, all others at std 1 in their own coordinates.
    """
    sigma = float(levels[0])
    scale = 1 + sigma if model.prediction == "flow" else sigma if in_sigma(solver) else np.hypot(1, sigma)
    return tiny_models.noise(rows, *model.shape, seed=0) * float(scale)


# Programs for diffusers


@pytest.mark.parametrize("final_zero", ["replace", "append"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_programs_draw_the_images_of_our_solvers(tmp_path, solver, final_zero):
    model = images.load(tiny_models.unconditional(tmp_path, prediction_type="v_prediction", clip_sample=True))
    program = as_diffusers(LEVELS, model, solver=solver, final_zero=final_zero)
    names = run(program)
    kept = LEVELS if final_zero == "append" else LEVELS[:-1]
    assert f"{kept.size} steps" in program
    if "timesteps" in names:
        assert names["timesteps"] == snap(kept, model.training_sigmas)
        levels = model.training_sigmas[::-1][names["timesteps"]]
    else:
        np.testing.assert_allclose(names["sigmas"], [*kept, 0], rtol=1e-7)
        levels = kept
    x_T = start(model, solver, levels, 4)
    stream = torch.Generator().manual_seed(0)
    torch.randn(4, 1, 8, 4, generator=stream)  # the start
    ours = samplers.sample(model.denoiser, x_T, levels, solver, generator=stream, denoise_to_zero=True)
    torch.testing.assert_close(ours.clamp(-1, 1), names["images"], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("make", "solver"), [*((tiny_models.stable_diffusion, solver) for solver in SOLVERS), (tiny_models.sdxl, "ddim")]
)
def test_programs_for_stable_diffusion_run_as_printed(tmp_path, make, solver):
    model = images.load(make(tmp_path), prompts=["a cat", 'it\'s a "dog"\\'], guidance=3)
    names = run(as_diffusers(LEVELS, model, solver=solver))
    assert [picture.size for picture in names["images"]] == [(16, 16)] * 2
    levels = LEVELS[:-1]
    if "timesteps" in names:
        levels = model.training_sigmas[::-1][names["timesteps"]]
    x_T = start(model, solver, levels, 2)
    stream = torch.Generator().manual_seed(0)
    torch.randn(x_T.shape, generator=stream)  # the start
    x0 = samplers.sample(model.denoiser, x_T, levels, solver, generator=stream, denoise_to_zero=True)
    ours = ((model.decode(x0) / 2 + 0.5).clamp(0, 1) * 255).round().permute(0, 2, 3, 1)
    theirs = np.stack([np.asarray(picture, dtype=float) for picture in names["images"]])
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1.01)
    assert theirs.std() > 1


@pytest.mark.parametrize(
    ("make", "solver"),
    [
        *((tiny_models.sd3, solver) for solver in SOLVERS),
        *((tiny_models.flux, solver) for solver in SOLVERS if not SOLVERS[solver].stochastic),
    ],
)
def test_programs_for_flows_undo_the_shift_and_run_as_printed(tmp_path, make, solver):
    model = images.load(make(tmp_path), prompts=["a cat"], guidance=3, size=16)
    names = run(as_diffusers(LEVELS, model, solver=solver))
    np.testing.assert_allclose(names["sigmas"], LEVELS[:-1] / (1 + LEVELS[:-1]), rtol=1e-7)
    first, *rest = names["sigmas"]
    visited = [first, *np.repeat(rest, SOLVERS[solver].calls_per_step), 0]
    np.testing.assert_allclose(names["scheduler"].sigmas, visited, rtol=1e-6)
    x_T, stream = start(model, solver, LEVELS, 1), torch.Generator().manual_seed(0)  # of its own for the steps
    x0 = samplers.sample(model.denoiser, x_T, LEVELS[:-1], solver, generator=stream, denoise_to_zero=True)
    ours = ((model.decode(x0) / 2 + 0.5).clamp(0, 1) * 255).round().permute(0, 2, 3, 1)
    np.testing.assert_allclose(ours[0].numpy(), np.asarray(names["images"][0], dtype=float), atol=1.01)


def test_without_a_model_the_program_ends_with_the_scheduler():
    names = run(as_diffusers(LEVELS))
    np.testing.assert_allclose(names["scheduler"].sigmas, [*LEVELS[:-1], 0.0], rtol=1e-6)
    with pytest.raises(ValueError, match="takes whole training timesteps"):
        as_diffusers(LEVELS, solver="dpmpp-2m")
    with pytest.raises(ValueError, match="Unknown solver 'lms'"):
        as_diffusers(LEVELS, solver="lms")
    with pytest.raises(ValueError, match="Unknown way to end in zero"):
        as_diffusers(LEVELS, final_zero="perhaps")


def test_a_lone_unet_gets_its_scheduler_alone(tmp_path):
    tiny_models.unet().save_pretrained(tmp_path)
    tiny_models.DDPMScheduler(prediction_type="v_prediction").save_pretrained(tmp_path)
    names = run(as_diffusers(LEVELS, images.load(tmp_path)))
    assert names["scheduler"].config.prediction_type == "v_prediction"
    np.testing.assert_allclose(names["scheduler"].sigmas, [*LEVELS[:-1], 0.0], rtol=1e-6)


def test_a_program_asks_for_half_precision_files_where_there_are_no_others(tmp_path):
    weights = tiny_models.unconditional(tmp_path) / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".fp16.safetensors"))
    assert run(as_diffusers(LEVELS, images.load(tmp_path)))["images"].isfinite().all()


def test_one_step_is_a_program_too(tmp_path):
    model = images.load(tiny_models.unconditional(tmp_path))
    for solver in SOLVERS:
        program = as_diffusers(LEVELS[[0, -1]], model, solver=solver)
        assert "1 step:" in program
        assert run(program)["images"].isfinite().all()


@given(st.integers(1, 60), st.floats(1e-3, 0.5), st.floats(1.0, 200.0))
def test_snapped_timesteps_are_distinct_and_nearest_where_they_can_be(n, low, high):
    trained = np.geomspace(100.0, 0.01, 64)
    levels = schedules.logsnr(n, low, high)
    steps = snap(levels, trained)
    assert len(steps) == n + 1
    assert (np.diff(steps) < 0).all()
    assert 0 <= steps[-1] <= steps[0] <= 63
    distance = np.abs(np.log(trained[::-1] / levels[:, None]))
    if (np.diff(distance.argmin(1)) < -1).all():  # none shares its nearest timestep with another
        np.testing.assert_allclose(distance[np.arange(n + 1), steps], distance.min(1), atol=1e-9)


def test_more_levels_than_timesteps_are_refused():
    with pytest.raises(ValueError, match="12 noise levels cannot have timesteps of their own: there are 10"):
        snap(schedules.logsnr(11), np.geomspace(100.0, 0.01, 10))


# Lists and files


def test_comfyui_gets_n_plus_one_plain_numbers_that_end_in_zero():
    text = export.as_comfyui(schedules.logsnr(10, 0.000012345, 700.0))
    numbers = [float(number) for number in re.findall(r"[-+]?(?:\d*\.*\d+)", text)]  # as ComfyUI reads them
    assert len(numbers) == 11
    assert numbers[-1] == 0
    np.testing.assert_allclose(numbers[:-1], schedules.logsnr(10, 0.000012345, 700.0)[:-1], rtol=1e-7)
    longer = export.as_comfyui(LEVELS, final_zero="append").split(", ")
    np.testing.assert_allclose([float(number) for number in longer], [*LEVELS, 0], rtol=1e-7)


def test_comfyui_counts_a_flows_noise_from_zero_to_one(tmp_path):
    model = images.load(tiny_models.flux(tmp_path), prompts="a cat", size=16)
    numbers = [float(number) for number in export.as_comfyui(LEVELS, model).split(", ")]
    np.testing.assert_allclose(numbers, [*(LEVELS[:-1] / (1 + LEVELS[:-1])), 0], rtol=1e-7)


def test_sdnext_gets_the_nearest_whole_timesteps(tmp_path):
    model = images.load("digits", device="cpu")
    levels = schedules.logsnr(6, model.sigma_min, model.sigma_max)
    given = [int(word) for word in export.as_sdnext(levels, model).split(", ")]
    assert given == snap(levels[:-1], model.training_sigmas)
    assert [int(word) for word in export.as_sdnext(levels, model, final_zero="append").split(", ")][-1] == 0
    flow = images.load(tiny_models.sd3(tmp_path), prompts="a cat", size=16)
    times = [int(word) for word in export.as_sdnext(LEVELS, flow).split(", ")]
    np.testing.assert_allclose(times, 1000 * LEVELS[:-1] / (1 + LEVELS[:-1]), atol=2)


def test_the_extension_for_a1111_and_forge_gets_its_list_without_the_zero(tmp_path):
    """It lays as many levels as steps are set along the logarithms of the list, and puts zero after them."""
    model = images.load(tiny_models.unconditional(tmp_path / "pixels"))
    given = [float(word) for word in export.as_webui(LEVELS, model).strip("[]").split(",")]
    at = np.linspace(0, 1, len(given))
    laid = np.exp(np.interp(at, at, np.log(given)))
    np.testing.assert_allclose([*laid, 0.0], export.with_zero(LEVELS), rtol=1e-7)
    assert len(export.as_webui(LEVELS, model, final_zero="append").split(",")) == len(LEVELS)
    flow = images.load(tiny_models.sd3(tmp_path / "flow"), prompts="a cat", size=16)
    numbers = [float(word) for word in export.as_webui(LEVELS, flow).strip("[]").split(",")]
    np.testing.assert_allclose(numbers, LEVELS[:-1] / (1 + LEVELS[:-1]), rtol=1e-7)


def test_words_say_how_the_final_zero_counts():
    assert export.counting(LEVELS, told=False).startswith(
        "5 numbers for 5 steps: zero takes the place of the last level"
    )
    for name in ("sdnext", "webui"):
        taken = Taken(Measured(Schedule("edm", "EDM", LEVELS), None), "ddim")
        assert FORMATS[name].counting(taken).startswith("5 numbers for 5 steps")
    assert export.counting(LEVELS).startswith("6 numbers for 5 steps: zero takes the place of the last level")
    assert export.counting(LEVELS, "append").startswith("7 numbers for 6 steps: zero is appended")
    assert "not counted" in json.loads(export.as_json(LEVELS, method="EDM"))["counting"]
    assert export.as_csv(LEVELS).splitlines()[0] == "level,sigma (no final zero)"


def test_json_says_where_a_schedule_comes_from():
    klub = KlubEstimate(2.5, 0.1, np.array([1.0, 1.5]))
    text = export.as_json(LEVELS, method="AYS", klub=klub, model="digits", solver="ddim", calls=np.int64(7))
    record = json.loads(text)
    assert (record["model"], record["solver"], record["method"], record["calls"]) == ("digits", "ddim", "AYS", 7)
    assert (record["sigma_max"], record["sigma_min"], record["steps"]) == (12.0, 0.05, 5)
    assert record["version"] == __version__
    assert record["klub"] == {"value": 2.5, "stderr": 0.1, "unit": "nats", "terms": [1.0, 1.5]}


@pytest.mark.parametrize("name", FORMATS)
def test_a_form_of_a_schedule_is_an_entry(name: str) -> None:
    form = FORMATS[name]
    taken = Taken(Measured(Schedule("edm", "EDM", LEVELS), KlubEstimate(2.5, 0.1, np.ones(5))), "ddim")
    if form.of_images:
        with pytest.raises(ValueError, match="take another form"):
            form.text(taken)
        assert by_suffix(f"mine.{form.suffix}") is form
        return
    text = form.text(taken)
    assert by_suffix(f"mine.{form.suffix}") is form
    assert form.counting(taken).startswith("6 numbers for 5 steps" if form.ends_in_zero else "6 noise levels for 5")
    if name == "diffusers":
        assert "EulerDiscreteScheduler" in text
    else:
        brought = read_schedule(text)
        np.testing.assert_allclose(brought.levels[:5], LEVELS[:5], rtol=1e-7)
        assert (brought.levels[-1] == 0) is form.ends_in_zero


def test_a_form_that_is_added_is_on_the_command_line_at_once(monkeypatch, tmp_path) -> None:
    shout = Format("Shouted", "loud", "text/plain", lambda one: f"{one.found.title.upper()} {one.sigmas[0]:g}!")
    monkeypatch.setitem(FORMATS, "shouted", shout)
    out = tmp_path / "schedule.loud"
    done = CliRunner().invoke(
        app, ["optimize", "gaussian", "--method", "klub-optimum", "--steps", "4", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert out.read_text() == "KLUB OPTIMUM 80!"
