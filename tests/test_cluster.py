"""Jobs on a Dask cluster: the snapshots of a thread, stopped within a step, gone on with, not lost with a worker."""

import os
import pickle
import sys
import threading
from collections import OrderedDict
from functools import partial

import far_work
import jobs_elsewhere
import numpy as np
import pytest
from jobs_elsewhere import until

from ays_toy.data import memory
from ays_toy.models import catalog
from ays_toy.models.networks import NetworkConfig
from ays_toy.models.training import TrainingConfig
from ays_toy.runs import cluster, finding, live_search, live_training
from ays_toy.runs.comparison import Model
from ays_toy.runs.live_search import SearchConfig
from ays_toy.runs.live_training import LessonConfig
from ays_toy.ui.job_queue import JobQueue

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """Two workers, each a process of one thread, and the client of this process."""
    from distributed import LocalCluster

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AYS_EXPLORER_HOME", str(tmp_path_factory.mktemp("far")))
        with LocalCluster(2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as made:
            patched.setenv(cluster.NAME, made.scheduler_address)
            client = cluster.client()
            yield client
            client.close()
            cluster._connected.cache_clear()


@pytest.mark.usefixtures("workers")
def test_training_there_yields_the_snapshots_of_a_thread_here():
    config = LessonConfig("ring-8", TrainingConfig(NetworkConfig(16, 1), steps=150, batch=64))
    work = partial(live_training.lesson, config)
    here, there = list(work(lambda: False)), list(cluster.through(work)(lambda: False))
    assert [state.share for state in there] == [state.share for state in here]
    np.testing.assert_allclose(there[-1].excesses, here[-1].excesses, rtol=1e-6)
    np.testing.assert_allclose(there[-1].pictures[-1].image, here[-1].pictures[-1].image, atol=1e-9)


@pytest.mark.usefixtures("workers")
def test_a_search_and_a_choice_there_are_those_of_a_thread_here():
    config = SearchConfig(Model("gaussian"), "ddim", 3, samples=64)
    work = partial(live_search.search, config)
    *_, here = work(lambda: False)
    *_, there = cluster.through(work)(lambda: False)
    assert (len(here.sweeps), here.stop) == (len(there.sweeps), there.stop)
    np.testing.assert_allclose(there.sweeps[-1].sigmas, here.sweeps[-1].sigmas, rtol=1e-9)
    asked = Model("gaussian"), None, "edm", "", 4
    far = cluster.do(finding.find, *asked, 2.0, "energy")
    np.testing.assert_array_equal(far.sigmas, finding.find(*asked, 2.0, "energy").sigmas)


@pytest.mark.usefixtures("workers")
def test_points_that_are_held_here_alone_go_there_with_the_work():
    name = catalog.hold_points(np.random.default_rng(3).normal(size=(40, 2)), "cloud")
    far = cluster.do(Model.fresh_data, Model(name), 8)
    np.testing.assert_array_equal(far, Model(name).fresh_data(8))
    config = LessonConfig(name, TrainingConfig(NetworkConfig(16, 1), steps=20, batch=64))
    *_, last = cluster.through(partial(live_training.lesson, config))(lambda: False)
    assert last.share == 1


def test_held_points_are_found_by_what_was_sent(monkeypatch):
    model = Model(catalog.hold_points(np.random.default_rng(4).normal(size=(40, 2)), "cloud"))
    means, sent = model.dataset.mixture.means, pickle.dumps((model, LessonConfig(model.data, TrainingConfig())))
    monkeypatch.setattr(memory, "_held", OrderedDict())
    again, config = pickle.loads(sent)
    assert (again, hash(again), config.data) == (model, hash(model), model.data)
    np.testing.assert_array_equal(again.dataset.mixture.means, means)


@pytest.mark.usefixtures("workers")
def test_a_job_stops_there_within_a_step_and_goes_on_where_it_was():
    jobs_elsewhere.check_that_it_stops_within_a_step_and_goes_on(cluster.through)


def test_a_job_whose_worker_is_killed_is_done_by_another(workers):
    there = set(workers.run(os.getpid).values())
    assert jobs_elsewhere.check_that_another_does_it_where_its_process_is_killed(cluster.through) in there


@pytest.mark.usefixtures("workers")
def test_what_fails_there_is_said_here_and_so_is_work_that_no_machine_survives():
    said = jobs_elsewhere.check_that_what_fails_is_said(cluster.through)
    assert said == "The machines that computed this went down, one after the other: try again."


def test_workers_of_this_machine_are_no_children_of_the_app_and_end_with_it(monkeypatch):
    monkeypatch.setenv(cluster.NAME, "local")
    cluster._connected.cache_clear()
    made = cluster.client()
    try:
        names = made.submit(lambda: sorted(sys.modules), pure=False).result(60)
        assert not {"streamlit", "torch", "pytest"} & set(names), "they have not run whatever has started them"
    finally:
        made.close()
        cluster._connected.cache_clear()
        cluster._local.stdin.close()
        assert cluster._local.wait(60) == 0
        cluster._local.stdout.close()


def test_without_a_cluster_work_is_done_here(monkeypatch):
    monkeypatch.delenv(cluster.NAME, raising=False)
    assert not cluster.wanted()
    assert cluster.through(far_work.refused) is far_work.refused
    assert cluster.do(threading.get_ident) == threading.get_ident()


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.1:8786", "tcp://example.org:8786", "http://localhost:1", "yes", "tls://"]
)
def test_work_is_sent_to_this_machine_or_through_tls_alone(address):
    with pytest.raises(ValueError, match=r"^AYS_CLUSTER must be local, a scheduler on this machine such as"):
        cluster.check(address)


