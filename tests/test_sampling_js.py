"""The mathematics in the browser, on the JavaScript engine that Playwright brings along, held to the library's."""

import copy
import json
import subprocess
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright._impl._driver import compute_driver_executable
from scipy import stats
from scipy.ndimage import gaussian_filter

from ays_toy.checks import SIGMA_DATA
from ays_toy.data import drawing
from ays_toy.data.datasets import from_points
from ays_toy.figures.density import Panel, density_panels, shade_colors
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.runs import comparison, pictures
from ays_toy.runs.comparison import Model
from ays_toy.sampling import counter_noise, samplers, schedules
from ays_toy.sampling.counter_noise import CounterNoise, LevelNoise
from ays_toy.sampling.samplers import SOLVERS
from ays_toy.sampling.trajectories import PATIENT, follow, scaled
from ays_toy.ui.components import sampling
from ays_toy.ui.components.assets import read
from ays_toy.ui.components.sampling import DrawnModel, SampledModel

AROUND = """
globalThis.self = globalThis;
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const array = (values) => Float64Array.from(values);
"""
Engine = Callable[[str, Any], Any]
MODELS = {"grid-8x8": Model("grid-8x8"), "spirals": Model("spirals"), "moons mlp": Model("moons", "mlp")}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Run some JavaScript after the worker's own, with `asked` in its sight -> what it evaluates to."""
    node, folder = Path(compute_driver_executable()[0]), tmp_path_factory.mktemp("sampling")
    source = AROUND + sampling.core() + read("worker.js")

    def run(program: str, asked: Any) -> Any:
        script = folder / "run.js"
        ending = f"""
        (async () => {{ {program} }})().then((found) => {{
          require("fs").writeFileSync(1, JSON.stringify(found));
          process.exit(0);
        }});"""
        script.write_text(source + ending, encoding="utf-8")
        done = subprocess.run(
            [node, script], input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@lru_cache
def in_doubles(name: str) -> Any:
    """The model's denoiser at full precision, so that what differs is not rounding."""
    denoiser = MODELS[name].denoiser()
    return copy.deepcopy(denoiser).double() if isinstance(denoiser, MLPDenoiser) else denoiser


# --- noise -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "counter", "want"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_the_cipher_gives_the_authors_own_words(engine: Engine, key, counter, want) -> None:
    assert tuple(counter_noise.threefry(key, np.array([counter], dtype=np.uint32))[0]) == want
    program = "const words = new Uint32Array(2); threefry(...asked, words); return [...words];"
    assert tuple(engine(program, [*key, *counter])) == want


@pytest.mark.parametrize(("seed", "step", "first"), [(0, 0, 0), (7, 3, 250), (2**32 - 1, 40, 19_750)])
def test_both_draw_the_same_noise(engine: Engine, seed: int, step: int, first: int) -> None:
    asked = [seed, step, first, 2000]
    uniforms = np.array(engine("return [...uniforms(...asked)];", asked)).reshape(-1, 2)
    normals = np.array(engine("return [...normals(...asked)];", asked)).reshape(-1, 2)
    np.testing.assert_array_equal(uniforms, counter_noise.uniforms(seed, step, 2000, first))
    np.testing.assert_allclose(normals, counter_noise.normals(seed, step, 2000, first), rtol=0, atol=1e-12)


def test_the_noise_is_standard_normal_and_independent_over_points_steps_seeds_and_coordinates() -> None:
    n = 20_000
    noise = np.stack([counter_noise.normals(seed, step, n) for seed in (0, 1) for step in (0, 1, 2)])  # [6, n, 2]
    columns = noise.transpose(0, 2, 1).reshape(12, n)
    assert (np.abs(columns.mean(axis=1)) < 4.5 / np.sqrt(n)).all()
    assert (np.abs(columns.var(axis=1) - 1) < 4.5 * np.sqrt(2 / n)).all()
    assert min(stats.kstest(column, "norm").pvalue for column in columns) > 1e-3
    for values in (columns, columns**2):
        across = np.corrcoef(values)[np.triu_indices(12, 1)]
        along = [np.corrcoef(one[:-1], one[1:])[0, 1] for one in values]
        assert (np.abs([*across, *along]) < 4.5 / np.sqrt(n)).all()


def test_any_part_of_the_noise_can_be_drawn_alone() -> None:
    whole = counter_noise.normals(3, 5, 1000)
    np.testing.assert_array_equal(counter_noise.normals(3, 5, 100, first=600), whole[600:700])
    noise = CounterNoise(3, 1000)
    x_T = noise.start(80.0, torch.float64)
    np.testing.assert_array_equal(x_T.numpy(), 80.0 * counter_noise.normals(3, 0, 1000))
    for step in (1, 2):
        np.testing.assert_array_equal(noise(2.0, 1.0, x_T).numpy(), counter_noise.normals(3, step, 1000))
    with pytest.raises(ValueError, match="seed"):
        CounterNoise(-1, 10)


# --- denoisers -------------------------------------------------------------------------------------------------------


def test_e_to_a_negative_power_has_eleven_digits(engine: Engine) -> None:
    powers = [0.0, 1e-9, *np.geomspace(1e-6, 700, 5000)]
    got = np.array(engine("return asked.map(decay);", powers))
    np.testing.assert_allclose(got, np.exp(-np.array(powers)), rtol=3e-11)


LEVELS = (80.0, 5.0, 0.7, 0.2, 0.05, 0.002)


def noisy(data: str, sigma: float) -> torch.Tensor:
    """Points [301, 2], no multiple of any block; the first two where there are hardly any data."""
    x = Model(data).dataset.noisy(301, sigma, torch.Generator().manual_seed(0)).double()
    x[0], x[1] = torch.tensor([3.0, -2.0]), torch.tensor([200.0, 100.0])
    return x


@pytest.mark.parametrize("name", ["grid-8x8", "spirals", "multiscale", "pinwheel"])
def test_exact_denoisers_agree_at_every_noise_level(engine: Engine, name: str) -> None:
    points = [noisy(name, sigma) for sigma in LEVELS]
    asked = {
        "model": SampledModel.of(Model(name)).payload(None),
        "levels": [[sigma, x.flatten().tolist()] for sigma, x in zip(LEVELS, points, strict=True)],
    }
    found = engine("return asked.levels.map(([sigma, x]) => [...denoiser(asked.model)(array(x), sigma)]);", asked)
    for sigma, x, got in zip(LEVELS, points, found, strict=True):
        want = Model(name).denoiser()(x, sigma).flatten().numpy()
        np.testing.assert_allclose(got, want, atol=1e-6, err_msg=f"{sigma}")


@pytest.mark.parametrize(("width", "depth"), [(128, 3), (9, 2), (8, 1)])
@pytest.mark.parametrize(("kernel", "close"), [("simdKernel", 2e-5), ("plainKernel", 1e-7)])
def test_networks_agree_at_every_noise_level(engine: Engine, width: int, depth: int, kernel: str, close: float) -> None:
    network = MLPDenoiser(NetworkConfig(width, depth), torch.Generator().manual_seed(0))
    torch.nn.init.normal_(network.last.weight, std=width**-0.5, generator=torch.Generator().manual_seed(1))
    points = [noisy("moons", sigma) for sigma in LEVELS]
    asked = {
        "network": sampling._network(network),
        "levels": [[sigma, x.flatten().tolist()] for sigma, x in zip(LEVELS, points, strict=True)],
    }
    program = f"""
    const made = networkDenoiser(network(asked.network), {kernel});
    return asked.levels.map(([sigma, x]) => [...made(array(x), sigma)]);
    """
    assert engine(f"return {kernel}(8) !== null;", None)
    for sigma, x, got in zip(LEVELS, points, engine(program, asked), strict=True):
        with torch.no_grad():
            want = network.double()(x, sigma).flatten().numpy()
        np.testing.assert_allclose(got, want, atol=close, err_msg=f"{sigma}")


def test_a_browser_without_simd_computes_in_doubles(engine: Engine) -> None:
    sent = SampledModel.of(MODELS["moons mlp"]).payload(None)
    x = noisy("moons", 0.3)
    program = "delete globalThis.WebAssembly; return [...denoiser(asked.model)(array(asked.x), 0.3)];"
    got = engine(program, {"model": sent, "x": x.flatten().tolist()})
    with torch.no_grad():
        np.testing.assert_allclose(got, in_doubles("moons mlp")(x, 0.3).flatten().numpy(), atol=1e-7)


@pytest.mark.parametrize("name", ["grid-8x8", "spirals", "multiscale", "pinwheel", "points"])
def test_leaving_out_what_cannot_matter_changes_nothing_and_leaves_much_out(engine: Engine, name: str) -> None:
    rng = np.random.default_rng(0)
    mixture = Model("spirals" if name == "points" else name).dataset.mixture
    stds = mixture.stds * (name != "points")
    asked = {
        "mixture": [part.ravel().tolist() for part in (mixture.means, stds, mixture.weights)],
        "sigmas": [80.0, 2.0, 0.3, 0.05, 0.002],
        "x": rng.uniform(-1.2, 1.2, 2000).tolist(),
    }
    program = """
    const [means, stds, weights] = asked.mixture.map(array), x = array(asked.x);
    const [all, some] = [false, true].map((prune) => mixtureDenoiser({ means, stds, weights }, 1.1, prune));
    return asked.sigmas.map((sigma) => {
      const [left, right] = [all, some].map((one) => one(x, sigma));
      const took = [[], []];
      for (let k = 0; k < 40; k += 1)
        [all, some].forEach((one, which) => {
          const began = performance.now();
          one(x, sigma);
          took[which].push(performance.now() - began);
        });
      const [slow, fast] = took.map((times) => Math.min(...times));  // in which the machine did nothing else
      return { off: Math.max(...left.map((value, k) => Math.abs(value - right[k]))), faster: slow / fast };
    });
    """
    results = engine(program, asked)
    assert max(one["off"] for one in results) < 1e-6
    if name == "spirals":
        assert results[4]["faster"] > 2


# --- solvers ---------------------------------------------------------------------------------------------------------

WALK = """
const { model, solver, levels, seed, count, doubles } = asked;
if (doubles) delete globalThis.WebAssembly;
const noise = (step) => normals(seed, step, 0, count), denoise = denoiser(model);
return levels.map((one) => [...walk(denoise, solver, one, noise).at(-1).after]);
"""


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", [*MODELS, "moons mlp in single"])
def test_every_solver_carries_the_same_noise_to_the_same_place(engine: Engine, name: str, solver: str) -> None:
    """The second schedule has a step so short that what is extrapolated from it asks for doubles."""
    doubles, name = not name.endswith("single"), name.removesuffix(" in single")
    uneven = np.array([80.0, 9.0, 1.7, 1.6999, 0.9, 0.31, 0.05, 0.002])
    levels = [schedules.edm(8), uneven] if doubles else [schedules.edm(8), np.delete(uneven, 3)]
    asked = {
        "model": SampledModel.of(MODELS[name]).payload(None),
        "solver": solver,
        "levels": [one.tolist() for one in levels],
        "seed": 11,
        "count": 300,
        "doubles": doubles,
    }
    for one, got in zip(levels, engine(WALK, asked), strict=True):
        noise = CounterNoise(11, 300)
        x_T, fresh = noise.start(float(one[0]), torch.float64), noise if SOLVERS[solver].stochastic else None
        want = samplers.sample(in_doubles(name), x_T, one, solver, noise=fresh)
        np.testing.assert_allclose(np.reshape(got, (-1, 2)), want.numpy(), rtol=0, atol=1e-4)


def test_the_samples_of_a_page_at_rest_are_those_of_the_browser(engine: Engine) -> None:
    model, levels = MODELS["grid-8x8"], schedules.edm(8)
    asked = {"model": SampledModel.of(model).payload(None), "solver": "stochastic-ddim", "levels": [levels.tolist()]}
    (got,) = engine(WALK, {**asked, "seed": 3, "count": 300, "doubles": True})
    for _ in range(2):  # what is kept of the noise is not written to
        want = comparison.draw_samples(model, levels, "stochastic-ddim", 3, 300)
        np.testing.assert_allclose(np.reshape(got, (-1, 2)), want.numpy(), rtol=0, atol=1e-3)


def test_the_solvers_are_those_of_the_library(engine: Engine) -> None:
    assert set(engine("return Object.keys(SOLVERS);", None)) >= set(SOLVERS)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_walk_that_takes_over_an_earlier_one_is_the_same_as_one_of_its_own(engine: Engine, solver: str) -> None:
    levels = schedules.edm(8)
    others = []
    for k in (1, 4, 7):
        others.append(levels.copy())
        others[-1][k] = np.sqrt(levels[k] * levels[k + 1])
    others += [schedules.edm(6), schedules.logsnr(9), np.delete(levels, 3), levels[1:]]
    asked = {
        "model": SampledModel.of(MODELS["grid-8x8"]).payload(None),
        "solver": solver,
        "schedules": [one.tolist() for one in (levels, *others, levels)],
    }
    program = """
    let asks = 0, steps = [];
    const own = denoiser(asked.model), denoise = (x, sigma) => { asks += 1; return own(x, sigma); };
    const noise = (step) => normals(5, step, 0, 50);
    return asked.schedules.map((levels) => {
      asks = 0;
      steps = walk(denoise, asked.solver, levels, noise, steps);
      const asked_ = asks, alone = walk(denoise, asked.solver, levels, noise).at(-1).after;
      return { off: Math.max(...steps.at(-1).after.map((value, k) => Math.abs(value - alone[k]))), asks: asked_ };
    });
    """
    results = engine(program, asked)
    assert all(one["off"] == 0 for one in results)
    calls = SOLVERS[solver].calls_per_step
    assert [one["asks"] for one in results][:2] == [8 * calls, 8 * calls - 1]  # level 1 moved: D at level 0 is known
    schedule = asked["schedules"]
    shared = [
        next(k for k, (a, b) in enumerate(zip(one, two, strict=False)) if a != b) for one, two in pairwise(schedule)
    ]
    for alike, one, levels_ in zip(shared, results[1:], schedule[1:], strict=True):
        assert one["asks"] == calls * (len(levels_) - 1 - max(0, alike - 1)) - (alike > 0)


# --- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bins", "blur"), [(128, 0.7), (50, 1.4)])
def test_pictures_have_the_same_bins_shades_and_colors(
    engine: Engine, bins: int, blur: float, rng: np.random.Generator
) -> None:
    half = 0.8545173570589142
    points = rng.normal(0, 0.4, (3000, 2))
    points[:bins] = np.linspace(-half, half, bins + 1)[:bins, None]  # on the edges themselves
    points[bins] = half
    points[bins + 1] = np.nextafter(half, 2)
    image = pictures.density_image(torch.as_tensor(points), half, bins)
    top = pictures.brightest(image)
    asked = {
        "points": points.ravel().tolist(),
        "half": half,
        "bins": bins,
        "top": top,
        "blur": blur if bins == 50 else None,  # the usual one
        "colors": shade_colors().ravel().tolist(),
    }
    program = """
    const { bins, half, top, points } = asked, counts = new Uint32Array(bins * bins);
    count(counts, array(points), edges(half, bins));
    const image = shades(counts, points.length / 2, top, asked.blur ?? undefined);
    return { counts: [...counts], shades: [...image], pixels: [...pixels(image, asked.colors)] };
    """
    got = engine(program, asked)
    np.testing.assert_array_equal(np.reshape(got["counts"], (bins, bins)), np.rint(image * len(points)))
    want = np.minimum(255 * np.sqrt(gaussian_filter(image, blur) / top), 255).astype(np.uint8)
    if blur == 0.7:
        np.testing.assert_array_equal(want, pictures.shades(image, top))
    assert want.max() == 255
    drawn = np.reshape(got["shades"], (bins, bins))
    np.testing.assert_allclose(drawn, want.astype(int), atol=1)  # where rounding decides
    assert (drawn == want).mean() > 0.999
    picture = np.reshape(got["pixels"], (bins, bins, 4))
    np.testing.assert_array_equal(picture[::-1, :, :3], shade_colors()[drawn])
    assert (picture[..., 3] == 255).all()


def test_shades_have_the_colors_of_the_figures_and_grow_lighter() -> None:
    colors = shade_colors()
    (heat,) = density_panels([Panel("", "", [], np.zeros((2, 2)))], 1.0).data
    for place, color in heat.colorscale:
        between = colors[[int(np.floor(255 * place)), int(np.ceil(255 * place))]].astype(int)
        wanted = [int(color[k : k + 2], 16) for k in (1, 3, 5)]
        assert (between.min(axis=0) <= wanted).all()
        assert (wanted <= between.max(axis=0)).all()
    light = colors @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) >= -0.5).all()


