"""Links for a class, run without a browser: what is prepared, what a link says, its QR code and the sheet to print."""

import re
from dataclasses import fields
from urllib.parse import parse_qsl, urlsplit

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as some
from pages_shown import opened
from streamlit.testing.v1 import AppTest
from test_lessons import PAGES

from ays_toy.ui import codec, hiding, settings
from ays_toy.ui.teaching import desk, share, sheet
from ays_toy.ui.teaching.prepared import PREPARED, Prepared
from ays_toy.ui.teaching.share import ClassLink
from ays_toy.ui.view import Shared

pytestmark = pytest.mark.usefixtures("home")

each = pytest.mark.parametrize("one", PREPARED, ids=lambda one: one.title)


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


@each
def test_a_prepared_link_is_a_state_of_its_page_with_a_task_that_fits_a_sheet(one: Prepared) -> None:
    view = PAGES[one.page]
    for cls, query in ((view, one.state), (Shared, one.query)):
        assert codec.from_query(cls, query)[1] == []
    own = {field.name for field in fields(view)}
    assert set(one.state) <= own
    assert len(set(one.hide)) == len(one.hide)
    assert set(one.hide) <= own & set(hiding.CONTROLS)
    assert 40 < len(one.task) <= share.MOST_IN_TASK
    assert desk.of(one).code is not None


def test_the_teach_page_offers_every_prepared_link() -> None:
    at = opened("teach")
    links = [one.proto.url for one in at.get("link_button")]
    assert links == [share.address(one.page, one.query) for one in PREPARED]
    assert [query_of(link) for link in links] == [one.query for one in PREPARED]
    assert "class report" in at.code[0].value


@given(some.dictionaries(some.sampled_from(["data", "levels", "nickname"]), some.text(min_size=1, max_size=20)))
def test_what_a_link_says_is_read_as_it_was_said(query: dict[str, str]) -> None:
    address = share.address("explore", query)
    assert address.isascii()
    assert not set(" \"'<>") & set(address)
    assert (query_of(address) if query else {}) == query


def test_a_link_is_short_and_can_be_read() -> None:
    query = {"data": "grid-4x4", "shown": "edm,klub-optimum", "hide": "seed,columns", "present": "1"}
    shown = "http://localhost:8501/explore?data=grid-4x4&shown=edm,klub-optimum&hide=seed,columns&present=1"
    assert share.address("explore", query) == shown


def test_the_code_is_of_the_link_and_none_of_one_that_no_phone_could_read() -> None:
    for address in ("http://a.b/explore", "http://a.b/data?data=" + "x" * (share.MOST_IN_CODE - 21)):
        code = ClassLink("", address).code
        assert code is not None
        assert code.matrix == segno.make(address, error="m", micro=False).matrix
    long = ClassLink("Drawn", "http://a.b/data?data=" + "x" * share.MOST_IN_CODE)
    assert long.code is None
    assert "<svg" not in sheet.page(long)


def test_a_sheet_stands_alone_and_shows_what_was_typed_as_it_is() -> None:
    evil = "<script>alert(1)</script> & 'x' \"y\""
    link = ClassLink(evil, "http://a.b/explore?data='&x=1", evil, {evil: evil})
    page = sheet.page(link)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 5
    asked_for = re.findall(r"(?:src|href|url)\s*[=(]\s*'?([^'\s>]+)", page)
    assert asked_for == ["http://a.b/explore?data=&#x27;&amp;x=1"], "nothing but the link"
    assert page.count("<svg") == 1
    assert "<h2>Task" not in sheet.page(ClassLink("Explore", "http://a.b"))


def whose_link() -> None:
    import streamlit as st

    from ays_toy.ui import record
    from ays_toy.ui.teaching import share

    session = record.this_session()
    session.address = {
        "data": "ring-8",
        "nickname": "me",
        "done": "why-stop.2",
        "hide": "seed",
        "present": "1",
        "steps": "4",
    }
    session.values = {"data": "ring-8", "steps": 4, "shown": ("edm", "ays"), "solver": "ddim"}
    session.asked = {"data", "steps", "solver"}
    link = share.of_this_page("explore", ["solver"], False, f"  {'Look! ' * 99}")
    st.code(link.address)
    st.code(link.task)
    st.json(dict(link.settings or {}))


def test_a_class_gets_what_is_shown_and_not_who_made_the_link() -> None:
    at = AppTest.from_function(whose_link).run()
    assert not at.exception
    address, task = (one.value for one in at.code)
    assert query_of(address) == {"data": "ring-8", "steps": "4", "hide": "solver"}
    assert task.startswith("Look!")
    assert len(task) <= share.MOST_IN_TASK
    assert '"Data": "Ring of 8"' in at.json[0].value or '"Data":"Ring of 8"' in at.json[0].value
    assert "Schedules" not in at.json[0].value, "which the page does not show"


def test_nothing_shown_is_no_setting() -> None:
    assert settings.told({"steps": 4, "shown": ()}) == {"Steps": "4"}


def test_settings_are_said_as_far_as_they_are_known_and_by_the_titles_that_figures_have() -> None:
    shown = {"shown": ("p-optimum", "klub-optimum"), "sigma_max": 80.0}
    assert settings.told(shown) == {"Schedules": "p-optimum and KLUB optimum"}
    assert settings.told(shown | {"power": 3.0, "sigma_min": 0.002}) == {
        "Noise level σ": "from 80 to 0.002",
        "Schedules": "KLUB optimum",
    }
    brought = {"way": "draw", "data": "ring-8", "model": "exact", "solver": "ddim"}
    assert settings.told(brought) == {"Solver": "DDIM"}, "what lies on the pad was not chosen"
    assert settings.line({"image_model": "a/b", "prompts": "a cat\na dog", "guidance": 0.0}) == (
        "Model: a/b; Prompts: a cat / a dog"
    )
    assert settings.line({"image_model": "digits", "prompts": "a cat"}) == "Model: digits"
