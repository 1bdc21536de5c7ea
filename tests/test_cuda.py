"""On a GPU everything comes out as on the CPU; skipped where there is none.

The random numbers of the two differ, so where numbers are compared those of the CPU are used on both (`same_draws`);
what draws on the GPU itself is compared within error bars, or with itself.
"""

import copy
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from ays_toy import images, metrics, optimize
from ays_toy.cli import app
from ays_toy.data import datasets
from ays_toy.data.denoisers import EmpiricalDenoiser, GaussianDenoiser
from ays_toy.images import collect, compared, labeled, optimizing, scores, sources
from ays_toy.images.optimizing import Search
from ays_toy.images.quality import distance_to
from ays_toy.metrics import Reference
from ays_toy.models import checkpoints
from ays_toy.models.networks import NetworkConfig
from ays_toy.models.training import TrainingConfig, denoiser_from, train
from ays_toy.pricing.ode import OdePaths
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import finding, live_search, live_training
from ays_toy.runs.comparison import Model
from ays_toy.sampling import samplers, schedules, trajectories
from ays_toy.sampling.samplers import SOLVERS
from ays_toy.sampling.schedules import Schedule

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
GPU = "cuda"
LEVELS = (80.0, 5.0, 0.5, 0.05, 0.002)


@pytest.fixture
def same_draws(monkeypatch):
    """Generators on the GPU draw what one on the CPU with their seed would."""
    twins: dict[int, tuple[torch.Generator, torch.Generator]] = {}

    def alike(draw):
        def drawn(*size, generator=None, device=None, **more):
            if generator is None or generator.device.type == "cpu":
                return draw(*size, generator=generator, device=device, **more)
            twin = torch.Generator().manual_seed(generator.initial_seed())
            kept = twins.setdefault(id(generator), (twin, generator))
            return draw(*size, generator=kept[0], **more).to(generator.device)

        return drawn

    for name in ("rand", "randn", "randint"):
        monkeypatch.setattr(torch, name, alike(getattr(torch, name)))
    normal = alike(lambda *size, mean, std, **more: torch.empty(*size).normal_(mean, std, **more))

    def filled(self, mean=0.0, std=1.0, *, generator=None):  # the first weights of a network
        return self.copy_(normal(self.shape, mean=mean, std=std, generator=generator))

    real = torch.Tensor.normal_
    monkeypatch.setattr(
        torch.Tensor,
        "normal_",
        lambda self, *at, **more: (filled if self.device.type == "cuda" else real)(self, *at, **more),
    )


def seeded(device: str, seed: int = 0) -> torch.Generator:
    return torch.Generator(device).manual_seed(seed)


def close(found: torch.Tensor, expected: torch.Tensor, tolerance: float) -> None:
    assert found.device.type == "cuda"
    assert found.dtype == expected.dtype
    torch.testing.assert_close(found.cpu(), expected, rtol=tolerance, atol=tolerance)


def denoisers() -> dict[str, tuple]:
    """By name the same denoiser for CPU and GPU."""
    grid = datasets.get("grid-8x8")
    points = grid.sample(500, seeded("cpu"))
    both = {"gaussian": GaussianDenoiser(0.5), "mixture": grid.denoiser(), "points": EmpiricalDenoiser(points)}
    pairs = {name: (denoiser, denoiser) for name, denoiser in both.items()}
    return pairs | {"network": tuple(checkpoints.pretrained("grid-8x8", device) for device in ("cpu", GPU))}


# Data and denoisers


