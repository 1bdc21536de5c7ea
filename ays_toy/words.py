"""Numbers as a reader should meet them: no digit more than is known."""

import math


def significant(value: float, stderr: float) -> str:
    """A value with its error bar, both to the digit that the error bar justifies: '0.482 ± 0.014', '0.165 ± 0.003'."""
    if not math.isfinite(value):
        return "–"
    if not stderr > 0 or not math.isfinite(stderr):
        return f"{value:.4g}"
    place = math.floor(math.log10(stderr))
    leading = round(stderr / 10**place, 1)
    digits = max(0, min(8, (1 if leading < 2 else 0) - place))
    return f"{value:,.{digits}f} ± {stderr:.{digits}f}"
