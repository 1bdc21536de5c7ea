"""The noise that schedules share, trajectories held against closed forms, and the page that shows them."""

import base64
import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pages_shown
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from ays_toy import figures, names
from ays_toy.data import datasets
from ays_toy.data.denoisers import GaussianDenoiser
from ays_toy.models.store import PointStore
from ays_toy.palette import STYLES
from ays_toy.runs import comparison, finding
from ays_toy.runs.comparison import Model
from ays_toy.sampling import samplers, schedules
from ays_toy.sampling.brownian import SharedNoise
from ays_toy.sampling.samplers import SOLVERS
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.trajectories import FINE_CALLS, Trajectories, follow, scaled
from ays_toy.ui import codec
from ays_toy.ui.components import FlowTable
from ays_toy.ui.trajectories import ALIGNMENTS, TrajectoriesView

pytestmark = pytest.mark.usefixtures("home")

STD = 0.5
STOCHASTIC = [name for name, solver in SOLVERS.items() if solver.stochastic]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# The shared noise


def test_every_step_gets_standard_normal_noise_independent_of_the_other_steps() -> None:
    noise, x = SharedNoise((40_000,), 80.0, seeded(), schedules.logsnr(16)), torch.zeros(40_000, dtype=torch.float64)
    z = torch.stack([noise(b, a, x) for b, a in pairwise(schedules.edm(6))])  # all of them off the first grid
    tolerance = 4 / math.sqrt(40_000)
    torch.testing.assert_close(z.mean(dim=1), torch.zeros(6, dtype=z.dtype), rtol=0, atol=tolerance)
    torch.testing.assert_close(z @ z.T / 40_000, torch.eye(6, dtype=z.dtype), rtol=0, atol=1.5 * tolerance)


def test_a_long_step_adds_what_its_parts_add() -> None:
    # In x / sigma^2 the noise of a step is a^2 dB: dB of the whole is the sum over the parts.
    noise, x, levels = SharedNoise((50,), 80.0, seeded()), torch.zeros(50, dtype=torch.float64), [7.0, 2.0, 0.3, 0.004]

    def increment(high: float, low: float) -> torch.Tensor:
        return math.sqrt(1 / low**2 - 1 / high**2) * noise(high, low, x)

    parts = sum(increment(high, low) for high, low in pairwise(levels))
    torch.testing.assert_close(increment(levels[0], levels[-1]), parts, rtol=1e-12, atol=1e-12)


@given(some.permutations([50.0, 9.0, 1.0, 0.9999999, 0.1, 0.002]))
def test_asking_for_more_levels_changes_nothing_that_was_told(order: list[float]) -> None:
    noise = SharedNoise((4, 2), 80.0, seeded())
    told: dict[float, torch.Tensor] = {}
    for sigma in order:
        told[sigma] = noise.at(sigma).clone()
        assert all(torch.equal(noise.at(level), value) for level, value in told.items())
    for high, low in pairwise(sorted(told, reverse=True)):
        z = noise(high, low, torch.zeros(4, 2, dtype=torch.float64))
        assert float(z.abs().max()) < 6


@pytest.mark.parametrize("told", [[9.0, 0.5], [0.5, 9.0], [80.0, 0.02, 9.0, 0.5]])
def test_between_levels_that_are_known_the_motion_is_a_bridge(told: list[float]) -> None:
    """Given B at both neighbors, B in between has the mean on the line and the variance (u-s)(t-u)/(t-s), no more."""
    n, middle = 100_000, 2.0
    noise = SharedNoise((n,), 80.0, seeded(7))
    for sigma in told:
        noise.at(sigma)
    s, u, t = (1 / sigma**2 for sigma in (9.0, middle, 0.5))
    high, between, low = noise.at(9.0).clone(), noise.at(middle), noise.at(0.5).clone()
    rest = between - high - (u - s) / (t - s) * (low - high)
    variance = (u - s) * (t - u) / (t - s)
    assert float(rest.square().mean()) == pytest.approx(variance, rel=4 * math.sqrt(2 / n))
    assert abs(float(rest.mean())) < 4 * math.sqrt(variance / n)
    for other in (high, low, low - high):  # what is left is independent of what was known
        assert abs(float((rest * other).mean())) < 4 * math.sqrt(variance * float(other.square().mean()) / n)
    levels = sorted({*told, middle}, reverse=True)
    clock = torch.tensor([1 / sigma**2 - 1 / 80**2 for sigma in levels], dtype=torch.float64)
    values = torch.stack([noise.at(sigma) for sigma in levels])
    spread = torch.minimum(clock[:, None], clock)
    scale = (spread.diagonal()[:, None] * spread.diagonal()).sqrt().clamp(min=1e-300)
    torch.testing.assert_close((values @ values.T / n - spread) / scale, torch.zeros_like(spread), rtol=0, atol=0.02)


