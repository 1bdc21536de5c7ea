"""Precision and recall of images in features: by the plain definition, with an error bar that is their scatter."""

import numpy as np
import pytest
import torch

from ays_toy.images.neighbors import Neighborhoods, share


def points(n: int, seed: int, spread: float = 1.0) -> torch.Tensor:
    return torch.as_tensor(spread * np.random.default_rng(seed).standard_normal((n, 3)), dtype=torch.float32)


def in_balls(these: np.ndarray, centers: np.ndarray) -> float:
    """The share of these points in the balls out to the third nearest neighbor, one by one."""
    radii = [np.sort(np.linalg.norm(centers - one, axis=1))[3] for one in centers]
    return float(np.mean([(np.linalg.norm(centers - one, axis=1) <= radii).any() for one in these]))


def test_they_are_shares_in_the_balls_of_the_other_set():
    reference, samples = points(150, 0), points(90, 1, spread=1.4)
    found = Neighborhoods.of(reference)
    plain = [part.double().numpy() for part in (samples, reference)]
    assert found.precision(samples).value == pytest.approx(in_balls(*plain))
    assert found.recall(samples).value == pytest.approx(in_balls(*plain[::-1]))


def test_the_error_bar_of_recall_leaves_out_one_block_at_a_time():
    reference, samples = points(60, 0), points(80, 1)
    blocks = np.array_split(np.arange(80), 20)
    left = [
        in_balls(reference.double().numpy(), np.delete(samples.double().numpy(), block, axis=0)) for block in blocks
    ]
    expected = np.sqrt(19 / 20 * np.square(left - np.mean(left)).sum())
    assert Neighborhoods.of(reference).recall(samples).stderr == pytest.approx(expected, rel=1e-4)


def test_narrow_samples_lose_recall_and_wide_ones_precision():
    found = Neighborhoods.of(points(1500, 0))
    same, narrow, wide = (points(800, 2, spread) for spread in (1.0, 0.4, 2.0))
    assert found.precision(same).value > 0.95
    assert found.recall(same).value > 0.9
    assert found.recall(narrow).value < 0.5 < 0.9 < found.precision(narrow).value
    assert found.precision(wide).value < 0.7


@pytest.mark.parametrize(("figure", "most"), [("precision", 1.3), ("recall", 2.5)])
def test_their_error_bars_are_no_less_than_the_scatter_over_samples(figure, most):
    judge = getattr(Neighborhoods.of(points(300, 0)), figure)
    estimates = [judge(points(200, seed, spread=1.2)) for seed in range(10, 60)]
    claimed = np.sqrt(np.mean([one.stderr**2 for one in estimates]))
    assert 0.75 < claimed / np.std([one.value for one in estimates], ddof=1) < most


def test_a_share_of_all_has_an_error_bar_too():
    assert share(torch.ones(100, dtype=torch.bool)).value == 1
    assert share(torch.ones(100, dtype=torch.bool)).stderr == pytest.approx(0.00705, rel=1e-2)
    assert share(torch.arange(4) < 1).stderr == pytest.approx((0.25 * 0.75 / 4) ** 0.5)
