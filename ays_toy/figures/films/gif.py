"""What GIFs of films are drawn with: marks and words on frames, and frames as a file."""

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from ays_toy.figures.films.film import milliseconds
from ays_toy.figures.printed import INK, PAPER

WIDTH = 800  # pixels
FINE = 2  # times as large as they are shown are frames drawn, so that lines and letters are smooth
COLORS = 128  # of a file, besides those that are to be pure
ALIKE = 8  # of 255, each of red, green and blue, by which colors differ that need not be told apart
LAST = 2000  # milliseconds that the last frame is seen
_SPELLED = str.maketrans({"σ": "sigma", "γ": "gamma", "‖": "||"})  # what Pillow's own font lacks


class Canvas:
    """One frame to draw on, in the pixels that are shown."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width * FINE, height * FINE), PAPER)
        self._pen = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, words: str, size: int = 13, color: str = INK, anchor: str = "lm") -> None:
        """Write words at a place, which is their left, middle or right by the anchor, as Pillow has it."""
        self._pen.text(
            (x * FINE, y * FINE), words.translate(_SPELLED), color, ImageFont.load_default(size * FINE), anchor
        )

    def lines(self, points: np.ndarray, color: str = INK, width: float = 1.0) -> None:
        """Join points [N, 2]."""
        self._pen.line([tuple(point) for point in (points * FINE).tolist()], color, round(width * FINE), "curve")

    def dots(self, points: np.ndarray, radius: float, color: str, edge: str | None = None) -> None:
        """Mark points [N, 2] by dots."""
        for x, y in (points * FINE).tolist():
            r = radius * FINE
            self._pen.ellipse((x - r, y - r, x + r, y + r), color, edge, FINE)

    def box(self, left: float, top: float, right: float, bottom: float, color: str) -> None:
        """Draw the border of a rectangle."""
        self._pen.rectangle((left * FINE, top * FINE, right * FINE, bottom * FINE), None, color, FINE)

    def paste(self, picture: np.ndarray, left: float, top: float, side: float) -> None:
        """Lay a picture [rows, columns, 3] of one byte into a square."""
        size = (round(side * FINE), round(side * FINE))
        laid = Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR)
        self.image.paste(laid, (round(left * FINE), round(top * FINE)))

    def done(self) -> Image.Image:
        """The frame as it is shown."""
        return self.image.reduce(FINE)


def encoded(draw: Callable[[int], Canvas], frames: int, colors: Sequence[str] = ()) -> bytes:
    """A GIF of so many frames, each drawn by its number, that plays over and over; `colors` is kept pure.

    All frames share one palette, so that nothing flickers.
    """
    drawn = [draw(k).done() for k in range(frames)]
    palette = _palette(drawn, colors)
    pictures = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in drawn]
    each, file = milliseconds(frames), io.BytesIO()
    lasting = [each] * (frames - 1) + [LAST]
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=lasting, loop=0, disposal=1, optimize=False
    )
    return file.getvalue()


def _palette(drawn: Sequence[Image.Image], pure: Sequence[str]) -> Image.Image:
    """Those that are to be pure, and what the first, the middle and the last frame need besides."""
    seen = [drawn[0], drawn[len(drawn) // 2], drawn[-1]]
    width, height = seen[0].size
    sheet = Image.new("RGB", (width, height * len(seen)))
    for k, one in enumerate(seen):
        sheet.paste(one, (0, k * height))
    kept = np.array([ImageColor.getrgb(color) for color in (PAPER, INK, *pure)])
    few = sheet.quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).getpalette()
    found = np.array(few).reshape(-1, 3)
    apart = np.abs(found[:, None] - kept).max(axis=2).min(axis=1) > ALIKE
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([kept, found[apart]]).ravel().tolist())
    return palette