def test_levels_above_the_first_are_refused() -> None:
    noise = SharedNoise((3,), 80.0, seeded())
    with pytest.raises(ValueError, match="begins at sigma 80"):
        noise.at(81.0)
    with pytest.raises(ValueError, match="sigma must be"):
        noise.at(0.0)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_finer_schedules_follow_the_same_path_ever_more_closely(solver: str) -> None:
    """Strong convergence: the rms distance to a fine path of the same noise falls with the number of steps, order 1."""
    high, low, counts = 5.0, 0.05, [16, 32, 64, 128]
    denoiser, generator = datasets.get("ring-8").denoiser(), seeded(1)
    x_T = high * torch.randn(400, 2, generator=generator, dtype=torch.float64)
    noise = SharedNoise(x_T.shape, high, generator, schedules.logsnr(2048, low, high))
    fine = samplers.sample(denoiser, x_T, schedules.logsnr(2048, low, high), "stochastic-ddim", noise=noise)

    def off(n: int, **source: object) -> float:
        run = samplers.sample(denoiser, x_T, schedules.logsnr(n, low, high), solver, **source)
        return float((run - fine).square().sum(dim=1).median().sqrt())

    errors = [off(n, noise=noise) for n in counts]
    assert all(after < before for before, after in pairwise(errors))
    assert -np.polyfit(np.log(counts), np.log(errors), 1)[0] == pytest.approx(1.0, abs=0.2)
    assert off(128, generator=seeded(2)) > 20 * errors[-1], "with other noise it is another path"


def test_stochastic_ddim_on_a_gaussian_is_the_recursion_over_the_shared_increments() -> None:
    levels, x_T = schedules.edm(5), 80 * torch.randn(30, 2, generator=seeded(3), dtype=torch.float64)
    noise = SharedNoise(x_T.shape, 80.0, seeded(4))
    expected = x_T
    for b, a in pairwise(levels.tolist()):
        keep, shrink = (a / b) ** 2, STD**2 / (STD**2 + b**2)
        expected = (keep + (1 - keep) * shrink) * expected + a**2 * (noise.at(a) - noise.at(b))
    x = samplers.sample(GaussianDenoiser(STD), x_T, levels, "stochastic-ddim", noise=noise)
    torch.testing.assert_close(x, expected, rtol=1e-10, atol=1e-10)


def test_a_step_takes_its_noise_from_one_source_of_the_right_shape() -> None:
    x, denoiser = torch.ones(3, 2), GaussianDenoiser(STD)
    with pytest.raises(ValueError, match="one source only"):
        samplers.steps(denoiser, x, schedules.edm(3), generator=seeded(), noise=lambda *_: x)
    with pytest.raises(ValueError, match=r"shape \[3, 2\], not \[3, 1\]"):
        samplers.sample(denoiser, x, schedules.edm(3), noise=lambda *_: x[:, :1])


# Trajectories


def families(n: int, *names: str) -> dict[str, np.ndarray]:
    return {name: schedules.SCHEDULES[name](n) for name in names or ("edm", "logsnr")}


def gaussian_flow(solver: str) -> Trajectories:
    return follow(GaussianDenoiser(STD), families(6), solver, generator=seeded(5), n=300)


def test_ddim_errors_on_a_gaussian_are_the_closed_form() -> None:
    flow = gaussian_flow("ddim")
    x_T = flow.paths["edm"].states[0]
    power, start = np.square(x_T).sum(axis=1).mean(), 80**2 + STD**2
    for name, sigmas in families(6).items():
        b, a = sigmas[:-1], sigmas[1:]
        exact = np.hypot(sigmas, STD) / np.sqrt(start)  # x_t / x_T on the ODE
        gain = a / b + (1 - a / b) * STD**2 / (STD**2 + b**2)
        unit = STD / np.hypot(a, STD) * np.sqrt(power)
        np.testing.assert_allclose(flow.local[name].rms, unit * np.abs(gain * exact[:-1] - exact[1:]), rtol=0.01)
        np.testing.assert_allclose(flow.distance[name].rms, unit * np.abs(np.cumprod(gain) - exact[1:]), rtol=0.01)
    assert flow.doubt.rms.max() < 0.01 * flow.distance["edm"].rms[-1]