def test_data_drawn_on_the_gpu_are_those_of_the_cpu_in_law_and_stay_there():
    grid = datasets.get("multiscale")
    x = grid.sample(200_000, seeded(GPU))
    assert x.device.type == "cuda"
    assert x.dtype == torch.float32
    found = metrics.evaluate(x[:20_000], Reference.of(grid, 0.002, generator=seeded(GPU, 1)), ["energy", "mode-mass"])
    assert abs(found["energy"].value) < 4 * found["energy"].stderr
    assert found["mode-mass"].value < 0.03
    torch.testing.assert_close(x.double().mean(0).cpu(), torch.zeros(2, dtype=torch.float64), rtol=0, atol=0.006)
    log_p = grid.mixture.log_density(x, 0.1)
    torch.testing.assert_close(log_p.cpu(), grid.mixture.log_density(x.cpu(), 0.1), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["gaussian", "mixture", "points", "network"])
@pytest.mark.parametrize("one_level", [True, False])
def test_every_denoiser_gives_the_same_at_every_level(name, one_level):
    on_cpu, on_gpu = denoisers()[name]
    x0 = datasets.get("grid-8x8").sample(3000, seeded("cpu", 3))
    for sigma in LEVELS:
        x = x0 + sigma * torch.randn(x0.shape, generator=seeded("cpu", 4))
        level = sigma if one_level else torch.full((len(x),), sigma)
        close(on_gpu(x.to(GPU), level), on_cpu(x, level), 2e-5)


def test_a_network_on_the_gpu_answers_where_it_is_asked():
    on_cpu, on_gpu = denoisers()["network"]
    x = torch.randn(50, 2, generator=seeded("cpu"))
    answer = on_gpu(x, 0.5)
    assert answer.device.type == "cpu"
    torch.testing.assert_close(answer, on_cpu(x, 0.5), rtol=1e-5, atol=1e-5)
    assert on_cpu(x.to(GPU), torch.full((50,), 0.5)).device.type == "cuda"


# Sampling


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", ["mixture", "network"])
@pytest.mark.usefixtures("same_draws")
def test_every_solver_draws_the_same_from_the_same_noise(solver, name):
    sigmas = schedules.edm(12)
    expected, found = (
        samplers.draw_samples(denoiser, sigmas, solver, 5, 2000, device)
        for denoiser, device in zip(denoisers()[name], ("cpu", GPU), strict=True)
    )
    assert found.device.type == "cuda"
    off = (found.cpu() - expected).abs().amax(1)
    assert float(off.median()) < 1e-5
    assert float(off.quantile(0.99)) < 1e-3  # between two modes a rounding error decides


@pytest.mark.parametrize("solver", SOLVERS)
def test_noise_of_the_gpu_itself_gives_samples_of_the_same_quality(solver):
    grid, sigmas = datasets.get("grid-4x4"), schedules.logsnr(20)
    reference = Reference.of(grid, 0.002, generator=seeded("cpu", 1))
    one, other = (
        metrics.evaluate(
            samplers.draw_samples(grid.denoiser(), sigmas, solver, 6, 20_000, device), reference, ["energy"]
        )
        for device in ("cpu", GPU)
    )
    gap = abs(one["energy"].value - other["energy"].value)
    assert gap < 4 * np.hypot(one["energy"].stderr, other["energy"].stderr)
    assert torch.equal(*(samplers.draw_samples(grid.denoiser(), sigmas, solver, 6, 500, GPU) for _ in range(2)))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.usefixtures("same_draws")
def test_trajectories_and_their_errors_are_the_same(solver):
    named = {"edm": schedules.edm(6), "logsnr": schedules.logsnr(6)}
    on_cpu, on_gpu = (
        trajectories.follow(denoiser, named, solver, generator=seeded(device), n=300, fine_calls=64)
        for denoiser, device in zip(denoisers()["network"], ("cpu", GPU), strict=True)
    )
    for name in named:
        for curve in ("local", "distance"):
            one, other = getattr(on_cpu, curve)[name], getattr(on_gpu, curve)[name]
            np.testing.assert_allclose(other.rms, one.rms, rtol=0.02, atol=1e-5)


# Prices


