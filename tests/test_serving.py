"""A shared server: no paths, only listed models, and what is kept belongs to a nickname."""

import os
import pathlib
import re
import threading
import time
from dataclasses import fields
from unittest.mock import Mock

import numpy as np
import pages_shown
import pytest
import torch
from streamlit.testing.v1 import AppTest

from ays_toy import images, serving
from ays_toy.images import loading, sources
from ays_toy.images.config import Which
from ays_toy.images.pipelines import conditioning, hub
from ays_toy.models import catalog, people, store
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.models.people import Keeper
from ays_toy.models.store import ModelStore, PointStore
from ays_toy.models.training import TrainingConfig
from ays_toy.runs import apart, beside
from ays_toy.runs.comparison import Model
from ays_toy.ui import background, codec, compute, view
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.job_queue import JobQueue
from ays_toy.ui.jobs import Job
from ays_toy.ui.record import Record
from ays_toy.ui.train.network import TrainView
from ays_toy.ui.view import Shared

ANNA, BEN = Keeper("anna", "a" * 22), Keeper("ben", "b" * 22)
POINTS = np.random.default_rng(5).normal(size=(50, 2))
CONFIG = TrainingConfig(network=NetworkConfig(width=16, depth=2), steps=10)


def weights() -> dict[str, torch.Tensor]:
    return MLPDenoiser(CONFIG.network, torch.Generator().manual_seed(0)).state_dict()


@pytest.fixture
def shared(home: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv(serving.SHARED, "1")
    monkeypatch.setenv(serving.MODELS, "google/ddpm-cifar10-32, owner/other")


# --- the switch ------------------------------------------------------------------------------------------------------


def test_without_the_switch_all_is_open(monkeypatch):
    monkeypatch.delenv(serving.SHARED, raising=False)
    assert serving.current() == serving.Serving(False, ())
    serving.current().check_model("/any/folder")
    serving.current().check_path()


@pytest.mark.usefixtures("home")
def test_a_shared_server_goes_through_its_data_by_itself_once_and_others_only_through_what_is_asked_for(monkeypatch):
    monkeypatch.setattr(compute, "DATASETS", {"gaussian": None})
    monkeypatch.setattr(compute, "prepare", Mock(wraps=compute.prepare.__wrapped__))
    monkeypatch.setattr(apart, "begin", begin := Mock())  # for all of this process
    monkeypatch.setattr(beside, "begin", ready := Mock())
    monkeypatch.delenv(serving.SHARED, raising=False)
    assert not AppTest.from_file("../app.py", default_timeout=60).run().exception
    assert not compute.prepare.called
    monkeypatch.setenv(serving.SHARED, "1")
    assert not AppTest.from_file("../app.py", default_timeout=60).run().exception
    compute.prepare.assert_called_once()
    begin.assert_called_once()
    ready.assert_called_once()
    end = time.monotonic() + 60
    while not all(work.known(Model("gaussian")) for work in (compute.one_pass, compute._followed)):
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("switch", "models", "says"),
    [
        ("yes", "", "AYS_SHARED must be 1"),
        ("1", "/etc", "AYS_MODELS must list names on the hub such as owner/model, not '/etc'"),
        ("1", "owner/model, ../x", "not '../x'"),
        ("1", "owner/model/more", "must list"),
        ("0", "a b/c", "must list"),
    ],
)
@pytest.mark.usefixtures("home")
def test_a_switch_or_a_list_that_cannot_be_meant_is_one_sentence(monkeypatch, switch, models, says):
    monkeypatch.setenv(serving.SHARED, switch)
    monkeypatch.setenv(serving.MODELS, models)
    with pytest.raises(ValueError, match=re.escape(says)):
        serving.current()


