"""What a learner drew before something was revealed, held against it: the distance as a number, and in a sentence."""

from typing import Any

import numpy as np

from ays_toy import checks
from ays_toy.lessons.lesson import Axis, Prediction

LEANS = 0.5  # share of the distance from which it is said to lie to one side


def whole(axis: Axis) -> bool:
    """Whether places on the axis are whole numbers, such as sweeps."""
    return not axis.log and float(axis.start).is_integer() and float(axis.end).is_integer()


def places(asked: Prediction) -> np.ndarray:
    """Where along x a curve has its points [marks], spread evenly on the axis."""
    spread = np.geomspace if asked.x.log else np.linspace
    return np.asarray(spread(asked.x.start, asked.x.end, asked.marks))


def measured_along(asked: Prediction) -> Axis:
    """The axis on which drawing and truth are apart: y for a curve, else x."""
    return asked.y if asked.kind == "curve" and asked.y else asked.x


def check(asked: Prediction, values: Any) -> np.ndarray:
    """A drawing as an array [marks], marks in the order of the axis; ValueError where it is none."""
    axis = measured_along(asked)
    low, high = sorted((axis.start, axis.end))
    if not isinstance(values, list | tuple | np.ndarray) or len(values) != asked.marks:
        raise ValueError(f"The drawing must have {asked.marks} marks, not {checks.quoted(values)}.")
    return _ordered(
        asked, np.array([checks.real_number(value, f"A mark on {axis.title}", low, high) for value in values])
    )


def _ordered(asked: Prediction, values: np.ndarray) -> np.ndarray:
    """Marks in the order of their axis; points of a curve have theirs already."""
    if asked.kind == "curve":
        return values
    return np.sort(values)[:: 1 if asked.x.end > asked.x.start else -1]


def revealed(asked: Prediction, truth: np.ndarray) -> np.ndarray:
    """What is revealed [marks], in the order of the axis and, as nobody can draw beyond it, at its end where it is.

    ValueError unless there is one finite number for every mark.
    """
    axis, values = measured_along(asked), np.asarray(truth, dtype=np.float64)
    low, high = sorted((axis.start, axis.end))
    if values.shape != (asked.marks,) or not np.isfinite(values).all():
        raise ValueError(f"What is revealed must be {asked.marks} numbers, not {checks.quoted(values.tolist())}.")
    return _ordered(asked, np.clip(values, low, high))


def _apart(asked: Prediction, drawn: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """How much higher each mark [marks] was drawn than it is: in decades on a logarithmic axis."""
    here, there = _ordered(asked, drawn), revealed(asked, truth)
    return np.log10(here / there) if measured_along(asked).log else here - there


def distance(asked: Prediction, drawn: np.ndarray, truth: np.ndarray) -> float:
    """The root mean square of how far the marks [marks] are from the true ones.

    In decades on a logarithmic axis, else in the axis's own unit. Levels are compared in their order; what lies beyond
    the axis counts as at its end.
    """
    return float(np.sqrt(np.mean(np.square(_apart(asked, drawn, truth)))))


def distance_words(asked: Prediction, drawn: np.ndarray, truth: np.ndarray) -> str:
    """The distance with its unit: '0.31 decades (root mean square)', '3 sweeps'."""
    axis, apart = measured_along(asked), distance(asked, drawn, truth)
    how = " (root mean square)" if asked.marks > 1 else ""
    if axis.log:
        return f"{apart:.2f} decades{how}"
    if asked.kind == "curve":
        return f"{apart:.3g}{how}"  # in the unit that its axis says
    return f"{apart:.3g} {_name(axis)}{'' if apart == 1 else 's'}{how}"


def _name(axis: Axis) -> str:
    """The axis's title without what stands in brackets."""
    return axis.title.split(" (")[0]


def close(asked: Prediction, drawn: np.ndarray, truth: np.ndarray) -> bool:
    """Whether the drawing is near enough to count as right."""
    return distance(asked, drawn, truth) <= asked.near


def sentence(asked: Prediction, drawn: np.ndarray, truth: np.ndarray) -> str:
    """The distance in words: how far off on average, and to which side."""
    if asked.kind == "stop":
        return _stopped(asked, float(drawn[0]), float(revealed(asked, truth)[0]))
    apart, differences = distance(asked, drawn, truth), _apart(asked, drawn, truth)
    what = "curve" if asked.kind == "curve" else "marks"
    if apart == 0:
        return f"Your {what} {'is' if what == 'curve' else 'are'} exactly right."
    mean = float(differences.mean())
    side = "" if abs(mean) < LEANS * apart else f", mostly too {'high' if mean > 0 else 'low'}"
    verb = "lies" if what == "curve" else "lie"
    if measured_along(asked).log:
        return f"Your {what} {verb} {apart:.2f} decades off, a factor of {10**apart:.2g}{side}."
    return f"Your {what} {verb} {apart:.3g} off{side}."


def _stopped(asked: Prediction, drawn: float, truth: float) -> str:
    name = _name(asked.x)
    if drawn == truth:
        return f"You marked {name} {drawn:g}, and so it is."
    side = "late" if (drawn > truth) == (asked.x.end > asked.x.start) else "early"
    apart = f"a factor of {10 ** distance(asked, np.array([drawn]), np.array([truth])):.2g}" if asked.x.log else ""
    return f"You marked {name} {drawn:g}; it is {truth:g}: {apart or f'{abs(drawn - truth):g}'} too {side}."
