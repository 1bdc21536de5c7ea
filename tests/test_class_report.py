"""The class's gain from files of answers: known gains are recovered, and what cannot be read is said."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ays_toy.cli import app, common
from ays_toy.lessons import LESSONS, answers, quiz
from ays_toy.lessons.answers import Sheet, Student
from ays_toy.lessons.report import report

TOPICS = list(quiz.TOPICS)
BEFORE, AFTER = np.array([0.5, 0.3, 0.1, 0.1, 0.2, 0.3]), np.array([0.9, 0.8, 0.5, 0.6, 0.4, 0.7])
GAIN, NORMALIZED = (AFTER - BEFORE).sum(), (AFTER - BEFORE).sum() / (6 - BEFORE.sum())


def sheet(form: str, right: np.ndarray, rng: np.random.Generator) -> Sheet:
    """Answers of which those are right; wrong ones are any other option."""
    chosen = {}
    for topic, is_right in zip(TOPICS, right, strict=True):
        item = quiz.FORMS[form][topic]
        wrong = [k for k in range(len(item.choices)) if k != item.right]
        chosen[topic] = item.right if is_right else int(rng.choice(wrong))
    return Sheet(form, chosen)


def klass(rng: np.random.Generator, n: int) -> list[Student]:
    """Learners some of whom are better than others at everything; the class's chances are BEFORE and AFTER."""
    students = []
    for k in range(n):
        talent = rng.uniform(-0.1, 0.1)
        forms = "AB" if k % 2 else "BA"
        sheets = {
            when: sheet(form, rng.random(6) < chances + talent, rng)
            for when, form, chances in zip(quiz.WHEN, forms, (BEFORE, AFTER), strict=True)
        }
        students.append(Student(f"session {k}", f"n{k}", sheets))
    return students


@pytest.mark.parametrize("n", [8, 25])
def test_a_known_gain_lies_within_its_interval_as_often_as_that_says(n: int) -> None:
    classes = 300
    held = np.zeros(2)
    per_question = np.zeros(6)
    gains = []
    for seed in range(classes):
        found = report(klass(np.random.default_rng(seed), n))
        gains.append(found.gain.value)
        held += [
            found.gain.low <= GAIN <= found.gain.high,
            found.normalized.low <= NORMALIZED <= found.normalized.high,
        ]
        per_question += [
            one.gain.low <= there - here <= one.gain.high
            for one, here, there in zip(found.by_question, BEFORE, AFTER, strict=True)
        ]
    # 95 % but for four standard errors of the share, which are 0.05; intervals of shares may be on the safe side.
    assert (np.abs(held / classes - 0.95) < 0.05).all(), held / classes
    assert (per_question / classes > 0.9).all(), per_question / classes
    assert np.mean(gains) == pytest.approx(GAIN, abs=4 * np.std(gains) / np.sqrt(classes))


def test_the_figures_are_those_counted_by_hand() -> None:
    rng = np.random.default_rng(0)
    right = {"ann": ((1, 1, 0, 0, 0, 0), (1, 1, 1, 1, 0, 0)), "ben": ((0,) * 6, (1, 1, 1, 1, 0, 0))}
    students = [
        Student(name, name, {when: sheet("A", np.array(one), rng) for when, one in zip(quiz.WHEN, rows, strict=True)})
        for name, rows in right.items()
    ]
    found = report(students)
    assert (found.score_before, found.score_after, found.both) == (1.0, 4.0, 2)
    assert found.gain.value == 3.0
    assert found.gain.high - 3.0 == pytest.approx(12.706 * 1.0, rel=1e-4)  # t of one degree; gains 2 and 4: error 1
    assert found.normalized.value == pytest.approx(6 / 10)
    assert [one.gain.value for one in found.by_question] == [0.5, 0.5, 1.0, 1.0, 0.0, 0.0]
    assert "Few learners (2)" in " ".join(found.remarks)
    assert "same form first" in " ".join(found.remarks)