def test_schedules_are_named_over_both_figures_and_the_references_doubt_where_it_ends() -> None:
    flow = gaussian_flow("ddim")
    local, distances = figures.local_errors(flow), figures.distances(flow)
    for figure in (local, distances):
        named = [one.name for one in figure.data if one.showlegend is not False]
        assert named == [names.title(name) for name in flow.local]
    assert not local.layout.annotations
    (said,) = distances.layout.annotations
    assert said.text == distances.data[-1].name
    assert (10**said.x, 10**said.y) == pytest.approx((flow.doubt.sigmas[-1], flow.doubt.rms[-1]))
    for unseen in (0.0, 1e-12):
        none = replace(flow, doubt=replace(flow.doubt, rms=np.full_like(flow.doubt.rms, unseen)))
        assert not figures.distances(none).layout.annotations


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_first_steps_error_is_the_distance_and_starts_are_shared(solver: str) -> None:
    flow = gaussian_flow(solver)
    for name, path in flow.paths.items():
        np.testing.assert_array_equal(path.states[0], flow.reference.states[0])
        assert flow.local[name].rms[0] == pytest.approx(flow.distance[name].rms[0], rel=1e-9)
        np.testing.assert_array_equal(flow.reference.at(path.sigmas)[0], path.states[0])
        end = path.states[-1] - flow.reference.states[-1]
        assert flow.end_distances(7)[name] == pytest.approx(float(np.linalg.norm(end[6])))


@pytest.mark.parametrize("solver", ["dpmpp-2m", "sde-dpmpp-2m"])
def test_multistep_errors_look_back_along_the_reference(solver: str) -> None:
    """On a linear denoiser the step from the reference can be written out: x and the last two outputs, all exact."""
    flow = gaussian_flow(solver)
    sigmas, states = flow.paths["logsnr"].sigmas, flow.reference.at(flow.paths["logsnr"].sigmas)
    power = 2 if SOLVERS[solver].stochastic else 1
    shrink = (STD**2 / (STD**2 + sigmas**2))[:, None, None] * states
    k = 3
    b, a, before = sigmas[k], sigmas[k + 1], sigmas[k - 1]
    rho = np.log(b / a) / (2 * np.log(before / b))
    held = shrink[k] + rho * (shrink[k] - shrink[k - 1])
    reached = (a / b) ** power * states[k] + (1 - (a / b) ** power) * held
    if power == 2:  # the same noise again, asked for in the same order
        generator = seeded(5)
        x_T = 80 * torch.randn(300, 2, generator=generator, dtype=torch.float64)
        noise = SharedNoise(x_T.shape, 80.0, generator, schedules.logsnr(FINE_CALLS))
        for level in np.concatenate([levels[1:] for levels in families(6).values()]):
            noise.at(float(level))
        reached = reached + a**2 * (noise.at(a) - noise.at(b)).numpy()
    off = np.sqrt(np.square(reached - states[k + 1]).sum(axis=1).mean()) * STD / np.hypot(a, STD)
    assert flow.local["logsnr"].rms[k] == pytest.approx(off, rel=1e-4)


def test_errors_carry_standard_errors_that_hold_between_draws() -> None:
    flows = [
        follow(datasets.get("ring-8").denoiser(), families(5), "ddim", generator=seeded(s), n=200, fine_calls=128)
        for s in range(24)
    ]
    values = np.array([flow.distance["edm"].rms for flow in flows])
    said = np.array([flow.distance["edm"].stderr for flow in flows]).mean(axis=0)
    ratio = values.std(axis=0, ddof=1) / said
    assert ((ratio > 0.6) & (ratio < 1.6)).all(), ratio


def test_scaled_states_are_as_wide_as_the_data_at_every_level() -> None:
    flow = gaussian_flow("ddim")
    spread = scaled(flow.reference.states, flow.reference.sigmas).std(axis=1)
    np.testing.assert_allclose(spread, STD, rtol=0.15)


