"""The examples in the docstrings of what notebooks call: each runs as it is printed, and every module has some."""

import doctest
import importlib
import json

import numpy as np
import pytest
import torch

import ays_toy
from ays_toy import images, metrics, optimize

NAMES = {name: getattr(ays_toy, name) for name in ays_toy.__all__ if not name.startswith("__")}
NAMES |= {"images": images, "metrics": metrics, "optimize": optimize}
IMPORTED = {"json": json, "np": np, "torch": torch}  # besides, as the API page says


def modules() -> list[str]:
    """Where the public names are defined: a package's own are in its modules."""
    found = {module.__name__ for module in NAMES.values()}
    for package in (images, metrics, optimize):
        found |= {one.__module__ for name in package.__all__ if hasattr(one := getattr(package, name), "__module__")}
    return sorted(name for name in found if name.startswith("ays_toy."))


EXAMPLES = [
    test
    for name in modules()
    for test in doctest.DocTestFinder(recurse=True).find(importlib.import_module(name), globs=NAMES | IMPORTED)
    if test.examples
]


@pytest.mark.parametrize("test", EXAMPLES, ids=lambda test: test.name.removeprefix("ays_toy."))
def test_an_example_gives_what_it_says(test: doctest.DocTest) -> None:
    said: list[str] = []
    doctest.DocTestRunner().run(test, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_module_has_an_example(name: str) -> None:
    inside = f"{NAMES[name].__name__}."
    public = [getattr(NAMES[name], one) for one in getattr(NAMES[name], "__all__", ())]
    homes = {
        f"{one.__module__}.{one.__name__}" for one in public if hasattr(one, "__module__") and hasattr(one, "__name__")
    }
    assert [test for test in EXAMPLES if test.name.startswith(inside) or test.name in homes]
