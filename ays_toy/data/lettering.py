"""The letters A, Y, S over a line, as strokes: the finest lines among the data sets."""

from itertools import pairwise

import numpy as np


def _line(*corners: tuple[float, float]) -> np.ndarray:
    """A polyline through the corners [M, 2], its points evenly spaced at 0.002 so that mass follows length."""
    path = np.asarray(corners, dtype=np.float64)
    parts = []
    for start, end in pairwise(path):
        count = max(2, int(np.linalg.norm(end - start) / 0.002))
        parts.append(start + np.linspace(0, 1, count, endpoint=False)[:, None] * (end - start))
    return np.concatenate([*parts, path[-1:]])


def _arc(center: tuple[float, float], radius: float, start: float, end: float) -> np.ndarray:
    """Corners of a circular arc, angles in turns [M, 2]."""
    angle = 2 * np.pi * np.linspace(start, end, 60)
    return np.asarray(center) + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def letters() -> list[np.ndarray]:
    """The strokes [M, 2] of 'AYS' and the line under it, letters one unit tall."""
    s = np.concatenate([_arc((2.2, 0.75), 0.25, 0.08, 0.75), _arc((2.2, 0.25), 0.25, 0.25, -0.42)])
    return [
        _line((0.0, 0.0), (0.4, 1.0), (0.8, 0.0)),
        _line((0.14, 0.35), (0.66, 0.35)),
        _line((0.95, 1.0), (1.35, 0.5), (1.75, 1.0)),
        _line((1.35, 0.5), (1.35, 0.0)),
        _line(*map(tuple, s)),
        _line((-0.05, -0.3), (2.5, -0.3)),
    ]
