"""Damaged and random input, a little of it with a fixed seed: no parser answers with anything but one sentence."""

from contextlib import suppress

import numpy as np
import pytest

from benchmarks import fuzz
from benchmarks.fuzzed import PARSERS, Parser

INPUTS = 120  # to each; python -m benchmarks.fuzz gives them 100,000


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_no_parser_answers_damage_with_anything_but_a_sentence(parser: Parser, tmp_path) -> None:
    rng, found = np.random.default_rng(7), fuzz.Found(parser.name)
    valid = parser.valid(tmp_path)
    for one in valid:
        with suppress(ValueError):
            parser.parse(one, tmp_path)  # which loads what it needs
    began = fuzz.peak()
    for k in range(INPUTS):
        fuzz.attempt(parser, fuzz.mutated(valid[k % len(valid)], rng), tmp_path, began, found)
    assert found.troubles == []
    assert found.inputs == INPUTS


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (ValueError("Too long: shorten it."), None),
        (KeyError("x"), "KeyError"),
        (ValueError("two\nlines"), "ValueError"),
        (ValueError(""), "ValueError"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "bad"), "UnicodeDecodeError"),
        (BaseException("a panic"), "a panic"),
    ],
)
def test_what_is_no_sentence_of_ours_is_found(tmp_path, answer, says) -> None:
    def parse(_data, _folder):
        raise answer

    found = fuzz.Found("one")
    fuzz.attempt(Parser("one", parse, lambda _: [b"x"]), b"x", tmp_path, fuzz.peak(), found)
    assert (len(found.troubles), found.taken) == (0 if says is None else 1, 0)
    assert says is None or says in found.troubles[0]


def test_time_and_memory_are_held_to_their_bounds(tmp_path, monkeypatch) -> None:
    slow = Parser("one", lambda *_: sum(range(1_000_000)), lambda _: [b"x"])
    for peaks, seconds, says in (([0, 400 * 2**20], 60.0, "400 MB more memory"), ([0, 0], 0.001, " s: ")):
        monkeypatch.setattr(fuzz, "peak", iter(peaks).__next__)
        monkeypatch.setattr(fuzz, "SECONDS", seconds)
        found = fuzz.Found("one")
        fuzz.attempt(slow, b"x", tmp_path, 0, found)
        assert says in found.troubles[0]


def test_the_same_seed_gives_the_same_inputs() -> None:
    one, other = ([fuzz.mutated(b"80, 3, 0.1", np.random.default_rng(k)) for k in range(50)] for _ in range(2))
    assert one == other
    assert len(set(one)) > 40
