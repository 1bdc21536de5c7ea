"""A long pass over images: PathGram batch by batch, kept on disk as it goes, shared by processes, always the same.

Every batch of paths has its own seed, made of the pass's seed and the batch's number. So it does not matter which
process collects it, nor whether the pass was interrupted: the matrix is the same, to the last bit. A batch is one block
of the PathGram, and the spread between batches gives the error bars.
"""

import hashlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ays_toy.checks import whole_number
from ays_toy.estimates import KlubEstimate
from ays_toy.images.distributed import ALONE, Team
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.models import checkpoints
from ays_toy.optimize import optimum
from ays_toy.pricing.paths import BLOCK, PathGram
from ays_toy.sampling.schedules import logsnr, validate

PATHS = 128  # by `image paths digits`: KLUB to 1 %, and an optimum 0.6 % (p = 3) or 0.2 % (p = 2) from the best
LEVELS = 64  # of the grid that schedules are sought on
FORMAT = 1  # of a checkpoint


@dataclass(frozen=True, eq=False)
class Progress:
    """A pass as it goes: batches done here and in all, and the matrix of all paths once it is complete."""

    done: int
    total: int
    resumed: int  # batches that a checkpoint already held
    gram: PathGram | None


def grid_for(model: ImageModel, levels: int = LEVELS) -> np.ndarray:
    """Noise levels [levels] even in log sigma over the model's range."""
    return logsnr(levels - 1, model.sigma_min, model.sigma_max)


def collect(model: ImageModel, x0: torch.Tensor, grid: Any, **options: Any) -> PathGram:
    """The PathGram of one path per image x0 [N, C, H, W]; options and errors are those of `stream`."""
    *_, last = stream(model, x0, grid, **options)
    assert last.gram is not None
    return last.gram


def stream(
    model: ImageModel,
    x0: torch.Tensor,
    grid: Any,
    *,
    seed: int = 0,
    batch: int = 16,
    checkpoint: Path | None = None,
    team: Team = ALONE,
    say: Callable[[str], None] = warnings.warn,
) -> Iterator[Progress]:
    """Collect a PathGram batch by batch, yielding after each; the last one yielded has the matrix.

    With a checkpoint every batch is written down when it is done (whole or not at all), and what another run with the
    same arguments wrote is taken up, however many processes either has. A checkpoint that is damaged or belongs to
    other arguments is set aside, and one that cannot be written is done without: `say` hears about either in a
    sentence. Processes of a `team` share the batches; the
    matrix then comes out the same on each. Raises ValueError for fewer than two images and for a bad grid or batch.
    """
    levels, batch = check(model, x0, grid, seed, batch)
    parts = batches(len(x0), batch)
    kept = Checkpoint.of(checkpoint, model, x0, levels, seed, batch, team) if checkpoint else None
    found = kept.read(len(parts), levels.size, say) if kept else {}
    team.wait()  # every process has read before one writes
    resumed = len(found)
    mine = [index for index in range(len(parts)) if index not in found][team.rank :: team.size]
    own: dict[int, np.ndarray] = {}
    keep = _Keeping(kept, say)
    yield Progress(resumed, len(parts), resumed, None)
    for index in mine:
        own[index] = moments_of(model, x0[parts[index]], levels, batch_seed(seed, index))
        keep.write(found | own)
        yield Progress(resumed + len(own), len(parts), resumed, None)
    moments = np.zeros((len(parts), levels.size + 1, levels.size + 1))
    for index, value in own.items():
        moments[index] = value
    moments = team.sum(moments)  # each batch is in one process and zero in the others: exact
    for index, value in found.items():
        moments[index] = value
    counts = np.array([part.stop - part.start for part in parts])
    if kept:
        keep.write(dict(enumerate(moments)), ended=True)
        team.wait()
    yield Progress(len(parts), len(parts), resumed, PathGram(levels, moments, counts))


