"""What a page knows of what it shows: the live state from which a lesson computes the answers to its questions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ays_toy.estimates import Estimate, Measured
from ays_toy.pricing.paths import PathGram
from ays_toy.runs.comparison import Model
from ays_toy.runs.live_search import SearchState


@dataclass(frozen=True, eq=False)
class Facts:
    """What is on the screen. A page fills in what it has; the rest stays empty."""

    state: Any  # the page's view: a frozen dataclass whose fields the address holds
    rows: Mapping[str, Measured] = field(default_factory=dict)  # schedules, by the names of `names.py`
    fresh: Mapping[str, Estimate] = field(default_factory=dict)  # metrics of fresh data, what a perfect sampler scores
    model: Model | None = None  # in 2D; None for images
    gram: PathGram | None = None  # prices every schedule of the model
    search: SearchState | None = None  # as far as it has come
    figure: str = "energy"  # the name of what the page judges by

    def score(self, name: str) -> Estimate:
        """What the page judges the samples of a schedule by."""
        return self.rows[name].metrics[self.figure]

    def klub(self, name: str) -> float:
        """The KLUB of a schedule in nats."""
        price = self.rows[name].klub
        assert price is not None
        return price.value
