"""Points that are held in memory until the server ends: what was uploaded, or is too much for a link, and not kept.

Their name is their content's digest, so that whoever has the same points has the same name, and nobody else has it.
"""

import hashlib
import threading
from collections import OrderedDict
from typing import Any

import numpy as np

from ays_toy.data.datasets import Dataset, from_points

MOST = 64  # sets of points, the latest used; 20 MB if all are as large as can be
_held: OrderedDict[str, Dataset] = OrderedDict()
_lock = threading.Lock()


def hold_points(points: Any, title: str, prefix: str = "") -> str:
    """Hold points [N, 2] -> their name, which is the prefix and a digest; ValueError as `datasets.from_points`."""
    array = np.ascontiguousarray(points, dtype=np.float64)
    name = prefix + hashlib.blake2s(array.tobytes() + title.encode(), digest_size=12).hexdigest()
    _put(name, from_points(array, name, title))
    return name


def _put(name: str, data: Dataset) -> None:
    with _lock:
        _held[name] = data
        _held.move_to_end(name)
        while len(_held) > MOST:
            _held.popitem(last=False)


def find(name: str) -> Dataset:
    """The points held by that name; ValueError where there are none, or none any more."""
    with _lock:
        if name in _held:
            _held.move_to_end(name)
            return _held[name]
    raise ValueError(
        "These points were held for a while only and are gone: add them again under “Your data”, and keep them under "
        "a name."
    )


class CarriesData:
    """A configuration with the name of its data: where these are held, they go with it to another process."""

    data: str

    def __getstate__(self) -> dict[str, Any]:
        with _lock:
            held = _held.get(self.data)
        return vars(self) | {"held": held}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if held := state.pop("held"):
            _put(held.name, held)
        vars(self).update(state)
