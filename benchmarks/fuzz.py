"""Every parser against damaged and random input: nothing but one sentence may come of it, within a second and 300 MB.

    python -m benchmarks.fuzz [--inputs 100000] [--seed N] [--only NAME]

Each parser of `fuzzed.PARSERS` has a process of its own. Inputs are valid ones, cut, spliced, repeated and with bytes
changed, and random bytes; the same seed gives the same inputs. What a parser may raise is the `ValueError` of a user's
mistake. Its time is the thread's own, so that a busy machine slows nobody down, and its memory that by which the
process grew at its peak.
"""

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fuzzed import PARSERS, Parser

INPUTS, SECONDS, BYTES = 100_000, 1.0, 300 * 2**20
SHOWN = 5  # troubles of each parser
LONGEST = 3_000_000  # bytes of an input
MARKS = [mark.encode() for mark in (*",;-[]{}()=~\t\n\0", '"', "../", "%00", "nan", "1e999", "\\u0000", "\\ud800")]
MARKS += [b"9" * 30, b"\xff", b"\xef\xbb\xbf", b"\xff\xfe"]


@dataclass
class Found:
    """What came of one parser: how many inputs, how many of them it took, the worst of each kind, and all troubles."""

    name: str
    inputs: int = 0
    taken: int = 0
    slowest: float = 0.0  # seconds
    largest: int = 0  # bytes by which the process grew at its peak
    troubles: list[str] = field(default_factory=list)


def mutated(valid: bytes, rng: np.random.Generator) -> bytes:
    """An input made of a valid one by one to four changes; of random bytes now and then."""
    if rng.random() < 0.05:
        return rng.bytes(int(rng.integers(0, 2000)))
    data = bytearray(valid)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, len(data) + 1))
        end = min(len(data), at + int(rng.integers(1, 1 + max(1, len(data) // 4))))
        match int(rng.integers(0, 8)):
            case 0:
                del data[at:end]
            case 1:
                del data[at:]
            case 2 if data:
                data[at % len(data)] = int(rng.integers(0, 256))
            case 3 if data:
                data[at % len(data)] ^= 1 << int(rng.integers(0, 8))
            case 4:
                data[at:at] = MARKS[int(rng.integers(0, len(MARKS)))]
            case 5:
                times = min(int(rng.choice([1, 2, 10, 1000])), LONGEST // (end - at or 1))
                data[at:at] = data[at:end] * times  # no more than that: what this takes would hide what a parser does
            case 6:
                data[at:end] = rng.bytes(end - at)
            case _:
                data[at : at + 8] = int(rng.choice([0, 1, 2**31 - 1, 2**32 - 1, 2**63 - 1])).to_bytes(8, "little")
        del data[LONGEST:]
    return bytes(data)


def peak() -> int:
    """The most bytes that this process has had so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def attack(parser: Parser, inputs: int, seed: int) -> Found:
    """Give a parser so many inputs -> what came of it."""
    rng, found = np.random.default_rng([seed, *parser.name.encode()]), Found(parser.name)
    with tempfile.TemporaryDirectory() as folder:
        valid = parser.valid(Path(folder))
        for one in valid:
            with suppress(ValueError):  # by one of two readers, where a parser has both
                parser.parse(one, Path(folder))  # which loads what it needs
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
            largest = apart.submit(parser.largest).result()  # making them would hide what reading them takes
        began = peak()
        for data in largest:
            attempt(parser, data, Path(folder), began, found)
        for _ in range(inputs):
            data = mutated(valid[int(rng.integers(0, len(valid)))], rng)
            attempt(parser, data, Path(folder), began, found)
    return found


def attempt(parser: Parser, data: bytes, folder: Path, began: int, found: Found) -> None:
    """Give a parser one input; `began` is the process's peak before the first."""
    before, clock = peak(), time.thread_time()
    words = ""
    try:
        parser.parse(data, folder)
        found.taken += 1
    except ValueError as error:
        if not str(error).strip() or "\n" in str(error) or not (_ours(error) or type(error) is ValueError):
            words = f"{type(error).__name__} of {str(error)!r}"
    except BaseException as error:  # what a parser in another language panics with is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        words = "".join(traceback.format_exception_only(error)).strip() + f" at {_place(error)}"
    spent, after = time.thread_time() - clock, peak()
    found.inputs += 1
    found.slowest, found.largest = max(found.slowest, spent), max(found.largest, after - began)
    if not words and spent > SECONDS:
        words = f"{spent:.1f} s"
    if not words and after > before and after - began > BYTES:
        words = f"{(after - began) / 2**20:,.0f} MB more memory"
    if words:
        found.troubles.append(f"{words}: {data[:120]!r}{'…' if len(data) > 120 else ''} ({len(data):,} bytes)")


def _ours(error: BaseException) -> bool:
    return type(error).__module__.startswith("ays_toy")


def _place(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def alone(name: str, inputs: int, seed: int) -> Found:
    """The same in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.fuzz",
        "--only",
        name,
        f"--inputs={inputs}",
        f"--seed={seed}",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    if done.returncode:
        return Found(name, troubles=[f"the process ended with {done.returncode}: {done.stderr[-500:]}"])
    return Found(**json.loads(done.stdout.splitlines()[-1]))


def line(found: Found) -> str:
    """What came of a parser, in a line, and its first troubles below."""
    words = (
        f"{found.name:14s} {found.inputs:8,} inputs, {found.taken:7,} taken, slowest {found.slowest:6.3f} s, "
        f"{found.largest / 2**20:5.0f} MB more, {len(found.troubles)} troubles"
    )
    return "\n    ".join([words, *found.troubles[:SHOWN]])


def main(arguments: Any = None) -> int:
    """Attack all parsers, or one, and print what came of it -> how many had troubles."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--inputs", type=int, default=INPUTS, help="in all, shared by the parsers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=[one.name for one in PARSERS])
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.json:
        (one,) = (one for one in PARSERS if one.name == asked.only)
        print(json.dumps(asdict(attack(one, asked.inputs, asked.seed))))
        return 0
    chosen = [one for one in PARSERS if asked.only in (None, one.name)]
    weights = sum(one.weight for one in chosen)
    bad = 0
    for one in chosen:
        found = alone(one.name, max(1, round(asked.inputs * one.weight / weights)), asked.seed)
        bad += bool(found.troubles)
        print(line(found), flush=True)
    return bad


if __name__ == "__main__":
    sys.exit(main())