@pytest.mark.parametrize("name", ["mixture", "network"])
@pytest.mark.usefixtures("same_draws")
def test_a_pass_prices_every_schedule_alike(name):
    grid, x0 = schedules.logsnr(63), datasets.get("grid-8x8").sample(2048, seeded("cpu", 7))
    one, other = (
        PathGram.collect(denoiser, x0.to(device), grid, generator=seeded(device, 8))
        for denoiser, device in zip(denoisers()[name], ("cpu", GPU), strict=True)
    )
    assert other.moments.dtype == np.float64
    np.testing.assert_allclose(other.moments, one.moments, rtol=1e-4, atol=1e-6)
    for sigmas in (schedules.edm(10), schedules.logsnr(20), schedules.cosine(7)):
        np.testing.assert_allclose(other.price(sigmas).terms, one.price(sigmas).terms, rtol=2e-3)
    np.testing.assert_allclose(optimize.optimum(other, 10), optimize.optimum(one, 10), rtol=0.1)
    assert other.klub(optimize.optimum(one, 10)) == pytest.approx(one.klub(optimize.optimum(one, 10)), rel=1e-4)


def test_a_pass_on_the_gpu_itself_agrees_within_its_error_bars_and_with_itself_to_the_bit():
    data, grid = datasets.get("grid-8x8"), schedules.logsnr(63)

    def passed(device: str) -> PathGram:
        generator = seeded(device, 9)
        return PathGram.collect(data.denoiser(), data.sample(4096, generator), grid, generator=generator)

    one, other = passed("cpu"), passed(GPU)
    for sigmas in (schedules.edm(10), schedules.logsnr(20)):
        a, b = one.price(sigmas), other.price(sigmas)
        assert abs(a.value - b.value) < 4 * np.hypot(a.stderr, b.stderr)
    np.testing.assert_array_equal(passed(GPU).moments, other.moments)


@pytest.mark.usefixtures("same_draws")
def test_local_errors_along_the_ode_are_the_same():
    x_T = 80 * torch.randn(512, 2, generator=seeded("cpu"))
    grid = schedules.logsnr(31)
    one, other = (
        OdePaths.collect(denoiser, x_T.to(device), grid)
        for denoiser, device in zip(denoisers()["network"], ("cpu", GPU), strict=True)
    )
    upper = np.triu_indices(32, 1)
    np.testing.assert_allclose(other.local_errors()[upper], one.local_errors()[upper], rtol=0.02, atol=1e-6)


# Finding schedules


@pytest.mark.parametrize("name", ["mixture", "network"])
@pytest.mark.usefixtures("same_draws")
def test_the_papers_search_takes_the_same_way(name):
    x0 = datasets.get("grid-8x8").sample(2048, seeded("cpu", 10))
    ways = []
    for denoiser, device in zip(denoisers()[name], ("cpu", GPU), strict=True):
        costs = optimize.MonteCarloCosts(denoiser, x0.to(device), generator=seeded(device, 11))
        ways.append(list(islice(optimize.coordinate_search(costs, schedules.edm(6)), 4)))
    for one, other in zip(*ways, strict=True):
        np.testing.assert_allclose(other.sigmas, one.sigmas, rtol=1e-6)
        assert other.klub.value == pytest.approx(one.klub.value, rel=1e-3)
        assert other.calls == one.calls


@pytest.mark.parametrize("solver", ["stochastic-ddim", "dpmpp-2m"])
@pytest.mark.parametrize("name", ["mixture", "network"])
@pytest.mark.usefixtures("same_draws")
def test_the_automatic_choice_is_the_same(solver, name):
    data = datasets.get("grid-8x8")
    one, other = (
        optimize.choose(
            denoiser, data.sample(2048, seeded("cpu")).to(device), solver, 6, generator=seeded(device, 12), data=data
        )
        for denoiser, device in zip(denoisers()[name], ("cpu", GPU), strict=True)
    )
    assert {c.name for c in other.tried} == {c.name for c in one.tried}
    assert other.best.score.value == pytest.approx(one.best.score.value, abs=one.best.score.stderr)
    assert other.best.title == one.best.title


