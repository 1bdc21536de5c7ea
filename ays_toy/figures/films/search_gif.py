"""The paper's search as a GIF."""

import numpy as np

from ays_toy.figures.films.gif import WIDTH, Canvas, encoded
from ays_toy.figures.films.search import Curve, SearchFilm
from ays_toy.figures.printed import LINES, PAPER
from ays_toy.palette import REFERENCE, STYLES

HEIGHT = 430  # pixels
LEVELS = (36, 62, 440, 372)  # left, top, right and bottom of the figure of levels, and of both curves
CURVES = ((515, 62, 785, 190), (515, 244, 785, 372))
FAINT = "#EBB893"  # the search's color on paper, faint


def search_gif(film: SearchFilm) -> bytes:
    """Levels sweep by sweep beside KLUB and the score, the sweep and what it came to on top."""
    shown = film.shown
    colors = [STYLES["ays"].color, STYLES[film.start.name].color, FAINT]
    if film.optimum is not None:
        colors.append(STYLES[film.optimum.name].color)

    def draw(frame: int) -> Canvas:
        canvas = Canvas(WIDTH, HEIGHT)
        canvas.text(WIDTH / 2, 18, film.label(shown[frame]), 14, anchor="mm")
        _levels(canvas, film, shown[frame])
        for place, curve in zip(CURVES, film.curves(), strict=True):
            _curve(canvas, place, curve, shown[frame], film.stop)
        return canvas

    return encoded(draw, len(shown), colors)


def _levels(canvas: Canvas, film: SearchFilm, sweep: int) -> None:
    left, top, right, bottom = LEVELS
    color, last = STYLES["ays"].color, len(film.sweeps) - 1
    high, low = np.log(film.start.sigmas[0]), np.log(film.start.sigmas[-1])

    def x(sigmas: np.ndarray) -> np.ndarray:
        return left + 12 + (high - np.log(sigmas)) / (high - low) * (right - left - 24)

    def y(k: float) -> float:
        return top + 12 + k / max(1, last) * (bottom - top - 24)

    for decade in range(int(np.ceil(low / np.log(10))), int(np.floor(high / np.log(10))) + 1):
        at = float(x(np.array(10.0**decade)))
        canvas.lines(np.array([[at, top], [at, bottom]]), LINES)
        canvas.text(at, bottom + 11, f"{10.0**decade:g}", 11, anchor="mm")
    canvas.text((left + right) / 2, bottom + 29, "noise level sigma (sampling runs left to right)", 12, anchor="mm")
    canvas.text(
        (left + right) / 2, top - 14, f"Levels of {film.sweeps[0].sigmas.size - 1} steps, by sweep", 13, anchor="mm"
    )
    for k in {0, film.stop or 0, last}:
        canvas.text(left - 5, y(k), str(k), 11, anchor="rm")
    levels = np.stack([one.sigmas for one in film.sweeps])
    down = np.array([y(k) for k in range(last + 1)])
    for way in levels.T:
        canvas.lines(np.column_stack([x(way), down]), FAINT)
        canvas.lines(np.column_stack([x(way[: sweep + 1]), down[: sweep + 1]]), color, 1.6)
    if film.stop is not None:
        canvas.lines(np.array([[left, y(film.stop)], [right, y(film.stop)]]), REFERENCE)
    ends = [(film.start, 0), *([(film.optimum, last)] if film.optimum else [])]
    for one, k in ends:
        canvas.dots(np.column_stack([x(one.sigmas), np.full(one.sigmas.size, y(k))]), 3.5, STYLES[one.name].color)
    now = x(film.sweeps[sweep].sigmas)
    canvas.dots(np.column_stack([now, np.full(now.size, y(sweep))]), 4.5, color, PAPER)
    canvas.box(left, top, right, bottom, REFERENCE)
    names = [(f"dots on top: {film.start.title}", film.start.name)]
    if film.optimum is not None:
        names.append((f"at the bottom: {film.optimum.title}", film.optimum.name))
    for (words, name), at, anchor in zip(names, (left, right), ("lm", "rm"), strict=False):
        canvas.text(at, HEIGHT - 10, words, 12, STYLES[name].color, anchor)


def _curve(canvas: Canvas, place: tuple[int, int, int, int], curve: Curve, sweep: int, stop: int | None) -> None:
    left, top, right, bottom = place
    known, last = curve.known(), max(1, len(curve.values) - 1)
    canvas.text((left + right) / 2, top - 14, curve.title, 13, anchor="mm")
    canvas.text((left + right) / 2, bottom + 11, "sweep", 12, anchor="mm")
    canvas.box(left, top, right, bottom, REFERENCE)
    if not known:
        return
    low, high = curve.reach()

    def x(k: float) -> float:
        return left + 10 + k / last * (right - left - 20)

    def y(value: float) -> float:
        at = float(np.log10(value)) if curve.log else value
        return bottom - (at - low) / (high - low) * (bottom - top)

    for one in (min, max):
        value = one(each.value for _, each in known)
        canvas.text(left - 5, y(value), f"{value:.3g}", 11, anchor="rm")
    if stop is not None:
        canvas.lines(np.array([[x(stop), top], [x(stop), bottom]]), REFERENCE)
        canvas.text(x(stop) + 4, top + 10, "stop", 11)
    points = np.array([[x(k), y(one.value)] for k, one in known])
    reached = points[: len(curve.known(sweep))]
    canvas.lines(points, FAINT)
    canvas.lines(reached, STYLES["ays"].color, 2)
    canvas.dots(reached[-1:], 4.5, STYLES["ays"].color, PAPER)
