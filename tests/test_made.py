"""What ships and what made it: found by imports, told when it has changed, and made anew from where it was killed."""

import subprocess

import pytest

from benchmarks import shipped
from benchmarks.artefacts import ARTEFACTS, Artefact
from benchmarks.fingerprints import ROOT, code_of, essence

MAKER = '''"""Makes a file, at the second attempt."""
import sys
from pathlib import Path
from ays_toy.one import WORD
folder = Path(sys.argv[1])
if not (folder / "half").exists():
    (folder / "half").touch()
    sys.exit(3)
(folder / "word.txt").write_text(WORD)
'''
ONE = Artefact("word", "out", ("word.txt",), "benchmarks.maker {to}", "a moment", reads=("data/*.txt",))


@pytest.fixture
def small(tmp_path):
    """A project of two modules, a data file and one thing that ships."""
    for name, text in {
        "benchmarks/maker.py": MAKER,
        "ays_toy/one.py": 'WORD = "first"\n',
        "ays_toy/other.py": "X = 1\n",
        "data/some.txt": "1",
        "out/word.txt": "long ago",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def made(root, one=ONE):
    """The word, made after one attempt that failed."""
    with pytest.raises(subprocess.CalledProcessError):
        shipped.make(one, root)
    shipped.make(one, root)
    return (root / one.folder / "word.txt").read_text()


def test_what_was_made_before_there_were_records_is_unknown_and_what_is_not_there_missing(small):
    assert shipped.state(ONE, small).word == "unknown"
    (small / "out/word.txt").unlink()
    assert shipped.state(ONE, small).word == "missing"


def test_it_is_fresh_once_made_and_stale_by_the_module_or_the_data_that_changed(small):
    assert made(small) == "first"
    assert shipped.state(ONE, small) == shipped.State("fresh")
    assert list((small / shipped.UNDER_WAY).iterdir()) == [], "what is whole leaves nothing behind"
    (small / "ays_toy/other.py").write_text("X = 2\n")
    (small / "ays_toy/one.py").write_text('"""A word."""\n\nWORD = "first"  # said\n')
    assert shipped.state(ONE, small).word == "fresh", "neither other code nor what is said of this one"
    (small / "ays_toy/one.py").write_text('WORD = "second"\n')
    (small / "data/some.txt").write_text("2")
    assert shipped.state(ONE, small) == shipped.State("stale", ("ays_toy.one", "data/some.txt"))
    assert made(small) == "second"
    assert shipped.state(ONE, small).word == "fresh"


def test_what_was_written_by_another_hand_is_not_called_fresh(small):
    made(small)
    (small / "out/word.txt").write_text("mine")
    assert shipped.state(ONE, small) == shipped.State("unknown", ("word.txt itself",))


def test_one_that_was_killed_goes_on_unless_its_code_has_changed(small):
    with pytest.raises(subprocess.CalledProcessError):
        shipped.make(ONE, small)
    assert (small / "out/word.txt").read_text() == "long ago", "what ships stays until the new one is whole"
    # Another length, or Python takes what it has compiled of the module within this very second.
    (small / "ays_toy/one.py").write_text('WORD = "second"\n')
    assert made(small) == "second", "which fails once more, since it begins anew"


def test_only_what_is_stale_is_due_and_trainings_and_the_unknown_by_name(small):
    training = Artefact("net", "out", ("net.txt",), "benchmarks.maker {to}", "hours", training=True)
    all_of_them = {one.name: one for one in (training, ONE)}

    def due(*named):
        return [one.name for one in shipped.due(named, small, all_of_them)]

    assert due() == [], "the word is unknown, and the net is trained only by name"
    assert due("word", "net") == ["net", "word"], "in order"
    made(small)
    assert due() == []
    (small / "ays_toy/one.py").write_text('WORD = "second"\n')
    assert due() == ["word"]
    with pytest.raises(ValueError, match="Unknown artefact 'nothing'"):
        due("nothing")


def test_comments_and_docstrings_are_not_of_the_essence_and_all_else_is():
    said = '"""What."""\n\ndef f(x):  # so\n    """Why,\n\n    and how."""\n    return "# no comment"\n'
    assert essence(said) == 'def f(x):\n    return "# no comment"'
    assert essence('def f(x):\n    y = """\n    text\n    """\n    return y') != essence("def f(x):\n    return y")


def test_the_code_behind_a_result_is_what_it_imports():
    code = code_of(ARTEFACTS["presets"].code, ROOT)
    assert {"benchmarks.presets", "ays_toy.sampling.solver_steps", "ays_toy.optimize.refine"} <= set(code)
    assert not [name for name in code if name.startswith(("ays_toy.ui", "ays_toy.figures", "pages", "tests"))]
    assert "ays_toy.ui.explore" in code_of(ARTEFACTS["pictures"].code, ROOT)


def test_everything_computed_that_ships_is_listed_once_and_made_after_what_it_reads():
    kinds = (".json", ".parquet", ".npz", ".safetensors", ".png")
    folders = ("docs", "ays_toy/runs/results", "ays_toy/images/results", "ays_toy/images/weights", "ays_toy/models")
    there = {path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in kinds}
    there -= {path for path in there if path.name.endswith(".made.json") or path.parent.suffix == ".parts"}
    listed = [ROOT / name for one in ARTEFACTS.values() for name in shipped.files(one, ROOT)]
    assert there <= set(listed)
    assert len(listed) == len(set(listed))
    order = list(ARTEFACTS.values())
    for k, one in enumerate(order):
        read = set(shipped.made_with(one, ROOT)["data"])
        assert all(read.isdisjoint(shipped.files(other, ROOT)) for other in order[k:]), one.name
        assert all(list(ROOT.glob(pattern)) for pattern in one.reads), one.name
