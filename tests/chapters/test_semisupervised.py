"""The K + 1 discriminator."""

import pytest
import torch
import torch.nn.functional as F

from gan_tutorial.chapters.semisupervised import Sorter, WithLabels
from gan_tutorial.objectives import NonSaturating

X = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.fixture
def D():
    torch.manual_seed(0)
    D = Sorter(widths=(4, 8)).double()
    with torch.no_grad():
        D.score.weight.mul_(50)  # so that the classes differ
    D.features = lambda x: D.net(x.double())
    return D


def test_its_score_is_that_of_a_softmax_with_one_more_logit_fixed_at_0(D):
    wide = F.pad(D.logits(X), (0, 1)).softmax(1)  # (N, K + 1), the last is "fake"
    torch.testing.assert_close(D(X).sigmoid(), 1 - wide[:, -1])
    torch.testing.assert_close(D.logits(X).softmax(1), wide[:, :-1] / wide[:, :-1].sum(1, keepdim=True))


def test_the_cross_entropy_of_k_plus_1_classes_falls_into_which_and_whether(D):
    y = torch.arange(6)
    both = F.cross_entropy(F.pad(D.logits(X), (0, 1)), y, reduction="none")
    which = F.cross_entropy(D.logits(X), y, reduction="none")
    torch.testing.assert_close(both, which - F.logsigmoid(D(X)))


def test_its_first_scores_are_near_0():
    torch.manual_seed(0)
    assert Sorter(kinds=10, widths=(16, 32, 64), batch_norm=True)(X).abs().max() < 0.5


def test_d_earns_the_game_and_the_labels_and_g_pays_for_the_game_alone(D):
    y, t = torch.arange(6), torch.tensor([1.0, -2.0])
    rule, game = WithLabels(D, lambda: (X, y)), NonSaturating()
    extra = rule.value(t, t) - game.value(t, t)
    torch.testing.assert_close(extra, -F.cross_entropy(D.logits(X), y))
    assert torch.equal(rule.generator_loss(lambda: t, t), game.generator_loss(lambda: t, t))


def test_labels_may_be_bytes_as_the_files_have_them(D):
    y, t = torch.arange(6), torch.tensor([1.0, -2.0])
    assert torch.equal(WithLabels(D, lambda: (X, y)).value(t, t), WithLabels(D, lambda: (X, y.byte())).value(t, t))


def asked(y):
    return WithLabels(Sorter(kinds=3, widths=(4, 8)), lambda: (X, y)).value(torch.zeros(2), torch.zeros(2))


DOORS = {
    "no kinds": (lambda: Sorter(kinds=0), ValueError, "kinds is 0"),
    "half a kind": (lambda: Sorter(kinds=2.5), TypeError, "kinds is 2.5"),
    "classes": (lambda: Sorter(classes=10), TypeError, "classes"),
    "another kind": (lambda: asked(torch.arange(6)), ValueError, r"the labels y lie in 0\.\.5; expected 0\.\.2"),
    "a label too few": (lambda: asked(torch.arange(5) % 3), ValueError, r"the labels y has .*\(5,\); expected \(6,\)"),
}


@pytest.mark.parametrize("call, error, words", DOORS.values(), ids=DOORS)
def test_the_door(call, error, words):
    with pytest.raises(error, match=words):
        call()