def test_a_watched_search_on_the_gpu_is_stopped_by_the_rule_and_can_itself_be_stopped():
    config = live_search.SearchConfig(Model("grid-4x4", "mlp"), steps=4, samples=512, patience=2, device=GPU)
    *_, whole = live_search.search(config)
    assert whole.rested
    assert finding.stopped(config, whole) is not None
    asked = iter(range(10_000))
    states = list(live_search.search(config, lambda: next(asked) in (5, 14)))
    for one, other in zip(states[-1].sweeps, whole.sweeps, strict=True):
        np.testing.assert_array_equal(one.sigmas, other.sigmas)
        assert one.score == other.score


# Training


@pytest.mark.usefixtures("same_draws")
def test_training_takes_the_same_way():
    data, config = datasets.get("moons"), TrainingConfig(NetworkConfig(32, 2), steps=60, batch=256)
    on_cpu, on_gpu = (list(train(data, config, device=device, every=20)) for device in ("cpu", GPU))
    for one, other in zip(on_cpu, on_gpu, strict=True):
        np.testing.assert_allclose(other.loss, one.loss, rtol=1e-4)
        assert other.excess == pytest.approx(one.excess, rel=1e-3)
    for name, value in on_cpu[-1].weights.items():
        close(on_gpu[-1].weights[name], value, 1e-3)