@pytest.mark.parametrize(
    "address", ["local", "tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:1", "tls://far:8786"]
)
def test_addresses_that_are_taken(address):
    cluster.check(address)


def test_a_cluster_that_cannot_be_reached_fails_the_job_in_a_sentence(monkeypatch):
    cluster._connected.cache_clear()
    monkeypatch.setattr(cluster, "ANSWER", 0.5)
    monkeypatch.setenv(cluster.NAME, "tcp://127.0.0.1:9")
    job = JobQueue(1).submit("nowhere", cluster.through(far_work.refused), "me")
    until(lambda: job.progress.finished)
    assert job.progress.error == "No scheduler answers at tcp://127.0.0.1:9: start one there, or unset AYS_CLUSTER."
    monkeypatch.setitem(sys.modules, "distributed", None)
    job = JobQueue(1).submit("missing", cluster.through(far_work.refused), "me")
    until(lambda: job.progress.finished)
    assert "Dask is not installed: pip install -r requirements-cluster.txt" in job.progress.error
    cluster._connected.cache_clear()


def test_a_client_that_has_given_up_its_scheduler_is_made_anew(monkeypatch):
    made = []

    class Client:
        def __init__(self, *_, **__):
            self.status = "running"
            made.append(self)

    monkeypatch.setattr("distributed.Client", Client)
    monkeypatch.setenv(cluster.NAME, "tcp://127.0.0.1:9")
    cluster._connected.cache_clear()
    try:
        assert cluster.client() is cluster.client() is made[0]
        made[0].status = "closed"
        assert cluster.client() is cluster.client() is made[1]
    finally:
        cluster._connected.cache_clear()


def test_a_cluster_that_goes_as_work_begins_fails_the_job_in_a_sentence(monkeypatch):
    def gone(*_, **__):
        raise OSError("Connection refused")

    monkeypatch.setattr(cluster, "client", lambda: None)
    monkeypatch.setattr("distributed.Queue", gone)
    monkeypatch.setenv(cluster.NAME, "tcp://127.0.0.1:9")
    job = JobQueue(1).submit("going", cluster.through(far_work.refused), "me")
    until(lambda: job.progress.finished)
    assert job.progress.error == "The cluster at tcp://127.0.0.1:9 is gone: start it, and try again."