# --- the worker ------------------------------------------------------------------------------------------------------


WORKER = """
const whole = { half: 1, bins: 64, points: 20000, solver: "ddim", seed: 0, part: 0, parts: 1, picture: 1 };
const request = { ...whole, model: asked.model.id, sigmas: asked.levels, enough: 2000, patience: 1e6 };
const seen = [], answers = [], send = (data) => self.onmessage({ data });
let moved = null;
self.postMessage = (answer) => {
  answers.push(answer);
  seen.push([answer.picture, answer.number, answer.points, answer.all]);
  if (moved) moved();
  moved = null;
};
const one = () => new Promise((resolve) => { moved = resolve; });
send({ model: asked.model });
"""


@pytest.fixture
def asked() -> dict[str, Any]:
    return {"model": SampledModel.of(MODELS["spirals"]).payload(None), "levels": schedules.edm(8).tolist()}


def test_points_come_early_and_again_with_more_until_a_newer_request_or_none_is_made(engine: Engine, asked) -> None:
    program = """
    send({ ask: { ...request, number: 1 } });
    await one();
    send({ ask: { ...request, number: 2, patience: 0 } });
    await one();
    send({ drop: 1 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    send({ ask: { ...request, number: 3, points: 4100 } });
    while (!seen.at(-1)[3]) await one();
    return seen;
    """
    seen = engine(WORKER + program, asked)
    assert seen[:2] == [[1, 1, 2000, False], [1, 2, 250, False]]  # enough, and what is there when patience ends
    assert seen[2] == [1, 3, 2000, False]
    assert sum(points for _, number, points, _ in seen if number == 3) == 4100  # each says what has come since the last


