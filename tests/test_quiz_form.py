"""The six questions on a page: answered, told, and taken away as a file that `class report` reads."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ays_toy.lessons import quiz
from ays_toy.lessons.answers import Sheet, Student, from_json, to_json
from ays_toy.ui.lessons import quiz_form


def page() -> None:
    from ays_toy.ui.lessons import quiz_form

    quiz_form.show()


@pytest.fixture
def at() -> AppTest:
    one = AppTest.from_function(page, default_timeout=60)
    return run(one)


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception
    return at


def answer(at: AppTest, when: str, form: str, wrong: tuple[str, ...] = (), skip: tuple[str, ...] = ()) -> AppTest:
    for topic, item in quiz.FORMS[form].items():
        if topic not in skip:
            given = item.right if topic not in wrong else len(item.options)  # not known yet
            at.radio(key=f"quiz {when} {form} {topic}").set_value(given)
    (button,) = [one for one in at.button if one.form_id == f"quiz {when}"]
    button.click()
    return run(at)


def words(at: AppTest) -> str:
    return " ".join(str(one.value) for one in [*at.markdown, *at.caption])


def store(at: AppTest) -> dict[str, Sheet]:
    return at.session_state[quiz_form.STORE]


def download(at: AppTest) -> Any:
    (button,) = at.get("download_button")
    return button.proto


def test_both_rounds_are_answered_in_other_words_and_reasons_come_after_the_second(at: AppTest) -> None:
    assert not at.get("download_button")
    answer(at, "before", "A", wrong=("klub", "search"), skip=("solvers",))
    assert "Question 6 has no answer yet" in at.warning[0].value
    assert at.radio(key="quiz before A klub").value == 4, "nothing that was chosen is lost"
    answer(at, "before", "A", wrong=("klub", "search"))
    assert "4 of 6 right" in words(at)
    assert quiz.TOPICS["klub"].why not in words(at)
    assert "Right is" not in words(at)
    assert "before" in download(at).label

    answer(at, "after", "B", wrong=("search",))
    assert "5 of 6 right" in words(at)
    for topic in quiz.TOPICS.values():
        assert topic.why in words(at)
    right = quiz.FORMS["B"]["search"]
    assert f"Right is: *{right.options[right.right]}*" in words(at)
    assert "before and after" in download(at).label
    read = from_json(to_json(Student("x", "", store(at))))
    assert read.sheets["before"].right == {topic: topic not in ("klub", "search") for topic in quiz.TOPICS}
    assert read.sheets["after"].right == {topic: topic != "search" for topic in quiz.TOPICS}


@pytest.mark.usefixtures("home")
def test_a_topic_that_was_wrong_both_times_has_a_link_to_its_lesson_in_either_round() -> None:
    at = run(AppTest.from_file("../pages/learn.py", default_timeout=60))
    answer(at, "before", "A", wrong=("klub",))
    answer(at, "after", "B", wrong=("klub", "search"))
    links = [one.label for one in at.button if one.label.startswith("Lesson: ")]
    area, stop = "Lesson: What KLUB is, as an area", "Lesson: Why to stop"
    assert sorted(links) == [area, area, stop]


def test_a_teacher_may_have_half_the_class_begin_with_the_other_form(at: AppTest) -> None:
    at.session_state["quiz form before"] = "B"
    run(at)
    answer(at, "before", "B")
    assert store(at)["before"].form == "B"
    answer(at, "after", "A")
    assert store(at)["after"].form == "A"
    assert "6 of 6 right" in words(at)
