"""The classifier, and the report on a generator through it, with pictures whose measures are known."""

import math

import pytest
import torch
from torch import nn

from gan_tutorial import classifier
from gan_tutorial.checkpoints import read_header
from gan_tutorial.classifier import Classifier, Evaluator, accuracy, load_classifier, train_classifier
from gan_tutorial.pictures import data_folder, fashion_mnist, unit

MEASURES = {
    *("frechet_distance", "kernel_distance", "kernel_distance_error"),
    *("precision", "recall", "density", "coverage", "rarest_class"),
}


@pytest.fixture(scope="module")
def clothes():
    """400 test pictures (N, 1, 28, 28) and their classes, as many of each."""
    pixels, labels = fashion_mnist("test")
    rows = torch.stack([torch.nonzero(labels == k)[:40, 0] for k in range(10)], 1).flatten()  # the classes in turn
    return unit(pixels[rows, None]), labels[rows].long()


@pytest.fixture(scope="module")
def evaluator(clothes):
    """The shipped classifier, for which these are all real pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            classifier, "fashion_mnist", lambda split: (((clothes[0][:, 0] + 1) * 127.5).round().byte(), None)
        )
        return Evaluator()


class Copier(nn.Module):
    """A generator that hands out given pictures in their order, and notes the labels that it is given."""

    latent_dim = 1

    def __init__(self, x, classes=0):
        super().__init__()
        self.x, self.classes, self.asked = x, classes, torch.zeros(0, dtype=torch.int64)

    def forward(self, z, labels=None):
        first = len(self.asked)
        self.asked = torch.cat([self.asked, z.new_zeros(len(z)).long() if labels is None else labels])
        return self.x[first : first + len(z)]


def test_features_and_logits_are_the_networks(evaluator, clothes):
    x, _ = clothes
    h, logits = evaluator(x[:130])  # more than one part of 125
    network = load_classifier()
    with torch.no_grad():
        torch.testing.assert_close(h, network.features(x[:130]), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(logits, network(x[:130]), rtol=1e-4, atol=1e-4)
    assert h.shape == (130, 128) and h.min() >= 0 and not h.requires_grad and not evaluator.network.training
    assert torch.allclose(h, evaluator.real[:130], rtol=1e-4, atol=1e-4)


def test_the_real_pictures_against_themselves(evaluator, clothes):
    report = evaluator.report(Copier(clothes[0]), 400)
    assert report.keys() == MEASURES
    assert report["frechet_distance"] == pytest.approx(0, abs=1e-6)
    assert all(report[name] == 1 for name in ("precision", "recall", "coverage"))
    assert report["kernel_distance"] < 0  # without bias only for other pictures: here each one meets itself
    assert 0.05 < report["rarest_class"] <= 0.1  # each has a tenth, but for the classifier's errors


def test_other_real_pictures_are_near_and_noise_is_far(evaluator):
    pixels, _ = fashion_mnist()
    near = evaluator.report(Copier(unit(pixels[:400, None])), 400)
    noise = torch.rand(400, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    far = evaluator.report(Copier(noise), 400)
    assert 0 < near["frechet_distance"] < 20 < far["frechet_distance"] / 10
    assert abs(near["kernel_distance"]) < 4 * near["kernel_distance_error"]
    assert near["precision"] > 0.8 and near["recall"] > 0.8 and far["recall"] < 0.1 and far["coverage"] < 0.1
    assert far["kernel_distance"] > 10 * abs(near["kernel_distance"])


def test_one_class_alone_is_precise_and_recalls_little(evaluator, clothes):
    x, y = clothes
    report = evaluator.report(Copier(x[y == 0].repeat(10, 1, 1, 1)), 400)
    assert report["precision"] == 1 and report["recall"] < 0.1 and report["coverage"] < 0.2


def test_a_class_that_is_left_out_is_the_rarest(evaluator, clothes):
    x, y = clothes
    trousers = y == 1  # which the classifier takes for nothing else
    assert evaluator.report(Copier(x[~trousers]), 360)["rarest_class"] < 0.01


def test_the_classes_are_asked_for_in_turn_and_accuracy_counts_those_that_come(evaluator, clothes):
    x, y = clothes
    _, logits = evaluator(x)
    seen = logits.argmax(1) == y
    for shift, wrong in ((0, None), (1, 10)):  # all obey; or each picture is of the next class
        G = Copier(x[shift:], classes=10)
        report = evaluator.report(G, 200)
        assert torch.equal(G.asked, torch.arange(200) % 10)
        known = seen[:200] if not wrong else logits[1:201].argmax(1) == torch.arange(200) % 10
        assert report["conditional_accuracy"] == pytest.approx(known.double().mean().item(), abs=1e-9)
    assert seen[:200].double().mean() > 0.85 and known.double().mean() < 0.1


def test_the_latents_are_those_of_the_seed(evaluator):
    class Keeper(Copier):
        def forward(self, z, labels=None):
            self.z = torch.cat([getattr(self, "z", z[:0]), z])
            return super().forward(z)

    G = [Keeper(torch.zeros(130, 1, 28, 28)) for _ in range(3)]
    for k, seed in enumerate((0, 0, 1)):
        evaluator.report(G[k], 130, seed=seed)
    assert torch.equal(G[0].z, G[1].z) and not torch.equal(G[0].z, G[2].z)
    assert torch.equal(G[2].z, torch.randn(130, 1, generator=torch.Generator().manual_seed(1)))


class Elsewhere:
    """Pictures on another device, from which they must be moved."""

    def __init__(self, x):
        self.x = x

    def split(self, n):
        return [Elsewhere(part) for part in self.x.split(n)]

    def to(self, device):
        return self.x.to(device)


def test_pictures_are_moved_to_the_device_of_the_classifier(evaluator, clothes):
    x, _ = clothes
    assert torch.equal(evaluator(Elsewhere(x[:130]))[1], evaluator(x[:130])[1])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_pictures_and_classifier_may_be_on_different_devices(evaluator, clothes):
    x, _ = clothes
    h, logits = evaluator(x[:10].cuda())
    assert h.device.type == logits.device.type == "cpu"
    assert torch.equal(h, evaluator(x[:10])[0])


@pytest.mark.parametrize("n", [1000, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_the_shipped_classifier_is_small_and_as_good_as_its_header_says(n, monkeypatch):
    path = data_folder() / "weights" / "classifier.safetensors"
    assert path.stat().st_size <= 1e6
    stated = read_header(path)["log"][-1]["test_accuracy"]
    pixels, labels = fashion_mnist("test")
    monkeypatch.setattr(classifier, "_unit", lambda split: (unit(pixels[:n, None]), labels[:n].long()))
    error = 0.001 if n == 10_000 else 3 * (stated * (1 - stated) / n) ** 0.5
    assert stated >= 0.92 and accuracy(load_classifier()) == pytest.approx(stated, abs=error)


def test_accuracy_is_the_share_of_test_pictures_in_their_class(clothes, monkeypatch):
    x, y = clothes
    monkeypatch.setattr(classifier, "_unit", lambda split: (x, y))

    class Constant(nn.Module):
        def forward(self, x):
            return torch.eye(10)[3].expand(len(x), 10)

    assert accuracy(Constant()) == pytest.approx(0.1)


def test_training_lowers_the_loss_and_can_be_repeated(clothes, monkeypatch):
    """Four epochs of a batch; the first loss is near log 10, that of a network that knows nothing."""
    monkeypatch.setattr(classifier, "_unit", lambda split: [t[:130] for t in clothes])
    said = [said for _, said in train_classifier(epochs=4)]
    assert [s["epoch"] for s in said] == [1, 2, 3, 4]
    assert said[-1]["loss"] < 0.8 * said[0]["loss"] and said[0]["loss"] == pytest.approx(math.log(10), abs=0.5)
    assert next(train_classifier(epochs=4))[1] == said[0]


DOORS = {
    "another size": (lambda: Classifier()(torch.zeros(2, 1, 32, 32)), ValueError, r"the picture x .*\(N, 1, 28, 28\)"),
    "no channel": (lambda: Classifier()(torch.zeros(2, 28, 28)), ValueError, r"the picture x .*\(N, 1, 28, 28\)"),
    "bytes": (lambda: Classifier()(torch.zeros(2, 1, 28, 28).byte()), TypeError, "torch.uint8; expected torch.float32"),
    "no epochs": (lambda: next(train_classifier(epochs=0)), ValueError, "epochs is 0"),
}


@pytest.mark.parametrize("call, error, words", DOORS.values(), ids=DOORS)
def test_the_door(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_report_needs_pictures(evaluator, clothes):
    with pytest.raises(ValueError, match="n is 0"):
        evaluator.report(Copier(clothes[0]), 0)