def test_a_picture_that_is_taken_away_leaves_no_walks(engine: Engine, asked) -> None:
    program = """
    send({ ask: { ...request, number: 1, points: 500 } });
    while (!seen.at(-1)?.[3]) await one();
    const left = (forget) => { send({ drop: 1, forget }); return walks.size; };
    return [left(false), left(true)];
    """
    assert engine(WORKER + program, asked) == [1, 0]


def test_where_a_slider_is_not_drawn_it_stands_where_the_figure_says(engine: Engine) -> None:
    program = """
    const steps = { getAttribute: () => "9" };
    globalThis.document = { querySelector: (thumb) => (thumb.includes("steps") ? steps : null) };
    return [standing([8, 2]), standing([8, null])];
    """
    assert engine(read("sliders.js") + program, None) == [[9, 2], [9, None]]


def test_the_parts_of_all_workers_are_the_whole_picture(engine: Engine, asked) -> None:
    program = """
    const parts = [[1, 0, 1], [2, 0, 3], [3, 1, 3], [4, 2, 3]];  // side by side
    for (const [picture, part, parts_] of parts)
      send({ ask: { ...request, picture, part, parts: parts_, points: 600, number: 1 } });
    while (seen.length < 4) await one();
    const counts = (picture) => answers.find((answer) => answer.picture === picture).counts;
    const sum = counts(1).map((_, k) => counts(2)[k] + counts(3)[k] + counts(4)[k]);
    return { seen: seen.sort(), same: counts(1).every((value, k) => value === sum[k]) };
    """
    got = engine(WORKER + program, asked)
    assert got["seen"] == [[1, 1, 600, True], [2, 1, 250, True], [3, 1, 250, True], [4, 1, 100, True]]
    assert got["same"]


