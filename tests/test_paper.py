"""The paper's Table 4: set-ups against closed forms, the scan against a set-up that is known, the table in the docs."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ays_toy.data.denoisers import MixtureDenoiser
from ays_toy.data.mixtures import Mixture
from ays_toy.pricing.klub import gaussian_klub
from ays_toy.sampling.even_noise import EvenNoise
from ays_toy.sampling.samplers import sample
from ays_toy.sampling.schedules import edm, logsnr
from benchmarks import figure4, paper
from benchmarks.table4 import fit, scan
from benchmarks.table4.printed import STEPS, Kind, Printed, kinds
from benchmarks.table4.report import Tried, written
from benchmarks.table4.setups import ENDINGS, ErrorCosts, Line, Setup, resampled, searched

LINE = Line(6, 0.132, 0.0166)
SETUP = Setup((LINE, LINE), 0.002, 80.0)


def nll(setup: Setup, levels: np.ndarray, solver: str, n: int = 4096) -> float:
    return float(setup.surprise(setup.samples(levels, solver, n)).mean())


@pytest.mark.parametrize("solver", ["stochastic-ddim", "ddim", "sde-dpmpp-2m"])
def test_two_lines_are_sampled_and_judged_as_the_grid_that_they_make(solver):
    setup = Setup((Line(4, 0.3, 0.05), Line(3, 0.2, 0.05)), 0.01, 40.0)
    grid, levels, noise = figure4.mixture(setup), edm(7, 0.01, 40.0), EvenNoise(0, 512, 7)
    denoiser = MixtureDenoiser(grid.means, grid.stds, grid.weights)
    whole = sample(denoiser, noise.start(40.0), levels, solver, noise=noise)
    ours = setup.samples(levels, solver, 512)
    torch.testing.assert_close(ours, whole, atol=2e-4, rtol=1e-3)
    np.testing.assert_allclose(setup.surprise(ours), -grid.log_density(ours, 0.01), rtol=1e-6, atol=1e-9)


def test_endings_take_the_calls_and_the_density_that_they_say():
    calls: list[float] = []

    class Watched(MixtureDenoiser):
        def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
            calls.append(float(sigma))
            return super().__call__(x, sigma)

    line = Line(2, 1.0, 0.1)
    object.__setattr__(line, "denoiser", Watched(line.mixture.means, line.mixture.stds))
    for name, count in (("low", 6), ("low-clean", 6), ("zero", 6), ("zero-after", 7)):
        setup = Setup((line, line), 0.01, 40.0, name)
        calls.clear()
        setup.samples(edm(setup.steps(6), 0.01, 40.0), "ddim", 128)
        assert len(calls) == 2 * count, name
        assert (0.01 in calls) is ENDINGS[name].to_zero
    low = Setup((line, line), 0.5, 40.0)
    there = torch.zeros(1, 2)
    assert low.surprise(there)[0] == pytest.approx(
        -float(Mixture([[0.5, 0.5]], 0.1, 1).log_density(there, 0.5)), rel=1e-5
    )
    assert replace(low, ending="low-clean").surprise(there)[0] > low.surprise(there)[0]


def test_a_first_order_end_is_the_one_step_solver_at_the_end_alone():
    setup, first = replace(SETUP, first_order_end=True), logsnr(1, 0.002, 80.0)
    np.testing.assert_array_equal(
        setup.samples(first, "sde-dpmpp-2m", 256), SETUP.samples(first, "stochastic-ddim", 256)
    )
    two = logsnr(2, 0.002, 80.0)
    np.testing.assert_array_equal(setup.samples(two, "sde-dpmpp-2m", 256), SETUP.samples(two, "stochastic-ddim", 256))
    three = logsnr(3, 0.002, 80.0)
    assert not np.array_equal(setup.samples(three, "sde-dpmpp-2m", 256), SETUP.samples(three, "sde-dpmpp-2m", 256))


def test_the_heun_type_holds_the_mean_of_the_extrapolated_line():
    kinds_of = (SETUP, replace(SETUP, heun_type=True))
    one, two, three = (logsnr(n, 0.002, 80.0) for n in (1, 2, 3))
    for levels in (one, three):
        midpoint, heun = (setup.samples(levels, "sde-dpmpp-2m", 256) for setup in kinds_of)
        assert torch.equal(midpoint, heun) is (levels is one), "the first step looks back on none"
    heun = kinds_of[1].samples(two, "sde-dpmpp-2m", 256)
    torch.testing.assert_close(heun, SETUP.samples(two, "sde-dpmpp-3m", 256), atol=1e-6, rtol=1e-6)


def test_lengths_have_no_scale():
    twice = Setup(tuple(Line(6, 2 * LINE.spacing, 2 * LINE.std) for _ in range(2)), 0.004, 160.0)
    for solver in ("stochastic-ddim", "sde-dpmpp-2m"):
        ours, larger = nll(SETUP, edm(8, 0.002, 80.0), solver), nll(twice, edm(8, 0.004, 160.0), solver)
        assert larger == pytest.approx(ours + math.log(4), abs=2e-3)


def test_klub_from_the_error_alone_is_the_closed_form_for_gaussian_data():
    one = Setup((Line(1, 1.0, 0.5), Line(1, 1.0, 0.5)), 0.002, 80.0)
    for levels in (edm(6), logsnr(10)):
        assert ErrorCosts(one).schedule(levels).value == pytest.approx(gaussian_klub(levels, 0.5, 2), rel=2e-3)
    around = ErrorCosts(one).around(1.0, np.array([0.3, 0.5]), 0.1, 1)
    np.testing.assert_allclose(around, [gaussian_klub([1.0, s, 0.1], 0.5, 2) for s in (0.3, 0.5)], rtol=2e-3)


def test_the_error_of_a_line_is_that_of_its_denoiser():
    generator = torch.Generator().manual_seed(0)
    x0 = LINE.mixture.sample(40_000, generator, torch.float64)
    for sigma in (0.01, 0.06, 0.5):
        x = x0 + sigma * torch.randn(x0.shape, generator=generator, dtype=torch.float64)
        squared = (LINE.denoiser(x, sigma) - x0).square()
        error = float(squared.std() / len(squared) ** 0.5)
        assert LINE.error(sigma) == pytest.approx(float(squared.mean()), abs=4 * error)


def test_the_papers_search_keeps_the_range_and_brings_klub_down():
    found = list(resampled(SETUP, STEPS))
    costs = ErrorCosts(SETUP)
    klubs = [costs.schedule(levels[-1]).value for levels in found]
    assert klubs[0] > 5 * klubs[-1]
    assert [len(levels) for levels in found[-1]] == [n + 1 for n in STEPS]
    assert {(levels[0], levels[-1]) for levels in found[-1]} == {(80.0, 0.002)}
    *_, alone = searched(SETUP, 10)
    np.testing.assert_allclose(alone, found[-1][-1], rtol=1e-9, err_msg="with 10 steps both ways are one")


@pytest.fixture
def known(monkeypatch):
    """A table made of a set-up known, and a scan of few places around it."""
    made = replace(SETUP, ending="low-clean")
    printed = Printed((6, 6), "stochastic-ddim", (0.0,) * 3, (0.0,) * 3, (0.0,) * 3)
    numbers = [nll(made, levels, printed.solver) for levels in fit.baselines(made)]
    printed = replace(printed, edm=tuple(numbers[:3]), logsnr=tuple(numbers[3:]))
    for module in (scan, fit):
        monkeypatch.setattr(module, "TABLE", {"6×6": printed})
    monkeypatch.setattr(scan, "RATIOS", np.geomspace(6, 11, 5))
    monkeypatch.setattr(scan, "REACHES", np.geomspace(5, 13, 5))
    monkeypatch.setattr(scan, "SPANS", scan.SPANS[:1])
    return made


def test_a_scan_finds_a_set_up_that_is_known(known, tmp_path):
    for free_range in (False, True):
        kind = Kind("6×6", "low-clean", free_range)
        found = fit.polished(kind, scan.best(kind, tmp_path))
        assert found.ending == "low-clean"
        assert found.lines[0].spacing == pytest.approx(known.lines[0].spacing, rel=0.06)
        assert found.lines[0].std == pytest.approx(known.lines[0].std, rel=0.06)
    assert len(list(tmp_path.iterdir())) == 1, "one scan serves both kinds"


def test_every_kind_has_a_name_of_its_own_and_the_file_holds_each():
    every = [str(kind) for kind in kinds()]
    assert len(set(every)) == len(every)
    assert set(paper.read(paper.FOLDER)) == set(every)
    assert (paper.FOLDER / paper.RESULTS).stat().st_size < 50_000


def test_the_table_in_the_docs_is_that_of_the_file():
    rows = paper.read(paper.FOLDER)
    document = (paper.FOLDER / paper.DOCUMENT).read_text(encoding="utf-8")
    assert document == written(rows.values()), "run: python -m benchmarks.paper table4"


def test_what_the_file_holds_is_what_its_set_up_gives():
    tried = Tried.of(paper.read(paper.FOLDER)[str(Kind("6×6", "low"))])
    levels = fit.baselines(tried.setup)[0]
    assert nll(tried.setup, levels, "stochastic-ddim") == pytest.approx(tried.nll[0].value, abs=6 * tried.nll[0].stderr)


def test_the_figure_has_a_row_of_the_set_up_that_is_nearest_with_its_steps():
    tried = [Tried.of(row) for row in paper.read(paper.FOLDER).values()]
    one = figure4.nearest(tried, "8×8")
    least = np.abs(one.off[[1, 4, 7]]).max()
    usual = [other for other in tried if other.kind.grid == "8×8" and not other.kind.free_range]
    usual = [other for other in usual if not other.kind.heun_type]
    assert all(np.abs(other.off[[1, 4, 7]]).max() >= least for other in usual)
    row, half = figure4.panels(one, samples=256)
    assert [panel.title for panel in row] == ["Grid 8×8", "EDM", "LogSNR", "AYS"]
    assert half > 3.5 * one.setup.lines[0].spacing
    assert {panel.image.shape for panel in row} == {(figure4.BINS, figure4.BINS)}
    assert all(panel.image.max() > 0 for panel in row)
    assert row[3].notes[1] == "in the paper -0.505"