def check(model: ImageModel, x0: torch.Tensor, grid: Any, seed: int, batch: int) -> tuple[np.ndarray, int]:
    """Levels and batch of a pass with those arguments; its errors are those of `stream`.

    A batch holds every label equally often: path n is told label n modulo their number, whichever batch it is in.
    """
    levels = validate(grid)
    batch = whole_number(batch, "The batch of paths", 2, BLOCK)
    each = len(model.labels) or 1
    batch = min(-(-batch // each), BLOCK // each) * each
    whole_number(seed, "The seed", 0, 2**63 - 1)
    if x0.ndim != 4 or tuple(x0.shape[1:]) != model.shape or len(x0) < 2 or not bool(x0.isfinite().all()):
        raise ValueError(f"The images must be finite and at least two, [N, {', '.join(map(str, model.shape))}].")
    return levels, batch


def moments_of(model: ImageModel, x0: torch.Tensor, levels: np.ndarray, seed: int) -> np.ndarray:
    """The moments [levels + 1, levels + 1] of one batch, its paths all at once, from a seed of its own."""
    generator = torch.Generator(x0.device).manual_seed(seed)
    return PathGram.collect(model.denoiser, x0, levels, generator=generator, batch_size=len(x0)).moments[0]


def batches(count: int, batch: int) -> list[slice]:
    """The rows of every batch; a last one of a single row is joined to the one before it."""
    starts = list(range(0, count, batch))
    if len(starts) > 1 and count - starts[-1] < 2:
        starts.pop()
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], count], strict=True)]


def batch_seed(seed: int, index: int) -> int:
    """The seed of one batch of a pass."""
    return int(np.random.SeedSequence((seed, index)).generate_state(1, np.uint64)[0] >> 1)