def test_what_is_drawn_is_sampled_by_what_the_request_says_of_it(engine: Engine, asked) -> None:
    """A worker that holds no model samples from strokes; without ink it has no points, and says so."""
    smile = drawing.smiley()
    rules = DrawnModel.of(smile.count).values["drawing"]
    program = """
    const ask = { ...request, model: null, points: 500, drawing: { rules: asked.rules, strokes: asked.strokes } };
    send({ ask: { ...ask, number: 1 } });
    while (!seen.at(-1)?.[3]) await one();
    send({ ask: { ...ask, number: 2, drawing: { rules: asked.rules, strokes: [] } } });
    while (seen.at(-1)[1] !== 2) await one();
    return { seen, top: answers[0].top, inside: answers[0].counts.reduce((sum, one) => sum + one) };
    """
    got = engine(
        WORKER.replace("send({ model", "0 && send({ model") + program,
        {**asked, "rules": rules, "strokes": smile.to_json()},
    )
    assert got["seen"] == [[1, 1, 500, True], [1, 2, 0, True]]
    assert got["inside"] > 490
    dataset = from_points(smile.points())
    image = pictures.density_image(torch.as_tensor(dataset.mixture.means), dataset.half_width, 64)
    blur = asked["levels"][-1] * 64 / (2 * dataset.half_width)
    assert got["top"] == pytest.approx(pictures.brightest(gaussian_filter(image, blur)), rel=1e-6)


