"""Table 4 of the paper side by side with ours, as a document: docs/table4.md is made of the file of set-ups alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from math import hypot, sqrt
from typing import Any

import numpy as np

from ays_toy.estimates import Estimate
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.words import listed
from benchmarks.table4.fit import SAMPLES
from benchmarks.table4.printed import AXES, SLACK, STEPS, TABLE, THEIRS, Kind
from benchmarks.table4.setups import ENDINGS, Line, Setup

ROWS = {"edm": "EDM", "logsnr": "LogSNR", "ays": "AYS", "alone": "AYS, each n alone"}
NINE = 9  # numbers that the paper prints of a grid, before AYS is tried another way
WITHIN = 0.1, 0.3  # nats that a row may be off by, to be called explained, or nearly
HEAD = """# Table 4 of the paper beside ours

The paper prints the NLL of samples on three grids of equal modes, but neither the grids' spacing and std nor all of the
set-up (Sec. 5.1, App. C.2). So every set-up that it leaves open is tried here, {count} kinds: how a walk ends, which
density judges its samples, whether SDE-DPM-Solver++(2M) is of midpoint or Heun type and its last step of first order,
the range of noise, spacing and std by axis. In each kind the free numbers are fitted to the six of EDM and LogSNR.
**AYS is not fitted**: it is the paper's search from EDM with 10 steps, cut to 20 and 40 and resampled, at prices
without noise; beside it, the search for each number of steps alone. After which sweep it was stopped the paper does not
say: taken is the one whose NLL is nearest to the paper's, with hindsight.

Denoisers are exact, and NLLs are those of {samples:,} samples on even noise. *Off* is ours less the paper's; error bars
are both together, the paper's as of {theirs:,} samples. The misfit is the root mean square of the six in parts of
{slack} nats and {part:.0%} of what a number lies above the lowest.

    python -m benchmarks.paper table4     # ten minutes of one core; goes on where it was stopped
"""


@dataclass(frozen=True)
class Tried:
    """A set-up that was tried: its kind, and the NLLs of all rows, the sweeps after which AYS was stopped."""

    kind: Kind
    setup: Setup
    sweep: int
    sweeps: Sequence[int]  # of AYS for each number of steps alone
    nll: Sequence[Estimate]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Tried":
        """From a row of the file."""
        kind = Kind(**{field.name: row[field.name] for field in fields(Kind)})
        first, other = (Line(modes, *line) for modes, line in zip(TABLE[kind.grid].modes, row["lines"], strict=True))
        low, high = row["range"]
        setup = Setup((first, other), low, high, kind.ending, kind.first_order_end, kind.heun_type)
        return cls(kind, setup, row["sweep"], row["sweeps"], [Estimate(*pair) for pair in row["nll"]])

    @property
    def off(self) -> np.ndarray:
        """Ours less the paper's [12]: every row with 6, 8 and 10 steps."""
        return np.array([one.value for one in self.nll]) - self.printed

    @property
    def printed(self) -> np.ndarray:
        """The paper's numbers [12], AYS's twice."""
        table = TABLE[self.kind.grid]
        return np.array([*table.fitted, *table.ays, *table.ays])

    @property
    def whole(self) -> float:
        """How far the nine numbers are off at most, AYS in the way that is nearer."""
        return max(self.farthest("edm"), self.farthest("logsnr"), min(self.farthest("ays"), self.farthest("alone")))

    @property
    def bars(self) -> np.ndarray:
        """Error bars of that [12], the paper's own as if it had drawn so many samples."""
        return np.array([hypot(one.stderr, one.stderr * sqrt(SAMPLES / THEIRS)) for one in self.nll])

    @property
    def misfit(self) -> float:
        """The root mean square of what is fitted, over its slack."""
        return float(np.sqrt(np.square(self.off[:6] / TABLE[self.kind.grid].slack).mean()))

    def farthest(self, row: str) -> float:
        """How far a row is off at most, in nats."""
        return float(np.abs(self.off[_places(row)]).max())


def _places(row: str) -> slice:
    first = 3 * list(ROWS).index(row)
    return slice(first, first + 3)


