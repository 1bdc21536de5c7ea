"""A part of a page that runs by itself arrives also where it runs again before its last run was sent."""

from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.testing.v1 import AppTest

from ays_toy.ui.parts import part

LARGE = "word " * 4000  # more than what Streamlit sends once only


def page() -> None:
    """Two parts, and what is outside them, for a browser that has everything since an earlier run."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from ays_toy.ui.parts import part
    from tests.test_parts import LARGE

    class All(frozenset):
        def __contains__(self, _: object) -> bool:
            return True

    get_script_run_ctx().cached_message_hashes = All()
    part(lambda: st.container().text(LARGE + "ours"), then=lambda: st.text(LARGE + "then"))()
    st.fragment(lambda: st.text(LARGE + "theirs"))()
    st.text(LARGE + "outside")


def test_a_part_is_sent_whole_and_what_is_outside_by_name() -> None:
    shown = AppTest.from_function(page).run()
    assert not shown.exception
    assert [one.value.split()[-1] for one in shown.text] == ["ours"]


@pytest.mark.parametrize("whole", [True, False])
def test_a_name_is_what_outlives_the_run_it_belongs_to(whole: bool) -> None:
    """Why a part is sent whole; once this fails for names, Streamlit has mended it."""
    queue, here, within = ForwardMsgQueue(), ForwardMsg(), ForwardMsg()
    here.delta.fragment_id = "part"
    here.delta.add_block.allow_empty = True
    if whole:
        within.delta.fragment_id = "part"
        within.delta.new_element.text.body = LARGE
    else:
        within.ref_hash = "name"
    for at, message in enumerate((here, within)):
        message.metadata.delta_path.extend([0, 0][: at + 1])
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["part"])
    assert [message.WhichOneof("type") for message in queue.flush()] == ([] if whole else ["ref_hash"])


def test_every_part_is_such_a_part() -> None:
    ours = Path(part.__code__.co_filename)
    project = ours.parents[2]
    files = [file for folder in ("ays_toy", "pages") for file in (project / folder).rglob("*.py")]
    assert [file for file in files if "st.fragment" in file.read_text()] == [ours]
