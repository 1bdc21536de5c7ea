"""Trajectories as a GIF."""

import numpy as np

from ays_toy.figures.films.flow import FlowFilm
from ays_toy.figures.films.gif import WIDTH, Canvas, encoded
from ays_toy.figures.printed import INK

GAP, TITLE, WORDS = 8, 24, 22  # pixels: between panels, and the heights of what stands above and below each


def flow_gif(film: FlowFilm) -> bytes:
    """The panels side by side with their words, the path that is followed drawn over the particles."""
    count = len(film.walks)
    side = (WIDTH - GAP * (count + 1)) // count if count > 2 else (WIDTH - GAP * 4) // 3
    size = (GAP + count * (side + GAP), TITLE + side + WORDS)
    ground = film.ground

    def draw(frame: int) -> Canvas:
        canvas = Canvas(*size)
        for k, walk in enumerate(film.walks):
            left, middle = GAP + k * (side + GAP), GAP + k * (side + GAP) + side / 2
            corner, zoom = np.array([left + side / 2, TITLE + side / 2]), np.array([1, -1]) * side / (2 * film.half)
            canvas.paste(ground, left, TITLE, side)
            canvas.text(middle, TITLE / 2, walk.title, 14, walk.look.color, "mm")
            inside = np.abs(walk.places[frame]).max(axis=1) < film.half
            canvas.dots(corner + walk.places[frame][inside] * zoom, 1.1, walk.look.color)
            if film.followed is not None:
                path = corner + walk.places[: frame + 1, film.followed] * zoom
                canvas.lines(path, width=1.6)
                canvas.dots(path[-1:], 4.5, walk.look.color, INK)
            canvas.text(middle, TITLE + side + WORDS / 2, walk.words[frame], 12, anchor="mm")
        return canvas

    return encoded(draw, film.frames, [walk.look.color for walk in film.walks])