def test_training_on_the_gpu_learns_repeats_itself_and_goes_on_after_a_stop(tmp_path):
    data, config = datasets.get("moons"), TrainingConfig(NetworkConfig(32, 2), steps=120, batch=256)
    whole = list(train(data, config, device=GPU, every=60))
    assert whole[-1].excess < 0.9 * whole[0].excess
    asked = iter(range(1000))
    halted = list(train(data, config, device=GPU, every=60, stop=lambda: next(asked) == 31))
    for name, value in whole[-1].weights.items():
        assert torch.equal(halted[-1].weights[name], value)
    checkpoints.save(tmp_path / "kept.safetensors", whole[-1].weights, config)
    x = torch.randn(20, 2, generator=seeded("cpu"))
    kept = denoiser_from(whole[-1].weights, config.network, GPU)(x.to(GPU), 0.3)
    for device in ("cpu", GPU):
        loaded, *_ = checkpoints.load(tmp_path / "kept.safetensors", device)
        torch.testing.assert_close(loaded(x.to(device), 0.3).cpu(), kept.cpu(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("origin", ["scratch", "pretrained"])
def test_a_lesson_on_the_gpu_can_be_stopped_and_ends_with_its_calibration(origin):
    config = live_training.LessonConfig("moons", TrainingConfig(steps=100), origin, device=GPU)
    *_, last = live_training.lesson(config)
    assert last.share == 1
    assert last.calibration is not None
    assert all(value.device.type == "cpu" for value in last.weights.values())
    assert np.isfinite(last.field.frames[0].arrows).all()
    asked = iter(range(10_000))
    *_, other = live_training.lesson(config, lambda: next(asked) == 30)
    assert other.losses[-1] == last.losses[-1]


# Images


@pytest.fixture(scope="module")
def digits():
    return {device: images.load("digits", device=device) for device in ("cpu", GPU)}


def test_the_digits_denoise_alike_at_every_level_wherever_the_images_are(digits):
    x0, _ = labeled.data("digits", "test")
    for sigma in np.geomspace(digits["cpu"].sigma_max, digits["cpu"].sigma_min, 7):
        x = x0 + float(sigma) * torch.randn(x0.shape, generator=seeded("cpu"))
        expected = digits["cpu"].denoiser(x, float(sigma))
        for asked in (x, x.to(GPU)):
            found = digits[GPU].denoiser(asked, float(sigma))
            assert found.device == asked.device
            torch.testing.assert_close(found.cpu(), expected, rtol=1e-4, atol=1e-4)


def test_a_pass_over_digits_is_the_same_and_its_checkpoint_is_taken_up(digits, tmp_path):
    x0 = sources.find(digits["cpu"], 64).x0
    grid = collect.grid_for(digits["cpu"], 24)
    on_cpu, on_gpu = (collect.collect(model, x0, grid) for model in digits.values())
    for sigmas in (schedules.edm(6, grid[-1], grid[0]), schedules.logsnr(10, grid[-1], grid[0])):
        np.testing.assert_allclose(on_gpu.price(sigmas).terms, on_cpu.price(sigmas).terms, rtol=2e-3)
    path = tmp_path / "pass.safetensors"
    assert [state.done for state in islice(collect.stream(digits[GPU], x0, grid, checkpoint=path), 3)] == [0, 1, 2]
    *_, last = collect.stream(digits[GPU], x0, grid, checkpoint=path)
    assert last.resumed == 2
    np.testing.assert_array_equal(last.gram.moments, on_gpu.moments)
    *_, there = collect.stream(digits[GPU], x0.to(GPU), grid)  # noise of the GPU itself
    sigmas = schedules.edm(6, grid[-1], grid[0])
    a, b = there.gram.price(sigmas), on_cpu.price(sigmas)
    assert abs(a.value - b.value) < 4 * np.hypot(a.stderr, b.stderr)


@pytest.mark.parametrize("method", ["choice", "klub-optimum", "ays"])
def test_every_way_to_find_a_schedule_for_digits_is_the_same(digits, method):
    x0 = sources.find(digits["cpu"], 32).x0
    gram = collect.collect(digits["cpu"], x0, collect.grid_for(digits["cpu"], 24))
    search = Search("dpmpp-2m", 4, method, "frechet", plan=optimize.NEAR.by(120))
    found = []
    for model in digits.values():
        *_, last = optimizing.find(scores.Judge(model), gram, x0, search)
        found.append(last)
    np.testing.assert_allclose(found[1].sigmas, found[0].sigmas, rtol=1e-6)
    named = compared.named(digits[GPU], gram, 4, [Schedule(method, "", found[1].sigmas)])
    one, other = (dict(compared.grid_of_pictures(model, named, "dpmpp-2m", 0)) for model in digits.values())
    for name, drawn in one.items():
        assert np.abs(other[name].astype(int) - drawn.astype(int)).max() <= 2


def test_images_on_the_gpu_have_local_errors_and_distances(digits):
    x0 = sources.find(digits["cpu"], 8).x0
    one, other = (optimizing.local_errors(model, x0.to(device), seed=1, levels=12) for device, model in digits.items())
    upper = np.triu_indices(12, 1)
    np.testing.assert_allclose(other.local_errors()[upper], one.local_errors()[upper], rtol=0.02, atol=1e-5)
    assert distance_to(x0.to(GPU), x0).value == 0


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
def test_single_precision_is_single_at_high_noise_too(tmp_path, prediction):
    """A prediction of noise is multiplied by sigma: what cuDNN would save on its factors would be seen."""
    tiny_models = pytest.importorskip("tiny_models")
    folder = tiny_models.unconditional(tmp_path, prediction_type=prediction)
    on_cpu, on_gpu = (images.load(folder, device=device) for device in ("cpu", GPU))
    assert on_gpu.dtype == torch.float32
    for sigma in (150.0, 10.0, 0.1):
        x = sigma * tiny_models.noise(64, 1, 8, 4)
        off = (on_gpu.denoiser(x, sigma) - on_cpu.denoiser(x, sigma)).abs().max()
        assert float(off) < 2e-5 * (1 + sigma)


@pytest.mark.parametrize("kind", ["stable_diffusion", "sdxl", "sd3", "flux"])
def test_prompted_models_run_in_their_types(tmp_path, kind):
    tiny_models = pytest.importorskip("tiny_models")
    folder = getattr(tiny_models, kind)(tmp_path)
    on_cpu, on_gpu = (
        images.load(folder, device=device, dtype="float32", prompts=["a cat", "dogs"]) for device in ("cpu", GPU)
    )
    x = 3 * tiny_models.noise(3, *on_cpu.shape)
    expected = on_cpu.denoiser(x, 3.0)
    torch.testing.assert_close(on_gpu.denoiser(x, 3.0), expected, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(on_gpu.decode(expected), on_cpu.decode(expected), rtol=1e-3, atol=1e-3)
    pixels = tiny_models.noise(2, 3, *on_cpu.pixels).clamp(-1, 1)
    torch.testing.assert_close(on_gpu.encode(pixels), on_cpu.encode(pixels), rtol=1e-3, atol=1e-3)
    half = images.load(folder, prompts=["a cat", "dogs"])
    assert half.device.type == "cuda"
    assert half.dtype == (torch.bfloat16 if kind == "flux" else torch.float16)
    torch.testing.assert_close(half.denoiser(x, 3.0), expected, rtol=0.1, atol=0.1)
    with torch.no_grad():
        assert half.decode(expected).isfinite().all()


@pytest.mark.parametrize("solver", ["stochastic-ddim", "ddim", "sde-dpmpp-2m", "dpmpp-2m", "heun"])
@pytest.mark.parametrize("kind", ["unconditional", "stable_diffusion"])
def test_exported_programs_draw_on_the_gpu_what_our_solvers_do(tmp_path, kind, solver):
    tiny_models, exported = pytest.importorskip("tiny_models"), pytest.importorskip("test_export")
    folder = getattr(tiny_models, kind)(tmp_path)
    prompted = {} if kind == "unconditional" else {"prompts": ["a cat", "dogs"], "guidance": 3}
    model = images.load(folder, dtype="float32", **prompted)
    assert model.device.type == "cuda"
    names = exported.run(exported.as_diffusers(exported.LEVELS, model, solver=solver))
    levels = exported.LEVELS[:-1]
    if "timesteps" in names:
        levels = model.training_sigmas[::-1][names["timesteps"]]
    x_T = exported.start(model, solver, levels, len(names["images"]))
    stream = seeded("cpu")
    torch.randn(x_T.shape, generator=stream)  # the start
    ours = samplers.sample(model.denoiser, x_T, levels, solver, generator=stream, denoise_to_zero=True)
    if kind == "unconditional":
        torch.testing.assert_close(ours.clamp(-1, 1), names["images"].cpu().clamp(-1, 1), rtol=2e-3, atol=2e-3)
    else:
        pixels = ((model.decode(ours) / 2 + 0.5).clamp(0, 1) * 255).round().permute(0, 2, 3, 1)
        theirs = np.stack([np.asarray(picture, dtype=float) for picture in names["images"]])
        np.testing.assert_allclose(pixels.numpy(), theirs, atol=2.01)


def test_a_gpu_that_memory_fails_says_so_in_a_sentence(digits):
    denoiser = copy.copy(digits[GPU].denoiser)
    denoiser.network = lambda x, *_: torch.empty(2**50, device=x.device)
    model = replace(digits[GPU], denoiser=denoiser)
    with pytest.raises(ValueError, match="cannot hold 2 images at once: load the model with a smaller batch"):
        model.denoiser(torch.zeros(2, *model.shape), 1.0)


# The command line, which takes a GPU where there is one


@pytest.mark.parametrize(
    "command",
    [
        "optimize grid-4x4 --steps 4 --method ays --samples 256",
        "optimize grid-4x4 --steps 4 --method choice --model mlp",
        "image compare digits --steps 4 --samples 60",
        "image optimize digits --method choice --steps 4 --paths 16 --levels 16 --samples 60",
    ],
)
def test_commands_run_on_the_gpu(command):
    ran = CliRunner().invoke(app, command.split())
    assert ran.exit_code == 0, ran.output
