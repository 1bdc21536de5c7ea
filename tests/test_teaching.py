"""The teaching notes: every figure in them is the app's, every address opens, and the app shows them with its links."""

import re
from dataclasses import fields
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from test_lessons import PAGES

from ays_toy.lessons import place
from ays_toy.ui import codec
from ays_toy.ui.front import TITLES
from ays_toy.ui.own_data.bringing import DataView
from ays_toy.ui.teaching import notes, share
from ays_toy.ui.view import Shared
from benchmarks import teaching

WRITTEN = (teaching.FOLDER / teaching.NOTES).read_text(encoding="utf-8")
TEMPLATE = (teaching.FOLDER / teaching.TEMPLATE).read_text(encoding="utf-8")
ADDRESSES = sorted(set(re.findall(r"`/(\w+)(\?[^`\s]*)?`", WRITTEN)))
VIEWS: dict[str, Any] = {**PAGES, "data": DataView, "learn": Shared}


def test_the_notes_say_what_is_computed() -> None:
    assert teaching.written() == WRITTEN, "run: python -m benchmarks.teaching"


def test_no_measured_figure_is_written_by_hand() -> None:
    prose = re.sub(r"`[^`]*`|\{\w+\}|AYS_SHARED=1", "", TEMPLATE)
    assert re.findall(r"\d*\.\d+|\d+ ±|\d+ nats|\d,\d{3}", prose) == []


@pytest.mark.parametrize(("page", "query"), ADDRESSES)
def test_an_address_in_the_notes_is_a_state_of_its_page(page: str, query: str) -> None:
    assert page in TITLES
    given = dict(part.split("=") for part in query.removeprefix("?").split("&") if part)
    names = {field.name for cls in (VIEWS[page], Shared) for field in fields(cls)}
    assert set(filter(None, given.pop("hide", "").split(","))) <= names
    assert given.keys() <= names
    if "lesson" in given:
        assert place.read(given.pop("lesson")).step.scene.page == page
    state, problems = codec.from_query(VIEWS[page], given)
    assert problems == []
    assert codec.to_query(state) == given, "nothing is said that is so anyway"


def test_the_notes_go_through_ninety_minutes_without_a_gap() -> None:
    parts = [(int(first), int(last)) for first, last in re.findall(r"^## (\d+) to (\d+): ", WRITTEN, re.MULTILINE)]
    listed = [(int(first), int(last)) for first, last in re.findall(r"^\| (\d+) to (\d+) \|", WRITTEN, re.MULTILINE)]
    assert parts == listed
    assert [0, *(last for _, last in parts)] == [*(first for first, _ in parts), 90]


def test_the_app_shows_all_of_the_notes_and_their_addresses_are_links() -> None:
    def page() -> None:
        from ays_toy.ui.teaching import notes

        notes.show()

    at = AppTest.from_function(page).run()
    shown = "\n".join(one.value for one in at.markdown)
    for name, query in ADDRESSES:
        assert f"[/{name}{query}]({share.HERE}/{name}{query})" in shown
    headings = re.findall(r"^## (.*)$", WRITTEN, re.MULTILINE)
    assert re.findall(r"^#### (.*)$", shown, re.MULTILINE) == headings
    plain = re.sub(r"\[([^]]*)\]\(http[^)]*\)", r"`\1`", shown).replace("#### ", "## ")
    assert plain.split() == notes.listed(WRITTEN.partition("\n")[2]).split()
    rows = re.findall(r"^\| (\d+ to \d+) \| (.*) \| (.*) \|$", WRITTEN, re.MULTILINE)
    assert rows
    assert all(f"- **{minutes}:** {what} ({where})" in shown for minutes, what, where in rows)
    assert "|" not in notes.listed(WRITTEN)
    made = notes.linked("`/learn`, `AYS_SHARED=1`, `hide=`", "https://a.org/ays")
    assert made == "[/learn](https://a.org/ays/learn), `AYS_SHARED=1`, `hide=`"
