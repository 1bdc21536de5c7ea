"""The six questions on the Learn page, before and after the lessons, and the learner's answers as a file.

Nothing is sent anywhere: the answers stay in the session until they are downloaded.
"""

import secrets
from collections.abc import Callable
from typing import Any

import streamlit as st

from ays_toy.lessons import answers, quiz
from ays_toy.lessons.answers import Sheet, Student
from ays_toy.ui import frame
from ays_toy.ui.whole import whole
from ays_toy.words import file_name

STORE = "quiz sheets"  # in the session's state: by 'before' and 'after', what was answered
ID = "quiz session"
RIGHT, WRONG = ":material/check_circle:", ":material/cancel:"


def show(open_lesson: Callable[[str, str], Any] | None = None) -> None:
    """Draw both rounds of questions and the download; `open_lesson(lesson, when)` draws a link to a lesson."""
    st.caption(
        "Six questions before the lessons and six after show what you have learned. Nothing is sent anywhere: you can "
        "download your answers, and give the file to your teacher."
    )
    for when, tab in zip(quiz.WHEN, st.tabs(list(quiz.WHEN.values())), strict=True):
        with tab:
            _round(when, open_lesson)
    _download()


def _sheets() -> dict[str, Sheet]:
    sheets: dict[str, Sheet] = st.session_state.setdefault(STORE, {})
    return sheets


def _round(when: str, open_lesson: Callable[[str, str], Any] | None) -> None:
    if when in _sheets():
        _feedback(when, open_lesson)
        return
    form = _form(when)
    with st.form(f"quiz {when}", border=False):
        for number, (topic, item) in enumerate(quiz.items(form).items(), start=1):
            shown = range(len(item.choices))
            st.radio(f"{number}. {item.text}", shown, None, item.choices.__getitem__, key=_key(when, form, topic))
        st.form_submit_button("Check my answers", icon=":material/check:", on_click=_take, args=(when, form))
    if left := st.session_state.pop(f"quiz left out {when}", []):
        numbers = ", ".join(map(str, left))
        frame.remark(f"Question {numbers} has no answer yet: “{quiz.UNSURE}” is one too.")


def _form(when: str) -> str:
    """The form of a round: after the lessons the one that was not answered before, else as the learner chooses."""
    before = _sheets().get("before")
    if when == "after" and before:
        return quiz.other(before.form)
    about = "Two forms ask the same in other words. Take A first, unless your teacher says otherwise."
    usual = "A" if when == "before" else "B"
    with st.popover(f"Form of the questions {quiz.WHEN[when].lower()}", icon=":material/swap_horiz:"):
        chosen = st.segmented_control(
            "Form", list(quiz.FORMS), default=usual, required=True, key=f"quiz form {when}", help=about
        )
    return str(chosen)


def _key(when: str, form: str, topic: str) -> str:
    return f"quiz {when} {form} {topic}"


@whole
def _take(when: str, form: str) -> None:
    given = {topic: st.session_state.get(_key(when, form, topic)) for topic in quiz.items(form)}
    if left := [number for number, one in enumerate(given.values(), start=1) if one is None]:
        st.session_state[f"quiz left out {when}"] = left
    else:
        _sheets()[when] = Sheet(form, {topic: int(one) for topic, one in given.items() if one is not None})


def _feedback(when: str, open_lesson: Callable[[str, str], Any] | None) -> None:
    """What was right; the reasons once the second six are answered, whose gain would else be theirs."""
    sheet = _sheets()[when]
    right = sheet.right
    st.markdown(f"#### {sum(right.values())} of {len(right)} right")
    told = "after" in _sheets()
    if not told:
        st.caption("The reasons come after the second six questions. The lessons have them all.")
    for topic, item in quiz.items(sheet.form).items():
        about, given = quiz.TOPICS[topic], sheet.answers[topic]
        with st.container(key=f"quiz_told_{when}_{topic}"):
            words = f"You said: *{item.choices[given]}*" + (": right." if right[topic] else ": not right.")
            if told:
                words += "" if right[topic] else f" Right is: *{item.options[item.right]}*."
                words += f" {about.why}"
            st.markdown(f"{RIGHT if right[topic] else WRONG} **{about.tests}.** {item.text}  \n:small[{words}]")
            if open_lesson and not right[topic]:
                open_lesson(about.lesson, when)


def _download() -> None:
    """Offer what was answered as a file."""
    sheets = _sheets()
    if not sheets:
        return
    row = st.container(horizontal=True, vertical_alignment="bottom")
    name = row.text_input(
        "Nickname (optional)",
        max_chars=answers.MAX_NAME,
        key="quiz nickname",
        persist_state="session",
        help="Needed only where you answer before and after on different days or machines: use the same both times. It "
        "stands in the file and nowhere else.",
    )
    one = Student(st.session_state.setdefault(ID, secrets.token_hex(8)), name or "", dict(sheets))
    rounds = " and ".join(sheets)
    row.download_button(
        f"My answers {rounds} (JSON)",
        answers.to_json(one),
        f"{file_name(f'answers {name} {rounds}')}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
        key="quiz download",
    )
