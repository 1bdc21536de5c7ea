"""What the tests share: random generators, hypothesis without clocks or chance, exact answers, a browser and a server.

What drives the browser is imported by the tests that need it: the others run where it is not installed.
"""

import math
import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import streamlit as st
import torch
from hypothesis import settings

from ays_toy.data import datasets
from ays_toy.figures import plotted
from ays_toy.pricing.paths import PathGram
from ays_toy.ui import coming, compute

if TYPE_CHECKING:
    from chromium import Visit
    from playwright.sync_api import Browser, BrowserContext, Page

plotted.looked_at = True  # which costs a page most of its time
# A page without a browser has nothing that runs it again when its samples have come.
coming.BARE = compute.BUSY = math.inf
torch.set_num_threads(1)  # the tensors are small: waiting for a second thread costs more than it gives
settings.register_profile("tests", deadline=None, derandomize=True, database=None)
settings.load_profile("tests")

_sees_a_gpu = torch.cuda.is_available
_main = sys.modules["__main__"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests hold what they compute against the CPU, so they compute there too; `test_cuda` is what GPUs are for.

    A page that ran leaves itself as the program that runs, and every process that a later test starts begins by reading
    that file, which ends it: each test finds pytest there again, before its fixtures are made.
    """
    torch.cuda.is_available = _sees_a_gpu if item.path.stem == "test_cuda" else lambda: False
    sys.modules["__main__"] = _main


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Add to what a test in a browser failed of what its pages showed then."""
    report = yield
    if report.failed and report.when == "call" and item.get_closest_marker("browser"):
        from chromium import as_left

        report.sections.append(("pages as they were left", as_left()))
    return report


MseCurve = Callable[[np.ndarray], np.ndarray]


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(240414507)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(240414507)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kept models and points, jobs and cached results of this test alone."""
    from ays_toy.ui import background

    monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path))
    background.queue.cache_clear()
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., Any]]:
    """What calls a function in a thread of its own: in one that has driven a browser, no other event loop can run."""
    with ThreadPoolExecutor(1) as other:
        yield lambda function, *args, **kwargs: other.submit(function, *args, **kwargs).result()


@pytest.fixture(scope="session")
def gaussian_mse() -> MseCurve:
    """E||x0 - D||^2 of 2D Gaussian data of std 0.5."""
    return lambda t: 2 * 0.25 * t**2 / (0.25 + t**2)


@pytest.fixture(scope="session")
def grid_mse() -> MseCurve:
    """E||x0 - D||^2 of the data set grid-4x4, a product of two 1D mixtures: posterior variance by fine quadrature."""
    mixture = datasets.get("grid-4x4").mixture
    centers = np.unique(mixture.means[:, 0].round(12))
    assert len(centers) == 4
    std = mixture.stds[0]

    def one_dimension(t: float) -> float:
        variance = std**2 + t**2
        x, dx = np.linspace(-1 - 10 * np.sqrt(variance), 1 + 10 * np.sqrt(variance), 1501, retstep=True)
        joint = np.exp(-0.5 * (x[:, None] - centers) ** 2 / variance) / np.sqrt(2 * np.pi * variance) / 4
        density = joint.sum(axis=1)
        posterior = joint / np.maximum(density, 1e-300)[:, None]
        component_mean = (std**2 * x[:, None] + t**2 * centers) / variance
        spread = np.square(component_mean - (posterior * component_mean).sum(axis=1, keepdims=True))
        return float((density * ((posterior * spread).sum(axis=1) + std**2 * t**2 / variance)).sum() * dx)

    return np.vectorize(lambda t: 2 * one_dimension(float(t)), otypes=[float])


@pytest.fixture(scope="session")
def exact_gram() -> Callable[[np.ndarray, MseCurve], PathGram]:
    """The PathGram of infinitely many paths of an exact denoiser, from its mean squared error alone.

    D_k - D_j depends on noisy data only and x0 - D_j is orthogonal to all of that, so E<D_k - x0, D_j - x0> is the
    error at the lower of both levels, and E<D_k - x0, x0> = -mse_k.
    """

    def build(grid: np.ndarray, mse: MseCurve) -> PathGram:
        error = mse(grid)
        moments = np.empty((1, grid.size + 1, grid.size + 1))
        moments[0, :-1, :-1] = np.minimum(error[:, None], error)
        moments[0, :-1, -1] = moments[0, -1, :-1] = -error
        moments[0, -1, -1] = 0.5
        return PathGram(grid, moments, np.array([256]))

    return build


@pytest.fixture(scope="session")
def quadrature_klub() -> Callable[[np.ndarray, MseCurve, float], np.ndarray]:
    """Terms of sum_i integral t^-p (mse(t_i) - mse(t)) dt, the KLUB of an exact denoiser, by Gauss-Legendre."""

    def price(sigmas: np.ndarray, mse: MseCurve, power: float = 3.0) -> np.ndarray:
        nodes, weights = np.polynomial.legendre.leggauss(48)
        terms = []
        for upper, lower in pairwise(sigmas):
            width = np.log(upper / lower)
            t = lower * np.exp(width * (nodes + 1) / 2)
            terms.append((weights * width / 2 * t ** (1 - power) * (mse(np.array(upper)) - mse(t))).sum())
        return np.array(terms)

    return price


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One Chromium for all tests of this process, for those that want more than a window of a profile."""
    from chromium import PATIENCE, chromium
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    with chromium() as program:
        yield program


@pytest.fixture(scope="session")
def profile(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator["BrowserContext"]:
    """One for the first visits of all tests of this process; each has its own session, and finds nothing kept."""
    from chromium import profile

    with profile(browser, tmp_path_factory.mktemp("profile")) as kept:
        yield kept


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all tests of this process; those that keep models or stop it have one of their own."""
    from chromium import serving

    with serving(tmp_path_factory.mktemp("home")) as url:
        yield url


@pytest.fixture
def visits(browser: "Browser", profile: "BrowserContext") -> Iterator[Callable[..., Any]]:
    """What opens pages, a `Visit` of any kind and look each; after the test nothing has gone wrong on any of them."""
    from chromium import WINDOW, Visit

    with ExitStack() as closing:
        opened: list[Visit] = []

        def visit(kind: type[Visit] = Visit, **look: Any) -> Visit:
            alone = not opened and look.keys() <= WINDOW  # a second one is another person's, and shares nothing
            opened.append(kind(profile if alone else browser, **look))
            closing.callback(opened[-1].leave)
            return opened[-1]

        yield visit
        for one in opened:
            one.unharmed()


@pytest.fixture
def page(visits: Callable[..., "Visit"]) -> "Page":
    return visits().page
