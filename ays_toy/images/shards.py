"""A long pass over images in shards: processes that never meet, each with a file of its own, merged when all are done.

For the arrays of a batch system, where nothing brings the processes together as torchrun does. A shard is a checkpoint
that holds every N-th batch. Batches have seeds of their own, so what is merged is the pass of one process, to the last
bit, and is a checkpoint that every command takes up.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ays_toy.checks import quoted, whole_number
from ays_toy.images.collect import Checkpoint, batch_seed, batches, check, moments_of, same_weights
from ays_toy.images.distributed import ALONE
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.models import checkpoints

MOST = 100_000


@dataclass(frozen=True)
class Shard:
    """The one of that number, from 1, among so many."""

    number: int
    count: int

    @classmethod
    def read(cls, text: str) -> "Shard":
        """From words such as 3/8; ValueError for others."""
        number, slash, count = text.partition("/")
        if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count) <= MOST):
            raise ValueError(f"The shard must be its number and how many there are, such as 3/8, not {quoted(text)}.")
        return cls(int(number), int(count))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def batches(self, total: int) -> range:
        """The numbers of its batches among those of the pass."""
        return range(self.number - 1, total, self.count)


@dataclass(frozen=True)
class Progress:
    """A shard as it goes: batches done here and in all, and how many of them its file already held."""

    done: int
    total: int
    resumed: int


def stream(
    model: ImageModel,
    x0: torch.Tensor,
    grid: Any,
    shard: Shard,
    out: Path,
    *,
    seed: int = 0,
    batch: int = 16,
    say: Callable[[str], None] = warnings.warn,
) -> Iterator[Progress]:
    """Collect the batches of one shard into a file, yielding after each; arguments and errors as in `collect.stream`.

    What an earlier run with the same arguments left in the file is taken up; ValueError where it is another shard's.
    """
    levels, batch = check(model, x0, grid, seed, batch)
    parts = batches(len(x0), batch)
    kept, mine = Checkpoint.of(out, model, x0, levels, seed, batch, ALONE), shard.batches(len(parts))
    known = kept.read(len(parts), levels.size, say)
    found = {index: value for index, value in known.items() if index in mine}
    if known.keys() - found.keys():
        raise ValueError(f"{out.name} holds batches of another shard: write shard {shard} elsewhere.")
    resumed, notes = len(found), {"shard": str(shard), "total": len(parts)}
    kept.write(found, **notes)  # a shard without a batch of its own has a file too
    yield Progress(resumed, len(mine), resumed)
    for index in mine:
        if index not in found:
            found[index] = moments_of(model, x0[parts[index]], levels, batch_seed(seed, index))
            kept.write(found, **notes)
            yield Progress(len(found), len(mine), resumed)


@dataclass(frozen=True, eq=False)
class _Piece:
    """What is in the file of one shard."""

    path: Path
    shard: Shard
    total: int  # batches of the whole pass
    fingerprint: str
    tensors: dict[str, torch.Tensor]  # by batch

    @classmethod
    def read(cls, path: Path) -> "_Piece":
        try:
            notes, tensors = checkpoints.read_notes(path), checkpoints.read_tensors(path)
        except OSError as error:
            raise ValueError(f"{path.name} cannot be read: {error.strerror or error}.") from None
        try:
            shard, total = Shard.read(str(notes["shard"])), whole_number(notes["total"], "", 1)
        except (KeyError, ValueError):
            raise ValueError(f"{path.name} is no shard of a pass: give files that image collect has made.") from None
        return cls(path, shard, total, str(notes.get("fingerprint")), tensors)


def merge(paths: Sequence[Path], out: Path) -> int:
    """Write the checkpoint that shards make together -> how many batches it holds.

    Raises ValueError, in a sentence, for a file that is no shard or damaged, shards of different passes, and a shard
    that is missing, there twice or not complete: it is named by its number.
    """
    if not paths:
        raise ValueError("Give the files of all shards to merge.")
    if not out.parent.is_dir():
        raise ValueError(f"There is no folder {out.parent}: make it, or write elsewhere.")
    pieces = [_Piece.read(path) for path in paths]
    first = pieces[0]
    for other in pieces[1:]:
        if other.fingerprint != first.fingerprint or not same_weights(first.tensors["probe"], other.tensors["probe"]):
            raise ValueError(
                f"{first.path.name} and {other.path.name} are of different passes: merge shards of one model, with the "
                "same data, prompts, seed, paths, batch and levels."
            )
        if other.shard.count != first.shard.count:
            raise ValueError(
                f"{first.path.name} is shard {first.shard} and {other.path.name} shard {other.shard}: merge shards of "
                "one division."
            )
    by_number: dict[int, _Piece] = {}
    for piece in pieces:
        if twin := by_number.get(piece.shard.number):
            raise ValueError(f"{twin.path.name} and {piece.path.name} are both shard {piece.shard}: leave one out.")
        by_number[piece.shard.number] = piece
    count = first.shard.count
    if missing := [str(number) for number in range(1, count + 1) if number not in by_number]:
        raise ValueError(f"Missing of {count} shards: {', '.join(missing)}. Collect these too, and merge all.")
    for piece in pieces:
        lacking = [index for index in piece.shard.batches(first.total) if str(index) not in piece.tensors]
        if lacking:
            raise ValueError(
                f"Shard {piece.shard} in {piece.path.name} lacks {len(lacking)} of its batches: run it again, it goes "
                "on where it was."
            )
    whole = {name: value for piece in pieces for name, value in piece.tensors.items()}
    checkpoints.write(out, whole | {"probe": first.tensors["probe"]}, fingerprint=first.fingerprint)
    return first.total