def same_weights(probe: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two answers to the same images, maybe on different devices, are of one model: at most 1 % apart."""
    if probe.shape != other.shape:
        return False
    return float((other - probe).square().mean().sqrt()) <= 0.01 * float(probe.square().mean().sqrt())


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Batches on disk: one file for each process beside the one that the user named, under what decides the result."""

    path: Path
    fingerprint: str
    probe: torch.Tensor  # what the model makes of two images: weights are told apart by what they do
    team: Team

    @classmethod
    def of(
        cls, path: Path, model: ImageModel, x0: torch.Tensor, grid: np.ndarray, seed: int, batch: int, team: Team
    ) -> "Checkpoint":
        """The checkpoint of a pass; ValueError where its folder does not exist."""
        if not path.parent.is_dir():
            raise ValueError(f"There is no folder {path.parent}: make it, or keep the checkpoint elsewhere.")
        said = [getattr(model, name, None) for name in ("name", "shape", "prediction", "dtype", "prompts", "guidance")]
        said += [model.labels] if getattr(model, "labels", ()) else []  # others keep their passes of before
        digest = hashlib.sha256(repr([FORMAT, *said, seed, batch]).encode())
        digest.update(grid.tobytes())
        digest.update(x0.detach().float().cpu().contiguous().numpy().tobytes())
        middle = float(np.sqrt(grid[0] * grid[-1]))
        # With the noise of a fixed generator on the CPU, so that processes on other devices agree.
        noise = torch.randn(x0[:2].shape, generator=torch.Generator().manual_seed(0)).to(x0)
        probe = model.denoiser(x0[:2] + middle * noise, middle).detach().float().cpu()
        return cls(path, digest.hexdigest(), probe, team)

    @property
    def own(self) -> Path:
        """The file of this process."""
        rank = self.team.rank
        return self.path if rank == 0 else self.path.with_name(f"{self.path.name}.rank{rank}")

    def files(self) -> list[Path]:
        """What all processes of earlier runs have left."""
        return sorted(p for p in self.path.parent.glob(f"{escape(self.path.name)}*") if self._is_part(p))

    def _is_part(self, path: Path) -> bool:
        rest = path.name.removeprefix(self.path.name)
        return not rest or (rest.startswith(".rank") and rest[5:].isdigit())

    def read(self, total: int, size: int, say: Callable[[str], None]) -> dict[int, np.ndarray]:
        """The batches found; files that are damaged or of another pass are set aside by the first process."""
        found: dict[int, np.ndarray] = {}
        for path in self.files():
            try:
                found |= self._batches(path, total, size)
            except ValueError as error:
                if self.team.rank == 0:
                    aside = path.with_name(f"{path.name}.aside")
                    with suppress(OSError):  # where nothing can be written it stays, and is found again
                        path.replace(aside)
                    say(
                        f"The checkpoint {path.name} {error}: it was set aside as {aside.name}, and its work is redone."
                    )
            except FileNotFoundError:  # the first process has set it aside meanwhile
                continue
            except OSError as error:
                say(f"The checkpoint {path.name} cannot be read ({error.strerror or error}): its work is redone.")
        return found

    def _batches(self, path: Path, total: int, size: int) -> dict[int, np.ndarray]:
        try:
            notes, tensors = checkpoints.read_notes(path), checkpoints.read_tensors(path)
        except checkpoints.DamagedError:
            raise ValueError("is damaged") from None
        probe = tensors.pop("probe", torch.empty(0))
        if notes.get("fingerprint") != self.fingerprint or not same_weights(self.probe, probe):
            raise ValueError("belongs to another model, data or settings")
        batches = {int(name): value.double().numpy() for name, value in tensors.items() if name.isdigit()}
        if any(i >= total or value.shape != (size + 1, size + 1) for i, value in batches.items()):
            raise ValueError("is damaged")
        return batches

    def write(self, batches: dict[int, np.ndarray], **notes: Any) -> None:
        """Keep these batches, whole or not at all, and notes beside them."""
        tensors = {str(index): torch.from_numpy(np.ascontiguousarray(value)) for index, value in batches.items()}
        checkpoints.write(self.own, tensors | {"probe": self.probe}, fingerprint=self.fingerprint, **notes)

    def finish(self, batches: dict[int, np.ndarray]) -> None:
        """Keep the complete pass in the one file that the user named; the first process does it for all."""
        if self.team.rank == 0:
            self.write(batches)
            for path in self.files():
                if path != self.own:
                    path.unlink(missing_ok=True)


@dataclass(eq=False)
class _Keeping:
    """A checkpoint for as long as it can be written: a full disk ends what is kept, not the pass."""

    kept: Checkpoint | None
    say: Callable[[str], None]

    def write(self, batches: dict[int, np.ndarray], ended: bool = False) -> None:
        """Keep these batches; with `ended` they are all."""
        if self.kept is None:
            return
        try:
            (self.kept.finish if ended else self.kept.write)(batches)
        except OSError as error:
            name, self.kept = self.kept.own.name, None
            self.say(
                f"The checkpoint {name} could not be written ({error.strerror or error}): the pass goes on, and more "
                "of it is not kept."
            )


@dataclass(frozen=True, eq=False)
class FewPaths:
    """What so many paths are worth: KLUB's error bar, and by weight how much worse their optimum is, as a fraction."""

    paths: int
    klub: KlubEstimate  # of the optimum of all paths, priced by these
    regret: dict[float, float]  # power -> cost of their optimum over that of all paths' optimum, less one


def how_few(gram: PathGram, steps: int, powers: tuple[float, ...] = (3.0, 2.0)) -> list[FewPaths]:
    """Hold the optima of the first blocks of a matrix, doubling in number, against the whole: mean over its parts.

    Regret is priced on the half of the paths that the small part is not in, so that it owes nothing to itself.
    """
    total, rows, blocks = len(gram.counts), [], 2
    best = optimum(gram, steps, powers[0])
    while blocks <= total // 2:
        starts = range(0, total // 2 - blocks + 1, max(blocks, total // 16))
        judge = _part(gram, total // 2, total)
        regret = {}
        for power in powers:
            least = judge.klub(optimum(gram, steps, power), power)
            found = [optimum(_part(gram, start, start + blocks), steps, power) for start in starts]
            regret[power] = float(np.mean([judge.klub(sigmas, power) for sigmas in found]) / least - 1)
        part = _part(gram, 0, blocks)
        rows.append(FewPaths(part.paths, part.price(best), regret))
        blocks *= 2
    return rows


def _part(gram: PathGram, first: int, last: int) -> PathGram:
    return PathGram(gram.grid, gram.moments[first:last], gram.counts[first:last])
