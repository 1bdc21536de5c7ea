"""On which side of a point its name goes, so that names lie neither over each other nor over other points."""

from collections.abc import Sequence

import numpy as np

SMALLEST = (270.0, 277.0)  # pixels between the axes, where a figure has half of a narrow page
LETTER, LINE, MARK, GAP = 4.7, 10.0, 11.0, 8.0  # pixels of a letter, a line and a mark, and from its middle to a word
SIDES = {  # from the point's middle, in x and y
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top center": (0, 1),
    "bottom center": (0, -1),
    "top right": (1, 1),
    "bottom right": (1, -1),
    "top left": (-1, 1),
    "bottom left": (-1, -1),
}
SWEEPS = 8  # over all names, after which some still lie on others because there is no room


def sides(points: np.ndarray, words: Sequence[str], size: tuple[float, float] = SMALLEST) -> list[str]:
    """Plotly's text position for the word of each point [N, 2], in shares of a picture of that size, in pixels.

    Each word goes where the least of it is covered, by the others as they lie or by marks, or lies outside; the right
    side is preferred. In a larger picture there is more room, so that what is apart in the smallest one stays so.
    """
    middles = np.asarray(points, dtype=np.float64) * size
    marks = np.concatenate([middles - MARK / 2, middles + MARK / 2], axis=1)
    candidates = [boxes(middle, LETTER * len(word)) for middle, word in zip(middles, words, strict=True)]
    chosen = np.zeros(len(words), dtype=int)
    for _ in range(SWEEPS):
        before = chosen.copy()
        for one, lie in enumerate(candidates):
            others = [candidates[other][chosen[other]] for other in range(len(words)) if other != one]
            lost = covered(lie, np.array([*others, *np.delete(marks, one, axis=0)]).reshape(-1, 4))
            chosen[one] = np.argmin(lost + _outside(lie, size))
        if (chosen == before).all():
            break
    return [list(SIDES)[side] for side in chosen]


def boxes(middle: np.ndarray, width: float) -> np.ndarray:
    """Where a word of that width would lie on each side of a point: left, lower, right and upper end [sides, 4]."""
    half = np.array([width, LINE]) / 2
    center = middle + np.array(list(SIDES.values())) * (half + np.array([GAP, MARK / 2]))
    return np.concatenate([center - half, center + half], axis=1)


def covered(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How much of each box [N, 4] the others [M, 4] cover together, in square pixels [N]."""
    low, high = np.maximum(some[:, None, :2], others[:, :2]), np.minimum(some[:, None, 2:], others[:, 2:])
    area: np.ndarray = np.clip(high - low, 0.0, None).prod(axis=-1).sum(axis=-1)
    return area


def _outside(lie: np.ndarray, size: tuple[float, float]) -> np.ndarray:
    inside = covered(lie, np.array([[0.0, 0.0, *size]]))
    area: np.ndarray = (lie[:, 2:] - lie[:, :2]).prod(axis=-1) - inside
    return area
