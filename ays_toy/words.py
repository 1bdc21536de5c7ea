"""Numbers as a reader should meet them, no digit more than is known; titles within a sentence and as files."""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence


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


def amid_sentence(title: str) -> str:
    """A title as it is written within a sentence: 'Energy distance' begins small, 'NLL' and 'W2' stay."""
    return title[0].lower() + title[1:] if title[1:2].islower() else title


def listed(parts: Sequence[str], join: str = "and") -> str:
    """Several things in a sentence: 'a, b and c'."""
    return "".join(parts) if len(parts) < 2 else f"{', '.join(parts[:-1])} {join} {parts[-1]}"


def numbers(values: Iterable[float]) -> str:
    """Numbers one after the other, in three digits: '80, 5.66, 0.4'."""
    return ", ".join(f"{value:.3g}" for value in values)


def file_name(title: str) -> str:
    """A title as the name of a file, without its ending: 'grid-8x8-p-optimum-p-2'; letters go without accents."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", title) if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
