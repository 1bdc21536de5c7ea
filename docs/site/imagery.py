"""What ships of the image models, case by case: the choice, the best baseline, AYS as published, the KLUB optimum."""

import math
from collections.abc import Iterator, Mapping

from ays_toy import bundled, names
from ays_toy.estimates import Estimate
from ays_toy.images import results
from ays_toy.images.scores import FIGURES
from ays_toy.runs import verdicts
from ays_toy.sampling.solvers import find
from ays_toy.words import listed

FIGURE = "frechet"
OURS = ("choice", "ays", "klub-optimum")  # held against the best baseline of each case


def imagery() -> str:
    """A section for every image model that ships: what was measured, what that comes to, and all cases."""
    return "\n\n".join(_model(name, one.title) for name, one in bundled.BUNDLED.items())


def _model(name: str, title: str) -> str:
    ours = results.of(name)
    cases = {key: {which: row.metrics[FIGURE] for which, row in ours.cells[key].items()} for key in sorted(ours.cells)}
    floor = listed([f"{what} {figures[FIGURE]}" for what, figures in ours.floor.items()])
    about = (
        f"{FIGURES[FIGURE].title}, lower is better, of {ours.samples:,} samples each, from seeds that no search used, "
        f"in {len(cases)} cases. Which of six baselines is best is seen on the same samples, which flatters that one. "
        f"The network drew them in {ours.dtype}. What nobody could do much better than: {floor}."
    )
    said = [f"- {sentence}" for which in OURS if (sentence := _standing(which, cases))]
    return "\n\n".join([f"### {title}", about, "\n".join(said), "\n".join(_table(cases))])


def _standing(name: str, cases: Mapping[tuple[str, int], Mapping[str, Estimate]]) -> str:
    """How a schedule stands to the best baseline of each case: their ratio, and where they can be told apart."""
    pairs = [(one[name], one[_best(one)]) for one in cases.values() if name in one]
    if not pairs:
        return ""
    logs = [math.log(theirs.value / ours.value) for ours, theirs in pairs]
    spread = sum((one.stderr / one.value) ** 2 for pair in pairs for one in pair)
    gain = math.exp(sum(logs) / len(logs))
    ratio = Estimate(gain, gain * math.sqrt(spread) / len(logs))
    better = sum(theirs.exceeds(ours) for ours, theirs in pairs)
    worse = sum(ours.exceeds(theirs) for ours, theirs in pairs)
    return (
        f"**{names.title(name)}:** the figure of the best baseline is {ratio} times its own in the geometric "
        f"mean; by more than two standard errors it is better in {better} of {len(pairs)} cases, worse in {worse}."
    )


def _best(case: Mapping[str, Estimate]) -> str:
    best = verdicts.best_baseline(FIGURES[FIGURE], case)
    assert best is not None, "every case has all six"
    return best


def _table(cases: Mapping[tuple[str, int], Mapping[str, Estimate]]) -> Iterator[str]:
    others = [which for which in OURS[1:] if any(which in case for case in cases.values())]
    heads = ["Solver", "Steps", names.title("choice"), "Best baseline", *map(names.title, others)]
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for (solver, steps), case in cases.items():
        best = _best(case)
        beside = [str(case.get(which, "–")) for which in others]
        cells = [find(solver).title, str(steps), str(case["choice"]), f"{case[best]} {names.title(best)}", *beside]
        yield f"| {' | '.join(cells)} |"
