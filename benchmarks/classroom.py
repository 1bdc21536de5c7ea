"""A class on one server: `python -m benchmarks.classroom [SCENE …] [--sessions N] [--seconds S] [--json FILE]`.

Every scene has a server of its own and sessions that speak Streamlit's protocol over real sockets (`visitors`): they
come one after the other, change something, wait until the page has run, look and think, and change the next thing. All
visitors share one process beside the server's, so on few cores they take a little of its time: how much is said. What a
person's browser draws by itself costs no server anything and is not measured here, but by `benchmarks.frames`.
Reads /proc: Linux only. `--app` measures another copy of the project.
"""

import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from websockets.exceptions import WebSocketException

from ays_toy.checks import lookup
from ays_toy.serving import SHARED
from benchmarks.lessons import Wish, lesson, value_for, wander
from benchmarks.visitors import Deed, Visitor
from tests.chromium import ROOT, started

SESSIONS, SECONDS, THINKING, AFTER, SEED = 30, 180.0, 12.0, 180.0, 0
TOUR = (
    "data",
    "train",
    "optimize",
    "trajectories",
    "beat_ays",
    "images",
)  # by one visitor, before memory is first read
COMING = 0.5  # seconds between two who come
WORKERS = 6  # sessions that train and search, where any do
PATIENCE = 60.0  # seconds, after which a page that has not come is given up


@dataclass(frozen=True)
class Scene:
    """What a class does, and how many of its sessions train and search all the while."""

    about: str
    wishes: Callable[[random.Random], Iterator[Wish]]
    workers: int = 0


SCENES = {
    "lesson": Scene("one lesson", lambda _: lesson()),
    "own": Scene("settings of their own", wander),
    "jobs": Scene(f"settings of their own, {WORKERS} of them training and searching", wander, WORKERS),
}


@dataclass(frozen=True)
class Times:
    """Seconds over deeds: the median and the 95th percentile; None where there are none."""

    median: float | None
    p95: float | None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        """Of that many, of which the last tenths of a percent decide nothing."""
        if not seconds:
            return cls(None, None)
        ordered = sorted(seconds)
        return cls(statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))])


@dataclass(eq=False)
class Server:
    """A running process with those that it has begun, as /proc tells of them; memory in bytes."""

    pid: int
    peak: int = 0

    def memory(self) -> int:
        """Resident memory now: what processes share counts in each."""
        pages = sum(int(text.split()[1]) for text in self._read("statm"))
        self.peak = max(self.peak, now := pages * os.sysconf("SC_PAGE_SIZE"))
        return now

    def computed(self) -> float:
        """Seconds on a processor so far, those of processes that have ended among them."""
        ticks = (text.rsplit(") ")[-1].split()[11:15] for text in self._read("stat"))
        return sum(sum(map(int, one)) for one in ticks) / os.sysconf("SC_CLK_TCK")

    def _read(self, what: str) -> Iterator[str]:
        """That file of /proc, of the process and all below it."""
        every, below = [self.pid], [self.pid]
        while below:
            begun = Path(f"/proc/{(pid := below.pop())}/task").glob("*/children")
            with suppress(OSError):  # it ends just now
                found = [int(one) for file in begun for one in file.read_text().split()]
                every, below = every + found, below + found
        for pid in every:
            with suppress(OSError):
                yield Path(f"/proc/{pid}/{what}").read_text()

    async def watch(self) -> None:
        """Keep the peak."""
        while True:
            self.memory()
            await asyncio.sleep(0.5)


@dataclass(frozen=True)
class Figures:
    """What came of a scene; a deed that was given up counts with the time until then."""

    scene: str
    about: str
    sessions: int
    deeds: int
    ended: Times  # until the script had run
    rested: Times  # until all that the page waits for had come, where the visitor stayed for it
    left: float  # share of the deeds after which the visitor went on before that
    opening: Times  # of the deeds that opened the app, until the script had run
    timeouts: int
    troubles: tuple[str, ...]
    tracebacks: int  # in the server's log
    cpu_a_deed: float  # seconds of the server
    busy: float  # processors that the server kept busy
    visitors_busy: float  # and the visitors
    kilobytes: float  # a deed, at the median
    memory_start: float  # MB, after one visitor had gone through all pages
    memory_peak: float
    memory_after: float
    after: float  # seconds since all had left

    @classmethod
    def ended_in(cls, deeds: Sequence[Deed]) -> Times:
        """What they took until the script had run, patience where it had not."""
        return Times.of([PATIENCE if deed.ended is None else deed.ended for deed in deeds])