def test_who_answered_once_is_left_out_and_groups_of_different_people_are_called_so() -> None:
    rng = np.random.default_rng(1)
    students = klass(rng, 12)
    once = [replace(one, sheets={"before": one.sheets["before"]}) for one in students[:4]]
    found = report([*once, *students[4:]])
    assert (found.before, found.after, found.both) == (12, 8, 8)
    assert found.gain == report(students[4:]).gain
    assert "4 learners answered only once and are left out" in " ".join(found.remarks)
    apart = [replace(one, sheets={"after": one.sheets["after"]}) for one in students[4:]]
    found = report([*once, *apart])
    assert found.both == 0
    assert found.normalized is None
    assert found.gain.low < found.gain.value < found.gain.high
    assert "different people" in " ".join(found.remarks)
    alone = report(once)
    assert alone.gain is None
    assert alone.by_question[0].after is None
    with pytest.raises(ValueError, match="There are no answers"):
        report([])


@pytest.mark.parametrize(
    ("orders", "same_first", "same_twice"),
    [
        (("AB", "BA"), False, False),
        (("AB", "AB"), True, False),
        (("AB", "BA", "AA"), False, True),
        (("AA", "BB"), False, True),
        (("AB", "AA"), True, True),
    ],
)
def test_which_forms_were_answered_is_remarked_as_it_was(
    orders: tuple[str, ...], same_first: bool, same_twice: bool
) -> None:
    rng = np.random.default_rng(6)
    students = [
        Student(f"{k}", "", {when: sheet(form, np.zeros(6), rng) for when, form in zip(quiz.WHEN, order, strict=True)})
        for k, order in enumerate(orders)
    ]
    remarks = " ".join(report(students).remarks)
    assert ("All learners had the same form first" in remarks) is same_first
    assert ("Some answered the same form twice" in remarks) is same_twice


def test_one_learner_and_learners_all_alike_have_a_gain_without_an_interval() -> None:
    (one,) = klass(np.random.default_rng(2), 1)
    found = report([one])
    assert found.gain.low is None
    assert "no interval" in found.gain.words("{:.2f}".format)
    everything = Sheet("A", {topic: item.right for topic, item in quiz.FORMS["A"].items()})
    perfect = [Student(f"{k}", "", {"before": everything, "after": everything}) for k in range(3)]
    assert report(perfect).normalized is None
    assert report(perfect).gain.value == 0


# --- files ---------------------------------------------------------------------------------------------------------


def test_answers_come_back_from_their_file_and_one_learner_s_files_are_put_together(tmp_path: Path) -> None:
    (one,) = klass(np.random.default_rng(3), 1)
    assert answers.from_json(answers.to_json(one)) == one
    named = [
        replace(one, id="monday", nickname="Ada L", sheets={"before": one.sheets["before"]}),
        replace(one, id="friday", nickname=" ada  l", sheets={"after": one.sheets["after"]}),
    ]
    nameless = replace(one, id="x", nickname="")
    for k, student in enumerate([*named, nameless, nameless]):
        (tmp_path / f"{k}.json").write_text(answers.to_json(student), encoding="utf-8")
    students, problems = answers.read([tmp_path])
    assert problems == []
    assert [set(student.sheets) for student in students] == [{"before", "after"}, {"before", "after"}]


@pytest.mark.parametrize("names", [("", "Ada"), ("Ada", "")])
def test_files_of_one_session_with_and_without_a_nickname_are_one_learner_s(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    (one,) = klass(np.random.default_rng(7), 1)
    early = replace(one, nickname=names[0], sheets={"before": one.sheets["before"]})
    for k, student in enumerate([early, replace(one, nickname=names[1])]):
        (tmp_path / f"{k}.json").write_text(answers.to_json(student), encoding="utf-8")
    assert answers.read([tmp_path]) == ([replace(one, nickname="Ada")], [])
    (tmp_path / "2.json").write_text(answers.to_json(replace(one, nickname="Ben")), encoding="utf-8")
    assert len(answers.read([tmp_path])[0]) == 3, "two have shared a session: whose the nameless file is, is not known"


def good() -> dict[str, object]:
    return json.loads(answers.to_json(klass(np.random.default_rng(4), 1)[0]))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "recipe"}, "holds no answers to the quiz"),
        ({"version": 2}, "Its version is 2"),
        ({"nickname": 3}, "nickname must be a text"),
        ({"id": ""}, "id must be a text"),
        ({"sheets": {}}, "holds no answers"),
        ({"sheets": {"during": {}}}, "Unknown time of the answers"),
        ({"sheets": {"before": []}}, "Answers must be given by topic"),
        ({"sheets": {"before": {"form": "C", "answers": {}}}}, "Unknown form of the quiz"),
        ({"sheets": {"before": {"form": ["A"], "answers": {}}}}, "Unknown form of the quiz"),
        ({"sheets": {"before": {"form": "A", "answers": {"luck": 1}}}}, "Unknown question 'luck'"),
        ({"sheets": {"before": {"form": "A", "answers": {"klub": 5}}}}, "whole number from 0 to 4, not 5"),
        ({"sheets": {"before": {"form": "A", "answers": {"klub": True}}}}, "whole number from 0 to 4"),
        ({"sheets": {"before": {"form": "A", "answers": {"klub": "2"}}}}, "whole number from 0 to 4"),
    ],
)
def test_a_file_that_is_no_answers_is_refused_in_a_sentence(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refused:
        answers.from_json(json.dumps(good() | change))
    assert str(refused.value).endswith(".")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(common.console, "width", 200)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, ["class", "report", *map(str, words)])


