"""The class of thirty: what its visitors say and hear, how its times are made, and a small class that is held."""

import asyncio
import random

import pytest
from google.protobuf.json_format import MessageToDict
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import classroom, lessons
from benchmarks.classroom import Figures, Scene, Times
from benchmarks.lessons import Wish
from benchmarks.visitors import Deed, Visitor, Widget, is_trigger, said, widget


def slider(key: str = "steps", part: str = "", set_value: bool = False) -> Delta:
    delta = Delta(fragment_id=part)
    delta.new_element.slider.id, delta.new_element.slider.set_value = f"$$ID-0ab1-{key}", set_value
    return delta


def message(delta: Delta, key: str = "") -> ForwardMsg:
    one = ForwardMsg(delta=delta, hash=key)
    one.metadata.cacheable = bool(key)
    return one


def begun(*parts: str) -> ForwardMsg:
    one = ForwardMsg()
    one.new_session.page_script_hash = "page"
    one.metadata.run.fragment_ids.extend(parts)
    return one


def test_times_are_the_median_and_the_95th_percentile_and_none_of_nothing():
    assert Times.of([float(k) for k in range(1, 101)]) == Times(50.5, 96.0)
    assert Times.of([3.0]) == Times(3.0, 3.0)
    assert Times.of([]) == Times(None, None)


def test_a_deed_that_was_given_up_counts_with_all_the_patience_it_took():
    deeds = [Deed("steps", 1.0, 1.0, 0)] * 9 + [Deed("steps", None, None, 0)]
    assert Figures.ended_in(deeds) == Times(1.0, classroom.PATIENCE)


@pytest.mark.parametrize(
    ("kind", "options", "value", "sent"),
    [
        ("slider", (), 7, {"doubleArrayValue": {"data": [7.0]}}),
        ("slider", ("1", "2"), "2", {"stringArrayValue": {"data": ["2"]}}),
        ("selectbox", ("EDM", "DDIM"), "DDIM", {"stringValue": "DDIM"}),
        ("multiselect", ("a", "b", "c"), ["c", "a"], {"stringArrayValue": {"data": ["c", "a"]}}),
        ("number_input", (), 3, {"doubleValue": 3.0}),
        ("checkbox", (), True, {"boolValue": True}),
        ("button", (), True, {"triggerValue": True}),
        ("menu_button", ("EDM",), "EDM", {"stringTriggerValue": {"data": "EDM"}}),
    ],
)
def test_widgets_are_told_as_a_browser_tells_them(kind, options, value, sent):
    state = said(Widget("$$ID-0-k", kind, options), value)
    assert MessageToDict(state) == {"id": "$$ID-0-k"} | sent
    assert is_trigger(state) == ("button" in kind)


def test_a_kind_that_visitors_do_not_use_is_refused():
    with pytest.raises(ValueError, match="do not use a file_uploader"):
        said(Widget("$$ID-0-k", "file_uploader"))


def test_a_widget_is_found_by_its_key_or_by_its_label_where_it_has_none():
    assert widget(slider("steps", part="p")) == ("steps", Widget("$$ID-0ab1-steps", "slider", part="p"))
    button = Delta()
    button.new_element.button.id, button.new_element.button.label = "$$ID-0ab1-None", "New noise"
    assert widget(button) == ("New noise", Widget("$$ID-0ab1-None", "button"))
    text = Delta()
    text.new_element.markdown.body = "words"
    assert widget(text) is None


def test_a_message_that_comes_by_its_hash_alone_is_known_until_it_has_not_come_for_a_while():
    visitor = Visitor("http://localhost")
    visitor._hear(begun())
    visitor._hear(message(slider(), "hash"))
    assert visitor.widgets.pop("steps")
    visitor._hear(ForwardMsg(ref_hash="hash"))
    assert visitor.widgets["steps"].kind == "slider"
    visitor._hear(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY))
    assert list(visitor.known) == ["hash"]
    for _ in range(3):
        visitor._hear(begun())
        visitor._hear(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY))
    assert not visitor.known


def test_nothing_is_forgotten_by_runs_that_are_cut_short_or_while_one_is_asked_for(elsewhere):
    visitor = Visitor("http://localhost")
    visitor._hear(begun())
    visitor._hear(message(slider(), "hash"))
    for _ in range(5):
        visitor._hear(begun())
        visitor._hear(ForwardMsg(script_finished=ForwardMsg.FINISHED_EARLY_FOR_RERUN))
    elsewhere(asyncio.run, visitor._ask())
    for _ in range(5):
        visitor._hear(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY))
    visitor._hear(begun())
    visitor._hear(ForwardMsg(ref_hash="hash"))
    assert visitor.widgets["steps"].kind == "slider"


def test_a_visitor_asks_for_parts_of_the_page_that_the_server_has_found_for_the_address():
    visitor, start, found = Visitor("http://localhost"), begun(), ForwardMsg()
    start.new_session.page_script_hash = "of none"
    found.navigation.page_script_hash = "of Explore"
    visitor._hear(start)
    visitor._hear(found)
    assert visitor.page == "of Explore"


def test_what_the_server_sets_is_no_longer_said_by_the_visitor():
    visitor = Visitor("http://localhost")
    visitor._hear(message(slider()))
    one = visitor.widgets["steps"]
    visitor.states[one.id] = said(one, 5)
    visitor._hear(message(slider()))
    assert visitor.states
    visitor._hear(message(slider(set_value=True)))
    assert not visitor.states


def test_an_error_on_the_page_is_noted():
    visitor, delta = Visitor("http://localhost"), Delta()
    delta.new_element.exception.type, delta.new_element.exception.message = "KeyError", "'x'"
    visitor._hear(message(delta))
    assert visitor.trouble == "'x'"


@pytest.mark.parametrize(
    ("one", "fits"),
    [
        (Widget("i", "slider"), lambda value: 2 <= value <= 40),
        (Widget("i", "selectbox", ("a", "b")), lambda value: value in "ab"),
        (Widget("i", "multiselect", tuple("abcde")), lambda value: 2 <= len(value) <= 4),
        (Widget("i", "button"), lambda value: value is True),
    ],
)
def test_values_of_chance_are_among_what_the_widget_has(one, fits):
    chance = random.Random(0)
    assert all(fits(lessons.value_for(one, chance)) for _ in range(50))


def test_who_wanders_is_another_with_another_seed_and_the_same_with_the_same():
    walks = []
    for seed in (1, 1, 2):
        walk = lessons.wander(random.Random(seed))
        walks.append([next(walk) for _ in range(40)])
    assert walks[0] == walks[1] != walks[2]
    assert {wish.page for wish in walks[0]} <= set(lessons.PATHS)


def test_a_class_of_one_changes_what_it_wishes_and_leaves_the_server_whole(monkeypatch, elsewhere):
    def wishes(_chance):
        yield Wish("explore", "steps", 5)
        yield Wish("data")

    monkeypatch.setitem(classroom.SCENES, "tiny", Scene("one who does two things", wishes))
    monkeypatch.setattr(classroom, "TOUR", ())
    measured = elsewhere(classroom.measure, "tiny", sessions=1, seconds=1e9, thinking=0.2, after=0)
    assert (measured.deeds, measured.timeouts, measured.troubles, measured.tracebacks) == (2, 0, (), 0)
    assert 0 < measured.ended.median < classroom.PATIENCE
    assert measured.kilobytes > 1
    assert measured.cpu_a_deed > 0
    assert 50 < measured.memory_start <= measured.memory_peak
