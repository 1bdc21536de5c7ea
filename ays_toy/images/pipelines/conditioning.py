"""Prompts, labels and guidance: what a network that is told what to draw needs beside x and its timestep.

Row n of every call of the denoiser takes prompt n modulo the number of prompts: one row sees one prompt at every noise
level and for every schedule.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ays_toy import serving
from ays_toy.checks import quoted
from ays_toy.data.texts import MARK, decoded

MOST_GUIDANCE = 100.0
MOST_BYTES = 4 * 2**20  # of a file of prompts
DIGITS = 6  # of a class

Call = Callable[..., torch.Tensor]  # (x, timesteps, text, beside) -> the network's prediction


def prompts_in(text: str) -> tuple[str, ...]:
    """The prompts of a text, one a line; empty lines and byte-order marks are none."""
    return tuple(line for line in (line.strip(f" \t{MARK}") for line in text.splitlines()) if line)


def labels_in(text: str) -> tuple[int, ...]:
    """The classes in a text, by number, between commas or spaces; ValueError for what is none."""
    words = text.replace(",", " ").split()
    for word in words:
        if not (word.isascii() and word.isdigit() and len(word) <= DIGITS):
            raise ValueError(f"Classes are whole numbers between commas, such as “207, 360”: {quoted(word)} is none.")
    return tuple(map(int, words))


def prompts_from(path: Path) -> tuple[str, ...]:
    """The prompts of a text file, one a line; ValueError where it cannot be read or holds none."""
    serving.current().check_path()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{path} has more than {MOST_BYTES / 2**20:g} MiB: keep its first prompts, one a line.")
        found = prompts_in(decoded(path.read_bytes()))
    except OSError as error:
        raise ValueError(f"The prompts in {path} cannot be read ({error.strerror}): give another file.") from None
    except UnicodeError:
        raise ValueError(f"The prompts in {path} cannot be read as text: save them as text in UTF-8.") from None
    if not found:
        raise ValueError(f"{path} holds no prompts: write one a line.")
    return found


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Prompts as the network reads them: text [P, L, D], and what it reads beside that.

    Beside it are a pooled vector [P, D], or a mask of the tokens that count [P, L]; None where there is neither. Of a
    network that is told a class by its number the text are these numbers [P].
    """

    text: torch.Tensor
    beside: torch.Tensor | None = None

    def rows(self, which: torch.Tensor) -> "Embeddings":
        """The embeddings of these prompts, in this order."""
        return Embeddings(self.text[which], None if self.beside is None else self.beside[which])

    @staticmethod
    def join(parts: Sequence["Embeddings"]) -> "Embeddings":
        """All of these, one after the other."""
        beside = [part.beside for part in parts if part.beside is not None]
        return Embeddings(torch.cat([part.text for part in parts]), torch.cat(beside) if beside else None)


class Prompted:
    """A network told what to draw, with classifier-free guidance where `empty` is given: a `Network` of `adapters`.

    Guidance runs the empty and the given prompt in one doubled batch: out = empty + scale (given - empty)
    (Ho & Salimans 2022, Eq. 6 in the convention of diffusers, where 1 is no guidance). `renormed` gives every line of
    the result the length that it has with the prompt alone, as Lumina does.
    """

    def __init__(
        self, call: Call, given: Embeddings, empty: Embeddings | None, scale: float, renormed: bool = False
    ) -> None:
        self.call, self.given, self.empty, self.scale, self.renormed = call, given, empty, scale, renormed

    def __call__(self, x: torch.Tensor, timesteps: torch.Tensor, rows: range) -> torch.Tensor:
        """Return the guided prediction, shaped as x."""
        which = torch.as_tensor([row % len(self.given.text) for row in rows], device=x.device)
        given = self.given.rows(which)
        if self.empty is None:
            return self.call(x, timesteps, given.text, given.beside)
        both = Embeddings.join([self.empty.rows(which), given])
        without, with_prompt = self.call(x.repeat(2, 1, 1, 1), timesteps.repeat(2), both.text, both.beside).chunk(2)
        guided: torch.Tensor = without + self.scale * (with_prompt - without)
        if self.renormed:
            guided = guided * (with_prompt.norm(dim=-1, keepdim=True) / guided.norm(dim=-1, keepdim=True))
        return guided