# --- no paths --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("shared")
def test_folders_files_and_absent_paths_answer_alike_and_are_never_looked_at(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    texts = [str(tmp_path), str(tmp_path / "file"), "/no/such/folder", "~", "~nobody_here/x", "stranger/model", "\0"]
    looked = []
    for name in ("stat", "lstat", "scandir", "listdir", "open"):
        before = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *one, before=before, **more: (looked.append(one), before(*one, **more))[1])
    monkeypatch.setattr(hub, "download", lambda name: pytest.fail(f"asked the hub for {name}"))
    said = set()
    for text in texts:
        for ask in (images.load, lambda text: Which(text).load(), lambda text: images.load(pathlib.Path(text))):
            with pytest.raises(
                ValueError, match="loads only these models: digits, handwritten, google/ddpm-cifar10-32"
            ) as caught:
                ask(text)
            said.add(str(caught.value))
        for look in (
            lambda text: sources.from_folder(None, pathlib.Path(text), 2),
            lambda text: conditioning.prompts_from(pathlib.Path(text)),
        ):
            with pytest.raises(ValueError, match="reads nothing from paths") as caught:
                look(text)
            said.add(str(caught.value))
    assert len(said) == 2
    assert looked == []


@pytest.mark.usefixtures("shared")
def test_a_link_with_a_path_or_a_model_of_no_list_says_the_same_of_all():
    said = set()
    for text in ("/etc", "/etc/passwd", "/no/such", "stranger/model"):
        state, problems = codec.from_query(ImagesView, {"image_model": text, "folder": text})
        assert state == ImagesView()
        said |= set(problems)
    assert len(said) == 2
    assert codec.from_query(ImagesView, {"image_model": "owner/other"})[1] == []