def written(rows: Iterable[Mapping[str, Any]]) -> str:
    """The document."""
    tried = [Tried.of(row) for row in rows]
    said = {"count": len(tried), "samples": SAMPLES, "theirs": THEIRS, "slack": SLACK[0], "part": SLACK[1]}
    parts = [HEAD.format(**said), "## How far each row is explained\n", *explained(tried)]
    for grid, own in by_grid(tried).items():
        parts.append(f"\n## {grid}, {SOLVERS[TABLE[grid].solver].title}\n")
        for words, one in telling(own).items():
            parts += side_by_side(one, words)
    parts += ["\n## All set-ups, the best first\n", *listing(tried)]
    return "\n".join(parts) + "\n"


def explained(tried: Sequence[Tried]) -> Iterator[str]:
    """How near set-ups come to each row: the best by misfit, the one nearest to all rows at once, and how many."""
    yield "How far the three numbers of a row are off at most, in nats; last, in how many set-ups they are all within"
    yield f"{WITHIN[1]} nats:\n"
    yield "| grid | row | best, usual range | best, any range | nearest to all nine | nearest to this row | set-ups |"
    yield "|---|---|---|---|---|---|---|"
    for grid, own in by_grid(tried).items():
        usual = [one for one in own if not one.kind.free_range]
        chosen = [_best(usual), _best(own), min(own, key=lambda one: one.whole)]
        for row, title in ROWS.items():
            far = sorted(one.farthest(row) for one in own)
            cells = (f"{value:.2f}{_mark(value)}" for value in (*(one.farthest(row) for one in chosen), far[0]))
            near = sum(value <= WITHIN[1] for value in far)
            yield f"| {grid} | {title} | {' | '.join(cells)} | {near} of {len(own)} |"
    yield f"\n✓: within {WITHIN[0]} nats; (✓): within {WITHIN[1]}.\n"
    yield from conclusions(tried)


def by_grid(tried: Iterable[Tried]) -> dict[str, list[Tried]]:
    """What was tried, grid by grid; those of which nothing is known are left out."""
    found = {grid: [one for one in tried if one.kind.grid == grid] for grid in TABLE}
    return {grid: own for grid, own in found.items() if own}


def telling(own: Sequence[Tried]) -> dict[str, Tried]:
    """The set-ups of a grid that are shown in full, each once, by what they are."""
    usual = [one for one in own if not one.kind.free_range]
    every = {
        "The best over the usual range": _best(usual),
        "The best of any range": _best(own),
        "The nearest to all nine numbers, AYS in either way": min(own, key=lambda one: one.whole),
    }
    return {words: one for k, (words, one) in enumerate(every.items()) if one not in list(every.values())[:k]}


def _best(tried: Iterable[Tried]) -> Tried:
    return min(tried, key=lambda one: one.misfit)


def _mark(far: float) -> str:
    return " ✓" if far <= WITHIN[0] else " (✓)" if far <= WITHIN[1] else ""


def conclusions(tried: Sequence[Tried]) -> Iterator[str]:
    """What was seen, in sentences that are counted out."""
    for grid, own in by_grid(tried).items():
        best = _best(one for one in own if not one.kind.free_range)
        counts = [_counted(best, row) for row in ("edm", "logsnr", "ays")]
        exact = int((np.abs(best.off) <= 2 * best.bars)[:NINE].sum())
        whole = min(one.whole for one in own)
        yield (
            f"- **{grid}.** Over the usual range the best set-up has {', '.join(counts)} within {WITHIN[1]} nats; "
            f"{exact} of nine within two error bars. No set-up has all nine nearer than {whole:.2f} nats, "
            "AYS in either way. "
            f"{_freed(own, best)}"
        )
    firsts = {grid: _best(own).setup for grid, own in by_grid(tried).items()}
    said = listed([f"{setup.std:.2f} under σ_max {setup.high:.2g} ({grid})" for grid, setup in firsts.items()])
    yield f"- Where the range is free, what fits best has an overall std of {said}."


