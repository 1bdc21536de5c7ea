"""The two ways to run, said in one place: on one's own machine, where all is open, or shared with strangers.

`AYS_SHARED=1` makes a server shared: nothing is read from a path that a visitor names, image models are the bundled
ones and those that `AYS_MODELS` lists (names on the hub, between commas), and what is kept belongs to a nickname.
"""

import os
import re
from dataclasses import dataclass
from functools import lru_cache

from ays_toy.bundled import BUNDLED
from ays_toy.checks import quoted

SHARED, MODELS = "AYS_SHARED", "AYS_MODELS"  # the environment's
HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)
NO_PATHS = (
    "This server is shared and reads nothing from paths that visitors name: run the explorer on your own machine for "
    "that."
)


@dataclass(frozen=True)
class Serving:
    """How this process runs: shared or not, and which models of the hub its visitors may load."""

    shared: bool = False
    models: tuple[str, ...] = ()

    @property
    def offered(self) -> tuple[str, ...]:
        """The image models that visitors of a shared server may load."""
        return *BUNDLED, *self.models

    def check_model(self, name: str) -> None:
        """ValueError, the same for every other text, unless visitors may load that model; no path is looked at."""
        if self.shared and name not in self.offered:
            known = ", ".join(self.offered)
            raise ValueError(f"This server is shared and loads only these models: {known}.")

    def check_path(self) -> None:
        """ValueError, always the same, where nothing is read from a path; it is not looked at."""
        if self.shared:
            raise ValueError(NO_PATHS)


def current() -> Serving:
    """What the environment says; ValueError where that cannot be meant."""
    return _read(os.environ.get(SHARED, ""), os.environ.get(MODELS, ""))


@lru_cache(maxsize=8)
def _read(shared: str, models: str) -> Serving:
    if shared.strip() not in ("", "0", "1"):
        raise ValueError(f"{SHARED} must be 1 for a shared server, or 0, not {quoted(shared)}.")
    names = tuple(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))
    for name in names:
        if not HUB_NAME.fullmatch(name):
            raise ValueError(f"{MODELS} must list names on the hub such as owner/model, not {quoted(name)}.")
    return Serving(shared.strip() == "1", names)