@pytest.mark.parametrize("solver", ["dpmpp-2m", "sde-dpmpp-2m"])
def test_the_paths_of_all_workers_are_those_of_one(engine: Engine, asked, solver: str) -> None:
    schedules_ = [asked["levels"], schedules.logsnr(8).tolist(), schedules.logsnr(5).tolist()]
    flow = {"solver": solver, "seed": 3, "count": 31, "high": 80.0, "low": 0.002, "fine": 16, "spread": SIGMA_DATA}
    program = """
    const together = async (picture, parts, targets) => {
      const all = pathsOfAll(), flow = { ...asked.flow, targets };
      for (let part = 0; part < parts; part += 1) {
        send({ ask: { picture, number: 1, model: asked.model.id, flow, part, parts } });
        const known = answers.length;
        while (answers.length === known) await one();
        all.add(answers.at(-1));
      }
      return all.whole().paths.map(({ states, targets }) => [[...states], targets && [...targets]]);
    };
    return [await together(1, 1, true), await together(2, 3, true), await together(3, 2, false)];
    """
    whole, parts, plain = engine(
        read("client.js") + WORKER + program, {**asked, "flow": {**flow, "schedules": schedules_}}
    )
    assert [[len(one) for one in paths] for paths in whole] == [[9 * 62, 8 * 62], [9 * 62, 8 * 62], [6 * 62, 5 * 62]]
    assert parts == whole
    assert plain == [[states, None] for states, _ in whole]


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_a_model_is_sent_once_and_small_and_not_at_all_where_it_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("grid-8x8", 5_000), ("spirals", 20_000), ("moons mlp", 300_000)):
        sent = SampledModel.of(MODELS[name])
        assert len(json.dumps(sent.payload(None))) < most
        assert sent.payload(sent.id) == {"id": sent.id}
    assert SampledModel.of(MODELS["spirals"]).id != SampledModel.of(MODELS["grid-8x8"]).id
    monkeypatch.setattr(sampling, "MOST_COMPONENTS", 63)
    assert SampledModel.of(MODELS["grid-8x8"]) is None
    monkeypatch.setattr(sampling, "MOST_PRODUCTS", 1000)
    assert SampledModel.of(MODELS["moons mlp"]) is None


