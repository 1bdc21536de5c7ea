"""The rail's own JavaScript prices schedules as the library does."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright._impl._driver import compute_driver_executable

from ays_toy import optimize
from ays_toy.data import datasets
from ays_toy.pricing.paths import PathGram
from ays_toy.runs.challenge import least_costs
from ays_toy.runs.comparison import Model
from ays_toy.sampling import schedules
from ays_toy.ui.components import assets
from ays_toy.ui.components.rail import RailData, Table

PROGRAM = """
const { table, schedules } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const bytes = Uint8Array.from(atob(table.differences), (letter) => letter.charCodeAt(0));
const { steps } = pricing({ ...table, differences: new Float32Array(bytes.buffer) });
console.log(JSON.stringify(schedules.map((levels) => steps(levels))));
"""
Priced = list[dict[str, list[float]]]


@pytest.fixture(scope="module")
def in_the_browser(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Table, list[np.ndarray]], list[Priced]]:
    """Run the component's own code, on the JavaScript engine that Playwright brings along."""
    script = tmp_path_factory.mktemp("rail") / "price.js"
    script.write_text(assets.read("rail_pricing.js") + PROGRAM, encoding="utf-8")
    node = Path(compute_driver_executable()[0])

    def price(table: Table, levels: list[np.ndarray]) -> list[Priced]:
        asked = json.dumps({"table": table.payload(None), "schedules": [one.tolist() for one in levels]})
        done = subprocess.run([node, script], input=asked, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return price


@pytest.fixture(scope="module", params=["grid-8x8 exact", "moons mlp"])
def gram(request: pytest.FixtureRequest) -> PathGram:
    data, kind = request.param.split()
    return Model(data, kind).collect(paths=1024)


def some_schedules(grid: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """On the grid's levels, between them, near each other, and the families; all from one end to the other."""
    high, low = grid[0], grid[-1]
    found = {f"{name} {n}": make(n, low, high) for name, make in schedules.SCHEDULES.items() for n in (2, 10, 40)}
    for n in (1, 2, 5, 17, 40):
        inner = np.sort(rng.choice(np.arange(1, grid.size - 1), n - 1, replace=False))
        found[f"on the grid {n}"] = grid[[0, *inner, grid.size - 1]]
        between = np.sort(rng.uniform(np.log(low), np.log(high), n - 1))[::-1]
        found[f"off the grid {n}"] = np.array([high, *np.exp(between), low])
    found["within one cell"] = np.array([high, *(grid[60] * np.array([0.999, 0.99, 0.97])), low])
    return found


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0, 3.0])
def test_the_browser_prices_as_the_library_does(gram, in_the_browser, rng, power) -> None:
    levels = some_schedules(gram.grid, rng)
    table = Table.of(gram, power, least_costs(gram, power, 2).tolist())
    for (name, sigmas), priced in zip(levels.items(), in_the_browser(table, list(levels.values())), strict=True):
        want = gram.price(sigmas, power)
        assert len(priced) == sigmas.size - 1
        assert sum(step["price"] for step in priced) == pytest.approx(gram.klub(sigmas, power), rel=1e-4), name
        np.testing.assert_allclose(
            [step["price"] for step in priced], want.terms, rtol=1e-3, atol=1e-5 * want.value, err_msg=name
        )


def test_a_step_s_patch_has_the_area_that_it_costs(gram, in_the_browser) -> None:
    sigmas = schedules.edm(6)
    table = Table.of(gram, 3.0, [1.0])
    (priced,) = in_the_browser(table, [sigmas])
    for step in priced:
        area = np.trapezoid(np.array(step["height"]), -np.log(step["sigma"]))
        assert area == pytest.approx(step["price"], rel=0.05)  # straight lines between the grid's levels


def test_the_least_costs_are_those_of_the_optima_and_fall_with_every_step(gram) -> None:
    least = least_costs(gram, 2.0, 12)
    assert (np.diff(least) < 0).all()
    for n in (1, 4, 12):
        assert least[n - 1] == pytest.approx(gram.klub(optimize.optimum(gram, n, 2.0), 2.0), rel=1e-9)
        assert least[n - 1] <= min(gram.klub(make(n), 2.0) for make in schedules.SCHEDULES.values()) * (1 + 1e-12)


def test_the_table_is_sent_once_and_again_when_it_is_another() -> None:
    generator = torch.Generator().manual_seed(0)
    data = datasets.get("moons")
    gram = PathGram.collect(data.denoiser(), data.sample(256, generator), schedules.logsnr(31), generator=generator)
    one, other = Table.of(gram, 3.0, [2.0, 1.0]), Table.of(gram, 2.0, [2.0, 1.0])
    assert one.id != other.id
    assert "differences" in one.payload(None)
    assert "differences" in one.payload(other.id)
    assert one.payload(one.id) == {"id": one.id, "least": [2.0, 1.0]}
    other = schedules.Schedule("edm", "EDM", schedules.edm(3))
    sent = RailData(schedules.edm(3), "1", one, "KLUB", "nats", (other,), 39).payload(one.id)
    assert json.loads(json.dumps(sent)) == sent
    assert len(json.dumps(RailData(schedules.edm(3), "1", one, "KLUB", "nats", (other,), 39).payload(None))) < 10_000