BAD = [
    (families(5, "edm"), {}, "number of schedules"),
    ({f"{k}": schedules.edm(5) for k in range(5)}, {}, "number of schedules"),
    ({"edm": schedules.edm(5), "logsnr": schedules.logsnr(6)}, {}, "equally many steps"),
    ({"edm": schedules.edm(5), "logsnr": schedules.logsnr(5, 0.01, 80.0)}, {}, "same range"),
    (families(5), {"solver": "lms"}, "Unknown solver"),
    (families(5), {"n": 1}, "number of particles"),
    (families(5), {"fine_calls": 10}, "quarter"),
]


@pytest.mark.parametrize(("named", "arguments", "says"), BAD)
def test_mistakes_say_what_to_change(named: dict[str, np.ndarray], arguments: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        follow(GaussianDenoiser(STD), named, generator=seeded(), **arguments)


def test_only_paths_that_there_are_can_be_followed() -> None:
    flow = gaussian_flow("ddim")
    for path in (0, 301):
        with pytest.raises(ValueError, match="from 1 to 300"):
            flow.end_distances(path)


# What is sent to the browser, and the figures


@pytest.fixture(scope="module")
def ring() -> Trajectories:
    return follow(
        datasets.get("ring-8").denoiser(), families(8, "edm", "logsnr", "cosine"), "stochastic-ddim",
        generator=seeded(6), n=200,
    )  # fmt: skip


def test_the_browser_is_sent_the_states_as_they_are(ring: Trajectories) -> None:
    table = FlowTable.of(ring, datasets.get("ring-8"), targets=True)
    sent = json.loads(json.dumps(table.payload(None)))
    assert table.payload(table.id) == {"id": table.id}

    def shorts(text: str, *shape: int) -> np.ndarray:
        return np.frombuffer(base64.b64decode(text), "<i2").reshape(shape) * sent["unit"]

    for panel, (name, path) in zip(sent["panels"], ring.paths.items(), strict=True):
        assert (panel["title"], panel["color"]) == (STYLES[name].title, STYLES[name].color)
        assert panel["sigmas"] == path.sigmas.tolist()
        states = shorts(panel["states"], 9, 200, 2)
        np.testing.assert_allclose(states, scaled(path.states, path.sigmas), atol=0.51 * sent["unit"])
        np.testing.assert_allclose(shorts(panel["targets"], 8, 200, 2), path.denoised, atol=0.51 * sent["unit"])
    assert sent["unit"] < 1e-4
    levels = np.array(sent["reference"]["sigmas"])
    assert (levels[0], levels[-1]) == (80.0, 0.002)
    drawn = shorts(sent["reference"]["states"], levels.size, 200, 2)
    np.testing.assert_allclose(drawn, scaled(ring.reference.at(levels), levels), atol=0.51 * sent["unit"])
    density = sent["density"]
    assert len(base64.b64decode(density["shades"])) == len(density["sigmas"]) * density["bins"] ** 2


def test_four_schedules_of_a_thousand_particles_fit_into_a_message_and_ids_tell_tables_apart() -> None:
    dataset, named = datasets.get("gaussian"), families(40, "edm", "logsnr", "cosine", "gaussian")
    flow = follow(dataset.denoiser(), named, "ddim", generator=seeded(), fine_calls=128)
    table = FlowTable.of(flow, dataset)
    assert len(json.dumps(table.payload(None))) < 2_000_000
    assert FlowTable.of(flow, dataset).id == table.id != FlowTable.of(flow, dataset, targets=True).id


@pytest.mark.parametrize("build", [figures.local_errors, figures.distances])
def test_figures_hold_the_curves_and_are_the_same_bytes_again(
    build: Callable[[Trajectories], object], ring: Trajectories
) -> None:
    figure = build(ring)
    assert figure.to_json() == build(ring).to_json()
    curves = ring.local if build is figures.local_errors else ring.distance
    for trace, (name, curve) in zip(figure.data, curves.items(), strict=False):
        np.testing.assert_array_equal(trace.y, curve.rms)
        np.testing.assert_array_equal(trace.error_y.array, curve.stderr)
        assert (trace.name, trace.line.color, trace.marker.symbol) == (
            STYLES[name].title, STYLES[name].color, STYLES[name].symbol,
        )  # fmt: skip
        assert (trace.y - trace.error_y.arrayminus > 0).all()


# The page

views = some.builds(
    TrajectoriesView,
    data=some.sampled_from(list(datasets.DATASETS)),
    solver=some.sampled_from(list(SOLVERS)),
    shown=some.lists(some.sampled_from(names.COMPARED), min_size=2, max_size=4, unique=True).map(tuple),
    align=some.sampled_from(list(ALIGNMENTS)),
    follow=some.integers(0, 1000),
    targets=some.booleans(),
)


@given(views)
def test_a_link_brings_back_the_view_it_was_made_from(view: TrajectoriesView) -> None:
    assert codec.from_query(TrajectoriesView, codec.to_query(view)) == (view, [])


@pytest.mark.parametrize(
    ("name", "text"),
    [("shown", "edm"), ("shown", "none"), ("shown", "edm,x"), ("follow", "1001"), ("targets", "yes"), ("align", "")],
)
def test_a_bad_value_in_a_link_is_named_and_costs_nothing_else(name: str, text: str) -> None:
    view, problems = codec.from_query(TrajectoriesView, {"data": "moons", name: text})
    assert len(problems) == 1
    assert name in problems[0]
    assert view == replace(TrajectoriesView(), data="moons")


def opened(**query: str) -> AppTest:
    return pages_shown.opened("trajectories", **query)


def charts(at: AppTest) -> list[str]:
    return [chart.proto.spec for chart in at.get("plotly_chart")]


def texts(at: AppTest) -> str:
    return " ".join(element.value for element in (*at.markdown, *at.caption, *at.error))


def test_the_page_opens_on_an_answer_and_follows_its_controls() -> None:
    at = opened(data="gaussian")
    first = charts(at)
    assert len(first) == 2
    assert all(title in first[0] for title in ("EDM", "LogSNR", "AYS", "Automatic choice"))
    assert "ends this far from the reference" in texts(at)
    assert charts(at.run()) == first, "a rerun that changes nothing must not redraw"

    at.segmented_control(key="align").set_value("noise").run()
    at.toggle(key="targets").set_value(True).run()
    at.session_state["follow"] = 0
    assert charts(at.run()) == first, "what concerns the panels leaves the figures as they are"
    assert "Follow a path" in texts(at)
    assert "Brownian path" in texts(at)
    at.selectbox(key="solver").set_value("ddim").run()
    assert "steps of Heun from" in texts(at)
    at.multiselect(key="shown").set_value(["edm", "ays"]).run()
    assert not at.exception, at.exception
    assert "AYS" in charts(at)[1]
    assert dict(at.query_params.items()) == {
        "data": "gaussian", "solver": "ddim", "shown": "edm,ays", "align": "noise", "follow": "0",
        "targets": "True",
    }  # fmt: skip


@pytest.mark.parametrize("few", [["edm"], []])
def test_too_few_schedules_are_answered_by_a_sentence(few: list[str]) -> None:
    at = opened(data="gaussian")
    at.multiselect(key="shown").set_value(few).run()
    assert not at.exception
    assert "Choose 2 to 4 schedules" in at.info[0].value
    assert not charts(at)
    at.multiselect(key="shown").set_value(["edm", "logsnr"]).run()
    assert not at.exception


def test_thousands_of_points_of_ones_own_get_fewer_particles() -> None:
    points = np.random.default_rng(0).normal(size=(3000, 2))
    PointStore().save("many", points)
    assert comparison.LEAST_PARTICLES <= Model("own:many").particles < 200
    assert Model("grid-8x8").particles == 1000


def test_what_is_searched_for_follows_and_the_others_are_there_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted, original = threading.Event(), finding.rival

    def rival(model: Model, name: str, *more: Any, **others: Any) -> Schedule:
        if name != "ld3":
            return original(model, name, *more, **others)
        assert fitted.wait(60)
        return Schedule(name, "LD3", np.geomspace(80, 0.002, 4))

    monkeypatch.setattr(finding, "rival", rival)
    at = opened(data="gaussian", steps="3", solver="heun", shown="ld3,edm,boss")
    assert "**LD3** is still being searched for" in texts(at)
    assert "EDM" in texts(at)
    assert all("BOSS" in chart for chart in charts(at))
    assert not any("LD3" in chart for chart in charts(at))
    fitted.set()
    end = time.monotonic() + 60
    while "still being searched for" in texts(at):
        assert time.monotonic() < end
        pages_shown.computed()
        at.run()
    assert not at.exception
    assert all("LD3" in chart for chart in charts(at))
