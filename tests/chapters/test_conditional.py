"""Other ways to give D the label than projection, and what the panels of notebook 11 draw."""

import pytest
import torch
from torch import nn

from gan_tutorial.chapters.conditional import Concatenated, Late, Mixtures, Unconditional, Window
from gan_tutorial.networks import ConvDiscriminator, ConvGenerator, MLPDiscriminator

X, Y = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1, torch.tensor([0, 2, 1, 2])


class Seen(nn.Module):
    """A D whose score is its input."""

    def forward(self, x):
        return x


@pytest.mark.parametrize("shape", [(2,), (1, 5, 5), (3, 4, 4)])
def test_the_label_is_a_channel_of_ones_beside_the_sample(shape):
    x = torch.randn(4, *shape, generator=torch.Generator().manual_seed(0))
    seen = Concatenated(Seen(), 3)(x, Y)
    assert seen.shape == (4, shape[0] + 3, *shape[1:]) and torch.equal(seen[:, : shape[0]], x)
    for k in range(3):
        channel = seen[:, shape[0] + k].reshape(4, -1)
        assert torch.equal(channel, (k == Y).float()[:, None].expand_as(channel))


@pytest.mark.parametrize("network", [ConvDiscriminator(28, 4, (4, 8)), MLPDiscriminator(5)], ids=["pictures", "plane"])
def test_its_score_depends_on_the_label(network):
    x = X if isinstance(network, ConvDiscriminator) else X[:, 0, 0, :2]
    D = Concatenated(network, 3)
    t, other = D(x, Y), D(x, (Y + 1) % 3)
    assert t.shape == (4,) and not torch.isclose(t, other).any()


DOORS = {
    "no classes": (lambda: Concatenated(Seen(), 0), ValueError, "classes is 0"),
    "no label": (lambda: Concatenated(Seen(), 3)(X), TypeError, "without labels"),
    "a label too few": (
        lambda: Concatenated(Seen(), 3)(X, Y[1:]),
        ValueError,
        r"the labels y .*\(3,\); expected \(4,\)",
    ),
    "no channels": (lambda: Concatenated(Seen(), 3)(X[:, 0, 0, 0], Y), ValueError, r"the sample x .*\(N, C, \.\.\.\)"),
}


@pytest.mark.parametrize("call, error, words", DOORS.values(), ids=DOORS)
def test_the_door(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_late_the_label_adds_one_number_whatever_the_picture():
    D = Late(ConvDiscriminator(28, 1, (4, 8)), 3)
    nn.init.normal_(D.network.score.weight)
    difference = D(X, Y) - D(X, (Y + 1) % 3)
    weights = D.network.score.weight[0, -3:]
    assert torch.allclose(difference, weights[Y] - weights[(Y + 1) % 3], atol=1e-4)
    assert len([*D.parameters()]) == len([*ConvDiscriminator(28, 1, (4, 8)).parameters()])  # none is left unused


def test_an_unconditional_D_answers_as_its_network_does():
    network = ConvDiscriminator(28, 1, (4, 8))
    assert torch.equal(Unconditional(network)(X, Y), network(X))


def classify(x):
    """A class by the mean brightness."""
    return nn.functional.one_hot(((x.mean((1, 2, 3)) + 1) * 5).long().clamp(0, 9), 10) * 5.0


def test_the_window_draws_and_a_click_on_a_picture_picks_it():
    window = Window(ConvGenerator(classes=10).eval(), classify, columns=3)
    pictures = [
        window.draw(column, 5, 0, push_1=push, push_2=0.0, push_3=0.0) for column, push in [(0, 0), (1, 0), (1, 4)]
    ]
    assert len(set(pictures)) == 3 and all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert window.pick(window.LEFT + 0.9 * window.WIDTH, 0.999) == {"column": 2, "order": 9}
    assert window.pick(0.05, 0.5) == window.pick(0.9, 0.5) == {}


def test_a_mixture_of_weight_0_or_1_is_a_pure_order():
    G = ConvGenerator(classes=10).eval()
    mixtures = Mixtures(G, classify, n=20)
    for w, k in ((0.0, 3), (1.0, 7)):
        x = mixtures.mix(mixtures.z, 3, 7, w)
        assert torch.allclose(x, G(mixtures.z, torch.full((20,), k)), atol=1e-5)
        assert mixtures.shares(3, 7, w).sum() == pytest.approx(1)
    assert mixtures.draw(3, 7, 0).startswith(b"\x89PNG")