@dataclass(eq=False)
class Class:
    """Those who are in a scene, and what they have done."""

    url: str
    scene: Scene
    thinking: float
    until: float  # on the clock of `time.monotonic`
    deeds: list[Deed] = field(default_factory=list)

    async def learn(self, number: int, seed: int) -> None:
        """One session from coming to leaving."""
        chance = random.Random(1000 * seed + number)
        await asyncio.sleep(COMING * number)
        visitor = Visitor(self.url, PATIENCE)
        try:
            await self._looked(visitor, await visitor.open("explore"), chance)
            if number < self.scene.workers:
                await self._work(visitor, chance, "train" if number % 2 else "optimize")
            else:
                await self._follow(visitor, chance)
        except (OSError, KeyError, WebSocketException) as error:
            self.deeds.append(Deed("lost", None, None, 0, f"{type(error).__name__}: {error}"))
        finally:
            await visitor.close()

    async def _looked(self, visitor: Visitor, deed: Deed, chance: random.Random) -> None:
        """Think as long as a person does, while what the page still waits for may come."""
        thinking, began = chance.uniform(0.5, 1.5) * self.thinking, time.monotonic()
        self.deeds.append(await visitor.rest(deed, thinking))
        await asyncio.sleep(max(0.0, thinking - (time.monotonic() - began)))

    async def _follow(self, visitor: Visitor, chance: random.Random) -> None:
        page = ""
        for wish in self.scene.wishes(chance):
            if time.monotonic() > self.until:
                return
            if wish.page != page:
                await self._looked(visitor, await visitor.go(page := wish.page), chance)
            elif (one := visitor.widgets.get(wish.key)) and not one.disabled:
                value = value_for(one, chance) if wish.value is None else wish.value
                await self._looked(visitor, await visitor.put(wish.key, value), chance)
            else:
                await asyncio.sleep(0)  # what a page does not have is passed over

    async def _work(self, visitor: Visitor, chance: random.Random, page: str) -> None:
        """Begin jobs, one as soon as the last has ended, of other settings each."""
        begin, key = ("train", "data") if page == "train" else ("run search", "start")
        await self._looked(visitor, await visitor.go(page), chance)
        while time.monotonic() < self.until:
            if begin in visitor.widgets and not visitor.polls:
                for one in (key, begin):
                    if one in visitor.widgets:
                        value = value_for(visitor.widgets[one], chance)
                        await self._looked(visitor, await visitor.put(one, value), chance)
            else:
                await asyncio.sleep(1)


async def tour(url: str) -> Deed:
    """Go through all pages once, so that all that the app is made of is loaded -> how it opened."""
    visitor = Visitor(url, 120)
    opened = await visitor.rest(await visitor.open("explore"), 60)
    for page in TOUR:
        await visitor.rest(await visitor.go(page), 30)
    await visitor.close()
    return opened


async def attend(
    server: Server,
    url: str,
    name: str,
    sessions: int,
    seconds: float,
    thinking: float,
    seed: int,
    after: float,
    log: Path,
) -> Figures:
    """Let a class go through the scene of that name, and leave -> what it measured."""
    scene = lookup(SCENES, name, "scene")
    opened = await tour(url)
    if opened.ended is None:
        raise RuntimeError(
            f"The app did not open: {opened.trouble or 'it took two minutes'}. {log.read_text()[-2000:]}"
        )
    await asyncio.sleep(3)
    start, before, mine, began = server.memory(), server.computed(), time.process_time(), time.monotonic()
    together = Class(url, scene, thinking, began + seconds)
    watching = asyncio.create_task(server.watch())
    await asyncio.gather(*(together.learn(number, seed) for number in range(sessions)))
    lasted, spent, mine = time.monotonic() - began, server.computed() - before, time.process_time() - mine
    await asyncio.sleep(after)
    watching.cancel()
    deeds, opening = ([one for one in together.deeds if (one.name == "open") == flag] for flag in (False, True))
    return Figures(
        name,
        scene.about,
        sessions,
        len(deeds),
        Figures.ended_in(deeds),
        Times.of([one.rested for one in deeds if one.rested is not None]),
        statistics.mean([one.left for one in deeds] or [0]),
        Figures.ended_in(opening),
        sum(one.ended is None for one in together.deeds),
        tuple(sorted({f"{one.name}: {one.trouble}" for one in together.deeds if one.trouble})),
        log.read_text().count("Traceback"),
        spent / max(1, len(together.deeds)),
        spent / lasted,
        mine / lasted,
        statistics.median([one.bytes / 1000 for one in deeds] or [0]),
        start / 1e6,
        server.peak / 1e6,
        server.memory() / 1e6,
        after,
    )


