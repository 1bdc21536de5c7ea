"""The image models that ship, an entry each: what they are called, and what they are told unless somebody says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bundled:
    """A model that ships, by its title; `labels` are what it draws by turns where it can be told."""

    title: str
    batch: int  # images that go through it at once, more of which gain nothing on a CPU
    labels: tuple[int, ...] = ()
    guidance: float | None = None  # where it can be told, 1 being none


BUNDLED = {
    "digits": Bundled("Handwritten digits, 8×8", 256),
    "handwritten": Bundled("Handwritten digits, 28×28", 64, tuple(range(10)), 1.0),
}
SMALLEST = "digits"  # what is found and drawn in a moment, and measured at every number of steps


def own_guidance(name: str, guidance: float | None) -> float | None:
    """None for the guidance that a model of that name has anyway, else the guidance itself."""
    return None if name in BUNDLED and guidance == BUNDLED[name].guidance else guidance
