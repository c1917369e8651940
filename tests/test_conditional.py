"""A D with the label as further channels of its input."""

import pytest
import torch
from torch import nn

from gan_tutorial.chapters.conditional import Concatenated
from gan_tutorial.networks import ConvDiscriminator, MLPDiscriminator

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
