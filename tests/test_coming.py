"""A page does not wait long for samples: it is shown without them, and runs once more when they have come."""

import json
import threading
import time
from collections.abc import Collection, Iterator
from concurrent.futures import Future
from itertools import count
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest, local_script_runner

from ays_toy.metrics import METRICS
from ays_toy.ui import coming, compute
from ays_toy.ui.explore import MEASURING
from ays_toy.ui.tables import COMING

pytestmark = pytest.mark.usefixtures("home")
PAGES = {
    "explore": {"data": "pinwheel", "steps": "6", "shown": "edm,logsnr"},
    "explore of a network": {"data": "moons", "model": "mlp", "steps": "4", "shown": "edm,logsnr"},
    "optimize": {"data": "pinwheel", "steps": "7"},
    "beat_ays": {"data": "pinwheel", "steps": "5"},
    "beat_ays once guessed": {"data": "pinwheel", "solver": "ddim", "steps": "5", "guess": "ays,edm"},
    "data": {"steps": "5"},
}
seeds = count(7001)  # one a test: nothing of what it looks at is kept from another


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the page says, and nothing more than a moment to wait for samples in."""
    said, parse = list[Any](), local_script_runner.parse_tree_from_messages
    monkeypatch.setattr(
        local_script_runner, "parse_tree_from_messages", lambda sent: [said.extend(sent), parse(sent)][1]
    )
    monkeypatch.setattr(coming, "BARE", 0.05)
    monkeypatch.setattr(coming, "COVERED", 0.05)
    return said


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """All samples wait for this; none, once the test has ended."""
    there, original = threading.Event(), compute.outcome._function

    def slow(asked: compute.Sampling) -> compute.Outcome:
        assert there.wait(60)
        return original(asked)

    monkeypatch.setattr(compute.outcome, "_function", slow)
    yield there
    there.set()


def page(name: str, **query: str) -> AppTest:
    at = AppTest.from_file(f"../pages/{name.split()[0]}.py", default_timeout=120)
    for key, value in {**PAGES[name], **query, "seed": str(next(seeds))}.items():
        at.query_params[key] = value
    return at


def figures(at: AppTest) -> str:
    return "".join(chart.proto.spec for chart in at.get("plotly_chart"))


def lines_over_pictures(at: AppTest) -> int:
    """How many lines stand over the pictures at most, which decides where these are."""
    (pictures,) = (json.loads(chart.proto.spec) for chart in at.get("plotly_chart") if "entropy" in chart.proto.spec)
    return max(one["text"].count("<br>") for one in pictures["layout"]["annotations"])


def unmeasured(at: AppTest) -> list[str]:
    """The schedules of any table that lack a metric."""
    heads = {metric.title for metric in METRICS.values()}
    tables = [one.value for one in at.dataframe if heads & {*one.value}]
    return [name for table in tables for name in table["Schedule"][table[[*heads & {*table}]].isna().any(axis=1)]]


def looking(messages: list[Any]) -> set[str]:
    """The parts of the page that look for what is to come."""
    return {sent.auto_rerun.fragment_id for sent in messages if sent.HasField("auto_rerun")}


def marked(messages: list[Any]) -> set[str]:
    """The parts that say that pictures are to come."""
    return {sent.delta.fragment_id for sent in messages if "to_come" in sent.delta.add_block.id}


def come(at: AppTest, messages: list[Any]) -> None:
    """Run the page until nothing is to come any more, as its own looks would."""
    end = time.monotonic() + 60
    while True:
        messages.clear()
        assert not at.run().exception, at.exception
        if not looking(messages):
            return
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize("name", PAGES)
def test_a_run_ends_before_slow_pictures_and_a_later_one_has_them(
    name: str, messages: list[Any], measured: threading.Event
) -> None:
    at = page(name)
    at.run()
    assert not at.exception, at.exception
    assert "measuring \u2026" in figures(at).encode().decode("unicode_escape", "ignore") or "measuring" in figures(at)
    # Its own looks take the mark away, should the end of the run that has the pictures not reach the browser.
    assert len(looking(messages)) == 1
    assert marked(messages) == looking(messages)
    lines = lines_over_pictures(at)
    measured.set()
    come(at, messages)
    assert "measuring" not in figures(at)
    assert lines_over_pictures(at) == lines, "nothing moves when they come"
    assert not marked(messages)
    assert not [one for one in at.markdown if one.value.startswith("Measuring")]
    assert not unmeasured(at)


def test_the_table_of_explore_has_levels_and_prices_before_there_are_samples(
    messages: list[Any], measured: threading.Event
) -> None:
    at = page("explore")
    at.run()
    assert [one.value for one in at.markdown if one.value == MEASURING]
    table = at.dataframe[0].value
    assert list(table.columns[2:]) == ["KLUB", "Energy distance", "NLL", "Sliced W2"]
    assert table["KLUB"].notna().all()
    assert table["NLL"].isna().all()
    assert at.dataframe[0].proto.placeholder == COMING
    assert at.get("html")[0].proto.body.count(f"<td>{COMING}</td>") == 3 * len(table)
    measured.set()
    come(at, messages)
    assert at.dataframe[0].value.notna().all(axis=None)
    assert COMING not in at.get("html")[0].proto.body


def test_three_noises_come_when_they_are_there(messages: list[Any], measured: threading.Event) -> None:
    at = page("explore", noises="edm")
    measured.set()
    come(at, messages)
    assert figures(at).count("EDM, noise ") >= 3
    assert "measuring" not in figures(at)
    assert [one for one in at.caption if "They differ by" in one.value]


@pytest.mark.parametrize("name", PAGES)
def test_samples_that_come_while_the_page_goes_on_without_them_are_looked_for_all_the_same(
    name: str, messages: list[Any], measured: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands there without them; that all have come since, it can find out only by a look."""
    original = compute.come

    def too_soon(wanted: Collection[Future[Any]], within: float = 0.0) -> bool:
        if there := original(wanted, min(within, 0.05)):
            return there
        measured.set()
        while compute._outcomes._coming or not all(one.done() for one in wanted):
            time.sleep(0.02)
        return False

    with monkeypatch.context() as patched:
        patched.setattr(compute, "come", too_soon)
        at = page(name)
        at.run()
    assert not at.exception, at.exception
    assert not marked(messages) or looking(messages), "it says that something is to come, and never looks for it"
    come(at, messages)
    assert "measuring" not in figures(at)
    assert not unmeasured(at)