def measure(
    name: str,
    sessions: int = SESSIONS,
    seconds: float = SECONDS,
    thinking: float = THINKING,
    seed: int = SEED,
    after: float = AFTER,
    app: Path = ROOT,
) -> Figures:
    """A scene on a server of its own; ValueError for an unknown name."""
    lookup(SCENES, name, "scene")
    with tempfile.TemporaryDirectory() as home, started(Path(home), root=app) as (process, url):
        (log,) = Path(home).glob("server-*.log")
        return asyncio.run(attend(Server(process.pid), url, name, sessions, seconds, thinking, seed, after, log))


def _table(rows: list[Figures], title: str) -> Table:
    table = Table("", *(row.scene for row in rows), title=title)

    def line(what: str, say: Callable[[Figures], str]) -> None:
        table.add_row(what, *map(say, rows))

    def both(times: Times) -> str:
        return "–" if times.median is None else f"{times.median:.2f} / {times.p95:.2f}"

    line("sessions, deeds", lambda row: f"{row.sessions}, {row.deeds}")
    line("script ended, median / p95 s", lambda row: both(row.ended))
    line("page at rest, median / p95 s", lambda row: both(row.rested))
    line("gone on before that", lambda row: f"{row.left:.0%}")
    line("app opened, median / p95 s", lambda row: both(row.opening))
    line("time-outs, errors, tracebacks", lambda row: f"{row.timeouts}, {len(row.troubles)}, {row.tracebacks}")
    line("server CPU a deed, s", lambda row: f"{row.cpu_a_deed:.2f}")
    line("processors busy: server, visitors", lambda row: f"{row.busy:.2f}, {row.visitors_busy:.2f}")
    line("sent a deed, kB", lambda row: f"{row.kilobytes:,.0f}")
    line(
        "memory at first, at most, after, MB",
        lambda row: f"{row.memory_start:,.0f}, {row.memory_peak:,.0f}, {row.memory_after:,.0f}",
    )
    line("after over at first", lambda row: f"{row.memory_after / row.memory_start - 1:+.0%} in {row.after:.0f} s")
    return table


def main(
    scenes: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(SCENES)}; all, if none.")] = None,
    sessions: Annotated[int, typer.Option(help="How many come.", min=1)] = SESSIONS,
    seconds: Annotated[float, typer.Option(help="How long they stay.", min=1)] = SECONDS,
    thinking: Annotated[float, typer.Option(help="Seconds between two deeds of one session, on average.")] = THINKING,
    after: Annotated[float, typer.Option(help="Seconds after they left at which memory is read.")] = AFTER,
    seed: Annotated[int, typer.Option(help="Of what they choose and how long they think.")] = SEED,
    app: Annotated[Path, typer.Option(help="A copy of the project, whose app is measured.")] = ROOT,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None,
) -> None:
    """Measure a class on one server, which is shared unless the environment says otherwise, and print a table."""
    os.environ.setdefault(SHARED, "1")
    chosen = scenes or list(SCENES)
    for name in chosen:
        lookup(SCENES, name, "scene")
    where = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at first, {thinking:g} s between deeds"
    rows = []
    for name in chosen:
        rows.append(measure(name, sessions, seconds, thinking, seed, after, app))
        Console().print(_table(rows, where))
        for trouble in rows[-1].troubles[:10]:
            Console().print(f"  {trouble}")
    if out:
        figures: list[dict[str, Any]] = [asdict(row) for row in rows]
        out.write_text(json.dumps({"machine": where, "scenes": figures}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    typer.run(main)