@pytest.mark.usefixtures("shared")
def test_a_listed_model_comes_from_the_hub_and_no_message_tells_where_it_lies(tmp_path, monkeypatch):
    (tmp_path / "model_index.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hub, "download", lambda _: tmp_path)
    with pytest.raises(ValueError, match="owner/other") as caught:
        images.load("owner/other")
    assert str(tmp_path) not in str(caught.value)
    assert images.load("digits", device="cpu").title


@pytest.mark.usefixtures("shared")
def test_runs_on_a_shared_server_have_one_copy_of_a_model_while_one_of_them_is_kept(monkeypatch):
    loaded = []

    class Model:
        pass

    monkeypatch.setattr(loading, "load", lambda name, **_: loaded.append(name) or Model())
    first, prompted = Which("owner/other").load(), Which("owner/other", ("a cat",)).load()
    assert Which("owner/other").load() is first is not prompted
    assert len(loaded) == 2
    del first
    Which("owner/other").load()
    assert len(loaded) == 3
    monkeypatch.delenv(serving.SHARED)
    assert Which("folder").load() is not Which("folder").load()


@pytest.mark.usefixtures("shared")
def test_the_images_page_offers_the_listed_models_and_asks_for_no_folder():
    at = pages_shown.opened("images", image_model="owner/other", folder="/etc")
    listed = ["digits", "handwritten", "google/ddpm-cifar10-32", "owner/other"]
    assert at.selectbox(key="image_model").options == listed
    assert "folder" not in [box.key for box in at.text_input]
    assert any("reads nothing from paths" in one.value for one in at.warning)


# --- whose things are kept -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("shared")
def test_what_is_kept_under_a_nickname_is_seen_by_all_and_changed_by_its_browser_alone():
    PointStore.of(ANNA).save("mine", POINTS)
    ModelStore.of(ANNA).save("net", weights(), CONFIG, data="own:anna/mine")
    assert len(catalog.dataset("own:anna/mine").mixture.means) == 50
    assert catalog.models("own:anna/mine", keeper=ANNA) == {"exact": "Exact", "saved:anna/net": "anna/net (your model)"}
    assert catalog.models("own:anna/mine", keeper=BEN) == {"exact": "Exact"}
    assert "saved:anna/net" in catalog.models("own:anna/mine", "saved:anna/net", keeper=BEN), "by a link"
    assert "own:anna/mine" in catalog.datasets(keeper=ANNA)
    assert "own:anna/mine" not in catalog.datasets(keeper=BEN)
    assert "own:anna/mine" in catalog.datasets("own:anna/mine", keeper=BEN)
    posing = Keeper("anna", BEN.key)
    for other in (posing, Keeper("anna", ""), Keeper("", ANNA.key), Keeper("ANNA ", BEN.key)):
        with pytest.raises(ValueError, match="nickname"):
            PointStore.of(other).save("mine", -POINTS, replace=True)
        with pytest.raises(ValueError, match="somebody else's"):
            PointStore.of(other).delete("mine")
        with pytest.raises(ValueError, match="nickname"):
            ModelStore.of(other).save("other", weights(), CONFIG)
    assert np.array_equal(PointStore.of(ANNA).load("mine"), POINTS)
    PointStore.of(BEN).save("mine", -POINTS)  # the same name under another nickname is another thing
    assert np.array_equal(PointStore.of(ANNA).load("mine"), POINTS)
    ModelStore.of(ANNA).delete("net")
    assert catalog.gone("saved:anna/net") == "There is no saved model 'net': choose another, or train it anew."


@pytest.mark.usefixtures("shared")
def test_names_lead_nowhere_else():
    (people.home() / "secret").mkdir(parents=True)
    PointStore(people.home() / "secret").folder.joinpath("x.safetensors").write_bytes(b"")
    for name in ("../secret/x", "../../secret/x", "anna/../x", "/x", "anna/", "a/b/c", "~/x", "x"):
        with pytest.raises(ValueError, match=r"nickname|name must be|no saved"):
            catalog.dataset(f"own:{name}")
        assert catalog.gone(f"saved:{name}")
    for nickname in ("../x", ".", "owner/x", "a" * 21, "a b"):
        with pytest.raises(ValueError, match="nickname must be"):
            PointStore.of(Keeper(nickname, ANNA.key))


@pytest.mark.usefixtures("shared")
def test_there_are_so_many_nicknames_files_and_bytes(monkeypatch):
    monkeypatch.setattr(people, "MOST_OF_ONE", 2)
    for name in ("one", "two"):
        PointStore.of(Keeper(name, ANNA.key)).save("mine", POINTS)
    with pytest.raises(ValueError, match="A browser can have 2 nicknames"):
        PointStore.of(Keeper("three", ANNA.key)).save("mine", POINTS)
    monkeypatch.setattr(people, "MOST_PEOPLE", 2)
    with pytest.raises(ValueError, match="There are 2 nicknames on this server"):
        PointStore.of(BEN).save("mine", POINTS)
    one = PointStore.of(Keeper("one", ANNA.key))
    monkeypatch.setattr(store, "FEWER_FILES", 1)
    with pytest.raises(ValueError, match="There are 1 saved data sets, the most that are kept"):
        one.save("another", POINTS)
    monkeypatch.setattr(store, "FEWER_BYTES", 100)
    with pytest.raises(ValueError, match="MiB together"):
        one.save("mine", POINTS, replace=True)
    monkeypatch.setattr(store, "FEWER_BYTES", 10**9)
    monkeypatch.setattr(store, "MOST_BYTES", people.kept_by_all() + 100)
    with pytest.raises(ValueError, match="All that is kept on this server"):
        one.save("mine", POINTS, replace=True)


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("damage", ["empty", "no text", "a folder"])
def test_a_nickname_whose_owner_cannot_be_read_is_free_to_nobody(damage):
    PointStore.of(ANNA).save("mine", POINTS)
    owner = ANNA.folder / people.OWNER
    owner.unlink()
    if damage == "a folder":  # as any that cannot be read, whatever the system has against it
        owner.mkdir()
    else:
        owner.write_bytes(b"" if damage == "empty" else b"\xff")
    for keeper in (ANNA, Keeper("anna", BEN.key)):
        with pytest.raises(ValueError, match="somebody else's"):
            PointStore.of(keeper).delete("mine")
        with pytest.raises(ValueError, match="that of another browser"):
            keeper.take()


@pytest.mark.usefixtures("shared")
def test_a_link_holds_the_nickname_and_a_private_server_does_without():
    assert codec.from_query(Shared, {"nickname": "Anna"})[0].nickname == "anna"
    assert "nickname must be" in codec.from_query(Shared, {"nickname": "../x"})[1][0]


@pytest.mark.usefixtures("home")
def test_without_the_switch_there_are_no_nicknames():
    assert codec.from_query(Shared, {"nickname": "anna"}) == (Shared(), [])
    assert PointStore.of(ANNA).folder == people.home() / "points"
    with pytest.raises(ValueError, match="name must be"):
        catalog.dataset("own:anna/mine")


@pytest.mark.usefixtures("shared")
def test_points_are_kept_under_a_nickname_on_the_page_and_are_not_deleted_by_others():
    at = pages_shown.opened("data")
    at.text_input(key="points_name").set_value("mine")
    at.button(key="keep points").click()
    pages_shown.run(at)
    assert "Choose a nickname first" in at.error[0].value
    at.text_input(key="nickname box").set_value("no/name")
    pages_shown.run(at)
    assert any("nickname must be" in one.value for one in at.caption)
    at.text_input(key="nickname box").set_value("Anna")
    pages_shown.run(at)
    at.text_input(key="points_name").set_value("mine")
    at.button(key="keep points").click()
    pages_shown.run(at)
    assert at.query_params["data"] in ("own:anna/mine", ["own:anna/mine"])
    assert at.query_params["nickname"] in ("anna", ["anna"])
    assert at.button(key="delete points anna/mine")
    other = pages_shown.opened("data", data="own:anna/mine", nickname="anna")  # another browser: another key
    assert not any(str(button.key).startswith("delete points") for button in other.button)
    assert any("somebody else's nickname" in one.value for one in other.caption)
    also = PointStore.of(Keeper("ben", at.session_state["browser key"]))
    also.save("mine", POINTS)
    at.text_input(key="nickname box").set_value("ben")  # comes with the click, as of a field that loses the focus by it
    at.button(key="delete points anna/mine").click()
    pages_shown.run(at)
    assert PointStore.of(ANNA).list() == ()
    assert len(also.list()) == 1, "the button is of the points that it was drawn beside"
    pages_shown.run(other)
    assert any("no saved data set" in one.value for one in other.warning)


# --- what is gone ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("page", ["explore", "train"])
def test_a_model_that_was_deleted_is_said_to_be_gone(page):
    ModelStore().save("net", weights(), CONFIG, data="ring-8", excess=0.1)
    query = {"data": "ring-8", "model": "saved:net", "steps": "3"}
    at = pages_shown.opened(page, **query)
    assert not at.warning
    ModelStore().delete("net")
    pages_shown.run(at)
    assert "no saved model 'net'" in at.warning[0].value
    assert "no saved model 'net'" in pages_shown.opened(page, **query).warning[0].value


# --- limits of a session ---------------------------------------------------------------------------------------------


def test_a_session_has_so_many_jobs_under_way_and_others_have_their_own() -> None:
    queue, over = JobQueue(workers=1), threading.Event()

    def work(_stop):
        over.wait(20)
        yield from ()

    for key in "ab":
        queue.submit(key, work, "anna", most=2)
    with pytest.raises(ValueError, match="You have 2 runs under way, the most on this server"):
        queue.submit("c", work, "anna", most=2)
    again = queue.submit("a", work, "anna", most=2)  # which is one of the two
    queue.submit("c", work, "ben", most=2)
    with pytest.raises(ValueError, match="2 runs under way"):
        queue.submit("d", work, "anna", most=2, instead=Job("x", work))
    queue.submit("d", work, "anna", most=2, instead=again)  # which is let go for it
    queue.submit("e", work, "anna")  # where there is no limit
    queue.leave(again, "anna")
    over.set()


@pytest.mark.usefixtures("shared")
def test_a_run_too_many_is_refused_in_a_sentence_on_the_page(monkeypatch) -> None:
    monkeypatch.setattr(background, "MOST_OF_ONE", 0)
    at = pages_shown.opened("train", data="ring-8", length="200")
    at.button(key="train").click()
    pages_shown.run(at)
    assert "runs under way, the most on this server" in at.error[0].value


@pytest.mark.usefixtures("shared")
def test_what_a_browser_sends_beyond_its_widgets_is_refused_as_in_a_link(monkeypatch) -> None:
    session = Record(values={"width": 4096, "image_model": "/etc"})
    monkeypatch.setattr(view.record, "this_session", lambda: session)
    state = {field.name: field.default for field in fields(TrainView)} | {"width": 4096, "depth": 10**9}
    monkeypatch.setattr(session, "shown", lambda _: state)
    monkeypatch.setattr(session, "take", lambda _: None)
    said = []
    monkeypatch.setattr(view.frame, "remark", said.append)
    assert view.current(TrainView) == TrainView()
    assert len(said) == 2
    assert "What was chosen as “width”" in said[0]