def test_the_command_prints_the_gain_names_what_it_leaves_out_and_gives_json(run, tmp_path: Path) -> None:
    students = klass(np.random.default_rng(5), 14)
    for k, student in enumerate(students):
        (tmp_path / f"{k:02}.json").write_text(answers.to_json(student), encoding="utf-8")
    twin = replace(students[0], id="other", sheets={"before": students[1].sheets["before"]})
    (tmp_path / "twin.json").write_text(answers.to_json(twin), encoding="utf-8")
    (tmp_path / "notes[1].json").write_text("[link=x]", encoding="utf-8")
    (tmp_path / "large.json").write_text(" " * (answers.LARGEST + 1), encoding="utf-8")
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe\xfa")
    done = run(tmp_path, tmp_path / "missing.json")
    assert done.exit_code == 0, done.output
    found = report(students)
    assert (
        f"Gain: {found.gain.value:+.2f} (95 % interval {found.gain.low:+.2f} to {found.gain.high:+.2f})" in done.output
    )
    for sentence in (
        "twin.json is left out: Another file",
        "notes[1].json is left out: It is not JSON",
        "100,000 bytes",
    ):
        assert sentence in " ".join(done.output.split())
    assert "no text in UTF-8" in done.output
    assert "missing.json is left out: It cannot be read" in " ".join(done.output.split())
    as_json = json.loads(run(tmp_path, "--json").output)
    assert as_json["gain"]["value"] == found.gain.value
    assert len(as_json["left_out"]) == 4
    refused = run(tmp_path / "latin.json")
    assert refused.exit_code == 2
    assert "Traceback" not in refused.output
    assert "is left out" in " ".join(refused.output.replace("│", " ").split())


# --- the questions -------------------------------------------------------------------------------------------------


def test_both_forms_ask_every_topic_and_no_letter_or_length_gives_the_answer_away() -> None:
    for items in quiz.FORMS.values():
        assert list(items) == TOPICS
        for item in items.values():
            assert len(set(item.options)) == len(item.options) == 4
            assert 0 <= item.right < 4
        longest = [
            max(range(4), key=lambda k, item=item: len(item.options[k])) == item.right for item in items.values()
        ]
        assert sum(longest) <= 3
        assert len({item.right for item in items.values()}) == 4
    one, other = quiz.FORMS.values()
    for topic in TOPICS:
        assert one[topic].right != other[topic].right
        assert one[topic].text != other[topic].text
        assert not set(one[topic].options) & set(other[topic].options)
    assert quiz.other("A") == "B"


def test_what_was_left_out_or_not_known_is_not_right() -> None:
    known = {topic: item.right for topic, item in quiz.FORMS["B"].items()}
    assert all(quiz.marked("B", known).values())
    unsure = known | {"klub": 4, "search": None}
    assert [topic for topic, right in quiz.marked("B", unsure).items() if not right] == ["klub", "search"]
    assert not any(quiz.marked("B", {}).values())
    with pytest.raises(ValueError, match="Unknown form"):
        quiz.marked("C", {})


def test_every_topic_names_a_lesson_that_there_is() -> None:
    assert {topic.lesson for topic in quiz.TOPICS.values()} <= LESSONS.keys()
