"""Small work is done on one thread, and the number of threads of whoever calls is as it was."""

import threading

import pytest
import torch

from ays_toy import metrics
from ays_toy.data import datasets
from ays_toy.models import training
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.models.training import TrainingConfig, train
from ays_toy.sampling import samplers, schedules
from ays_toy.threads import SMALL, one_thread

RING = datasets.get("ring-8")


@pytest.fixture(autouse=True)
def three():
    """Three threads for torch, as on a machine of three processors."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)


def elsewhere(work):
    """What the work returns in a thread of Python that is new to torch."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def counting(monkeypatch, owner, name):
    """The numbers of threads at the calls of a function, in a list that grows."""
    seen, work = [], getattr(owner, name)

    def counted(*arguments, **named):
        seen.append(torch.get_num_threads())
        return work(*arguments, **named)

    monkeypatch.setattr(owner, name, counted)
    return seen


def test_one_thread_is_for_what_is_inside_and_for_this_thread_of_python_alone():
    def inside():
        with one_thread():
            return torch.get_num_threads()

    with one_thread():
        assert torch.get_num_threads() == 1
        assert elsewhere(torch.get_num_threads) == 3
        assert elsewhere(inside) == 1
        with one_thread():
            pass
        assert torch.get_num_threads() == 1
    assert elsewhere(torch.get_num_threads) == 3
    with pytest.raises(KeyError), one_thread():
        raise KeyError
    with one_thread(SMALL + 1):
        assert torch.get_num_threads() == 3


def test_training_takes_one_thread_where_the_network_is_small(monkeypatch):
    seen = counting(monkeypatch, training, "edm_loss")
    small = NetworkConfig(16, 2)
    for _ in train(RING, TrainingConfig(small, steps=3, batch=64), every=1):
        assert torch.get_num_threads() == 3
    assert seen == [1, 1, 1]
    list(train(RING, TrainingConfig(small, steps=1, batch=SMALL // 8), every=1))
    assert seen[3:] == [3]


def test_denoisers_take_one_thread_where_the_tensors_are_small(monkeypatch):
    seen = counting(monkeypatch, torch.Tensor, "softmax")
    net = MLPDenoiser(NetworkConfig(), torch.Generator())
    layers = counting(monkeypatch, net.last, "forward")
    for denoiser in (RING.denoiser(), net):
        for rows in (100, 5000):
            denoiser(torch.zeros(rows, 2), 1.0)
    with torch.no_grad():
        net(torch.zeros(5000, 2), 1.0)  # by parts
    assert set(seen) == {1}
    assert layers == [1, 3, *[1] * 5]  # 5000 rows at once, kept for a gradient, are not small


def test_sampling_and_metrics_take_one_thread(monkeypatch):
    reference = metrics.Reference.of(RING, n=1000, generator=torch.Generator().manual_seed(0))
    seen = counting(monkeypatch, torch, "randn")
    samples = samplers.draw_samples(RING.denoiser(), schedules.edm(3), "stochastic-ddim", 0, 1000)
    assert seen == [1] * 4
    measured = counting(monkeypatch, metrics.distances, "mean_distances")
    metrics.evaluate(samples, reference)
    assert measured
    assert set(measured) == {1}