# --- drawings --------------------------------------------------------------------------------------------------------


def scribbles() -> dict[str, drawing.Drawing]:
    """Drawings of all kinds: every symmetry, strength and width, dots, level and upright strokes, the eraser, edges."""
    rng, lattice = np.random.default_rng(4), drawing.LATTICE
    strokes = []
    for k, symmetry in enumerate(list(drawing.SYMMETRIES) * 2):
        path = tuple(map(tuple, rng.integers(0, lattice, (1 + k % 5, 2)).tolist()))
        brush = int(rng.integers(drawing.LEAST_BRUSH, drawing.MAX_BRUSH))
        strokes.append(drawing.Stroke(path, brush, k % 4, symmetry, erase=k % 7 == 6))
    straight = [((20, 300), (400, 300)), ((300, 20), (300, 20), (300, 400)), ((0, 0), (511, 511)), ((90, 90),)]
    plain = [drawing.Stroke(path, 20, symmetry="rotate-8") for path in straight]
    return {
        "the smile": drawing.smiley(),
        "all at once": drawing.Drawing(tuple(strokes), 1000),
        "straight": drawing.Drawing(tuple(plain), 4000),
        **{name: drawing.Drawing((one,), 500) for name, one in zip("abcd", plain, strict=True)},
    }


DRAWN = """
const { rules, strokes } = asked, half = Math.floor(strokes.length / 2);
const paper = inkOf(strokes.slice(half), rules, inkOf(strokes.slice(0, half), rules));
const made = mixtureOf(paper, rules);
return { paper: [...paper], means: made && [...made.mixture.means], half: made && made.half };
"""