def _counted(one: Tried, row: str) -> str:
    return f"{int((np.abs(one.off[_places(row)]) <= WITHIN[1]).sum())} of {ROWS[row]}'s three"


def _freed(own: Sequence[Tried], best: Tried) -> str:
    """What a free range gains, and whether AYS follows there."""
    free = _best(one for one in own if one.kind.free_range) if any(one.kind.free_range for one in own) else best
    if free.misfit >= best.misfit:
        return "A range of its own fits no better."
    low, high = free.setup.low, free.setup.high
    return (
        f"A range of its own, {low:.2g} to {high:.3g}, brings the misfit from {best.misfit:.1f} to {free.misfit:.1f} "
        f"with {free.kind.free} free numbers for six; AYS is then off by up to {free.farthest('ays'):.2f} nats, where "
        f"it was {best.farthest('ays'):.2f}."
    )


def side_by_side(one: Tried, words: str) -> Iterator[str]:
    """The three rows of a grid, the paper's numbers and ours."""
    yield f"{words}: {described(one)}. Misfit {one.misfit:.2f}.\n"
    yield "| schedule | " + " | ".join(f"{n} steps: paper, ours, off by (error bars)" for n in STEPS) + " |"
    yield "|---|---|---|---|"
    stops = {"ays": f", sweep {one.sweep}", "alone": f", sweeps {listed([str(sweep) for sweep in one.sweeps])}"}
    for row, title in ROWS.items():
        cells = [
            f"{one.printed[k]:.3f}, {one.nll[k]}, {one.off[k]:+.2f} ({abs(one.off[k]) / one.bars[k]:.0f})"
            for k in range(len(one.nll))[_places(row)]
        ]
        yield f"| {title}{stops.get(row, '')} | {' | '.join(cells)} |"
    yield ""


def described(one: Tried) -> str:
    """A set-up in words."""
    (first, other), kind = one.setup.lines, one.kind
    size = f"spacing {first.spacing:g}, std {first.std:g}"
    if first.spacing != other.spacing or first.std != other.std:
        size += f" along {first.modes} modes, spacing {other.spacing:g}, std {other.std:g} along {other.modes}"
    last = "; last step of first order" * kind.first_order_end + "; solver of Heun type" * kind.heun_type
    return (
        f"{size}, overall std {one.setup.std:.3f}; σ from {one.setup.low:g} to {one.setup.high:g}; "
        f"{ENDINGS[kind.ending].title}{last}"
    )


def listing(tried: Sequence[Tried]) -> Iterator[str]:
    """A table of all set-ups: what they are, and how far each row is off."""
    yield from (f"- *{name}*: {words}" for name, words in AXES.items())
    yield from (f"- *{name}*: {ending.title}" for name, ending in ENDINGS.items())
    yield "\nRows of the table are off by so many nats, as root mean squares.\n"
    titles = (
        "grid",
        "ending",
        "last step",
        "type",
        "axes",
        "σ_min",
        "σ_max",
        "spacing",
        "std",
        "overall std",
        "misfit",
    )
    yield f"| {' | '.join((*titles, *ROWS.values(), 'sweep'))} |"
    yield "|" + "---|" * (len(titles) + len(ROWS) + 1)
    for one in (one for own in by_grid(tried).values() for one in sorted(own, key=lambda one: one.misfit)):
        (first, other), kind = one.setup.lines, one.kind
        sizes = [_both(getattr(first, part), getattr(other, part)) for part in ("spacing", "std")]
        off = (f"{np.sqrt(np.square(one.off[_places(row)]).mean()):.2f}" for row in ROWS)
        cells = (
            *(kind.grid, kind.ending, "first order" * kind.first_order_end, "Heun" * kind.heun_type, kind.axes),
            *(f"{one.setup.low:g}", f"{one.setup.high:g}", *sizes, f"{one.setup.std:.3f}", f"{one.misfit:.2f}"),
        )
        yield f"| {' | '.join((*cells, *off, str(one.sweep)))} |"


def _both(first: float, other: float) -> str:
    return f"{first:g}" if first == other else f"{first:g}, {other:g}"
