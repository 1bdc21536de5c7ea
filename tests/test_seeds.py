"""All seeds stand in one file, and what finds a schedule never meets what reports on it."""

import ast
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

import ays_toy
from ays_toy import seeds
from ays_toy.images import collect
from ays_toy.images.config import ImageConfig
from ays_toy.images.optimizing import Search
from ays_toy.ui import view
from benchmarks import cells

PAGES = set(seeds.PAGES)
USED = {
    "pages": PAGES,
    "search": {seeds.SEARCH},
    "ode pass": {seeds.ODE_PASS},
    "law": {seeds.LAW},
    "rival": {seeds.RIVAL},
    "score": {seeds.SCORE, seeds.SCORE + 1},
    "choice": {seeds.CHOICE},
    "reference": {seeds.REFERENCE},
    "report": {seeds.REPORT},
    "fresh data": {seeds.FRESH_DATA + page for page in PAGES},
    "evidence": set(range(seeds.EVIDENCE, seeds.EVIDENCE + 1 + cells.SEEDS)),
    "exhibits": set(range(seeds.EXHIBITS, seeds.EXHIBITS + 3)),
    "excess": {seeds.EXCESS},
    "calibration": {seeds.CALIBRATION},
    "arrows": {seeds.ARROWS},
}
OF_IMAGES = {
    "pages": PAGES,
    "ode pass": {seeds.IMAGE_ODE_PASS},
    "search": set(range(seeds.IMAGE_SEARCH, seeds.IMAGE_SEARCH + 6)),
    "report": {seeds.IMAGE_REPORT + page for page in PAGES},
    "own images": {seeds.OWN_IMAGES + page for page in PAGES},
    "reference": {seeds.IMAGE_REFERENCE},
}
NO_RESULTS = {  # noise that only tells whether, or how fast, something runs
    "exchange/diffusers_check.py",
    "images/collect.py",
    "images/live.py",
    "images/pipelines/trial.py",
}
SPLITS = {"images/labeled.py"}  # the order of the images that ship, of which the model has seen four fifths


@pytest.mark.parametrize("used", [USED, OF_IMAGES], ids=["2D", "images"])
def test_no_two_uses_of_a_seed_meet(used: dict[str, set[int]]) -> None:
    for (one, first), (other, second) in combinations(used.items(), 2):
        assert not first & second, (one, other)


def test_the_seeds_are_those_that_pages_and_runs_take() -> None:
    assert seeds.PAGES[-1] == view.MAX_SEED
    assert Search().seed == seeds.IMAGE_SEARCH
    assert {ImageConfig(seed=page).fresh_seed for page in (0, 9999)} <= OF_IMAGES["report"]


def test_what_image_models_make_of_their_seeds_meets_nowhere_either() -> None:
    """Images are drawn from generators seeded by (seed, chunk), passes by (seed, batch) in 63 bits."""
    some = {name: list(used)[:50] for name, used in OF_IMAGES.items()}
    begun = product((seed for used in some.values() for seed in used), (0, 1))
    words = [np.random.SeedSequence(one).generate_state(1)[0] for one in begun]
    passes = [collect.batch_seed(seed, k) for seed in some["pages"] for k in range(64)]
    made = [int(word) for word in words] + passes
    assert len(set(made)) == len(made)


def test_every_other_file_takes_its_seeds_from_there() -> None:
    root, found = Path(ays_toy.__file__).parent, set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            written = called in ("manual_seed", "default_rng") and isinstance(node.args[0], ast.Constant)
            named = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and "SEED" in node.id.split("_")
            if written or (named and node.id != "MAX_SEED"):
                found.add(path.relative_to(root).as_posix())
    assert found == NO_RESULTS | SPLITS