@pytest.mark.parametrize("name", scribbles())
def test_strokes_become_the_very_points_that_the_library_makes_of_them(engine: Engine, name: str) -> None:
    one = scribbles()[name]
    got = engine(DRAWN, {"rules": DrawnModel.of(one.count).values["drawing"], "strokes": one.to_json()})
    paper = np.reshape(got["paper"], (256, 256))
    np.testing.assert_array_equal(np.where(paper > 1e-6, paper, 0), one.density())
    dataset = from_points(one.points())
    np.testing.assert_allclose(np.reshape(got["means"], (-1, 2)), dataset.mixture.means, rtol=0, atol=1e-12)
    assert got["half"] == pytest.approx(dataset.half_width, rel=1e-12)


def test_a_paper_without_ink_has_no_points(engine: Engine) -> None:
    line, eraser = drawing.Stroke(((100, 256), (400, 256))), drawing.Stroke(((100, 256), (400, 256)), 128, erase=True)
    for strokes in ((), (line, eraser)):
        asked = {"rules": DrawnModel.of(100).values["drawing"], "strokes": drawing.Drawing(strokes).to_json()}
        assert engine(DRAWN, asked)["means"] is None


def test_random_numbers_are_those_of_torch(engine: Engine) -> None:
    for seed, n in ((1, 7000), (2**32 - 1, 10)):
        want = torch.rand(n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        np.testing.assert_array_equal(engine("return [...uniformDoubles(...asked)];", [seed, n]), want.numpy())


def test_the_mass_that_is_drawn_in_full_is_the_library_s(engine: Engine, rng: np.random.Generator) -> None:
    for image in (rng.uniform(0, 1, (16, 16)) ** 6, np.eye(9) / 9):
        assert engine("return brightest(asked);", image.ravel().tolist()) == pictures.brightest(image)


# --- trajectories ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_paths_of_every_solver_are_those_of_the_library_on_one_brownian_motion(engine: Engine, solver: str) -> None:
    """Three schedules, so that a bridge lies between levels that another schedule has asked for."""
    model, n, fine = Model("ring-8"), 60, 32
    edm = schedules.edm(6)
    named = {"edm": edm, "logsnr": schedules.logsnr(6), "near": np.sqrt(edm * np.append(edm[0], edm[:-1] ** 0.9 * 1.1))}
    named["near"][[0, -1]] = edm[[0, -1]]
    calls = fine * PATIENT[SOLVERS[solver].stochastic].calls_per_step
    want = follow(model.denoiser(), named, solver, generator=LevelNoise(3, n), n=n, fine_calls=calls)
    asked = {
        "model": SampledModel.of(model).payload(None),
        "flow": {
            **{"solver": solver, "seed": 3, "count": n, "high": 80.0, "low": 0.002, "fine": fine},
            **{"spread": SIGMA_DATA, "schedules": [one.tolist() for one in named.values()], "targets": True},
        },
    }
    program = """
    const again = () => {
      const next = flowPaths(denoiser(asked.model), asked.flow);
      const plainly = ({ sigmas, states, targets }) => [sigmas, [...states], [...targets]];
      return asked.flow.schedules.map((_, k) => plainly(next(k)));
    };
    const [first, second] = [again(), again()];
    return { first, same: JSON.stringify(first) === JSON.stringify(second) };
    """
    got = engine(program, asked)
    assert got["same"], "what one request asks the motion for must not move it for the next"
    for (sigmas, states, targets), one in zip(got["first"], want.paths.values(), strict=True):
        np.testing.assert_array_equal(sigmas, one.sigmas)
        np.testing.assert_allclose(np.reshape(states, (7, n, 2)), scaled(one.states, one.sigmas), rtol=0, atol=1e-4)
        np.testing.assert_allclose(np.reshape(targets, (6, n, 2)), one.denoised, rtol=0, atol=1e-4)


def test_noise_by_level_is_standard_normal_and_another_at_every_level() -> None:
    noise, levels = LevelNoise(5, 4000), [80.0, 79.9, 1.0, 0.002]
    drawn = np.stack([noise(level).numpy().ravel() for level in levels])
    np.testing.assert_array_equal(noise(1.0).numpy().ravel(), drawn[2])
    assert np.abs(np.corrcoef(drawn)[np.triu_indices(4, 1)]).max() < 4.5 / np.sqrt(8000)
    assert min(stats.kstest(one, "norm").pvalue for one in drawn) > 1e-3
    with pytest.raises(ValueError, match="seed"):
        LevelNoise(-1, 3)


def test_a_drawing_of_many_points_is_left_to_the_server() -> None:
    assert DrawnModel.of(2000).id == DrawnModel.of(2000).id != DrawnModel.of(1000).id
    assert len(json.dumps(DrawnModel.of(2000).payload(None))) < 3000
    assert DrawnModel.of(5000) is None


@pytest.mark.parametrize("name", ["the smile", "all at once", "straight"])
def test_a_drawing_that_moves_has_few_components_and_almost_the_same_density(engine: Engine, name: str) -> None:
    one = scribbles()[name]
    dataset = from_points(one.points())
    means = dataset.mixture.means
    asked = {"means": means.ravel().tolist(), "half": dataset.half_width}
    program = """
    const means = array(asked.means), count = means.length / 2;
    const whole = { means, stds: new Float64Array(count), weights: new Float64Array(count).fill(1 / count) };
    const { means: centers, stds, weights } = coarsened(whole, asked.half);
    return { centers: [...centers], stds: [...stds], weights: [...weights] };
    """
    got = {key: np.array(value) for key, value in engine(program, asked).items()}
    centers, stds, weights = got["centers"].reshape(-1, 2), got["stds"], got["weights"]
    assert 100 < len(weights) <= 300
    np.testing.assert_allclose(weights.sum(), 1)
    np.testing.assert_allclose(weights @ centers, means.mean(axis=0), atol=1e-9)
    spread = weights @ ((centers**2).sum(axis=1) + 2 * stds**2)
    np.testing.assert_allclose(spread, (means**2).sum(axis=1).mean(), rtol=1e-9)
    assert np.average(stds, weights=weights) < 2 * (2 * dataset.half_width / 128), "bins of the picture"
