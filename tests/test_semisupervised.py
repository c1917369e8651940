"""The discriminator with K + 1 outputs."""

from itertools import islice

import pytest
import torch
import torch.nn.functional as F

from gan_tutorial.chapters.semisupervised import Sorter, WithLabels
from gan_tutorial.objectives import NonSaturating
from gan_tutorial.pictures import images

PIXELS = torch.randint(0, 256, (40, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(40) % 10
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


def test_d_earns_the_game_and_the_labels_and_g_pays_the_game_alone(D):
    y, t = torch.arange(6), torch.tensor([1.0, -2.0])
    rule, game = WithLabels(D, lambda: (X, y)), NonSaturating()
    extra = rule.value(t, t) - game.value(t, t)
    torch.testing.assert_close(extra, -F.cross_entropy(D.logits(X), y))
    assert torch.equal(rule.generator_loss(lambda: t, t), game.generator_loss(lambda: t, t))


@pytest.fixture
def labels(monkeypatch):
    from gan_tutorial.experiments import n13_labels as labels

    return labels


def test_every_method_of_the_benchmark_learns_a_few_labels_by_heart(labels):
    x, y = images(PIXELS, LABELS)(32, torch.Generator().manual_seed(0))
    for method in labels.WANTED:
        players = labels.cast(method, 0)
        for _ in islice(labels.learn(method, players, PIXELS, lambda: (x, y)), 30):
            pass
        assert (players.D.logits(x).argmax(1) == y).float().mean() > 0.9, method
        assert players.step == (30 if method.startswith("K+1") else 0)


def test_feature_matching_pays_the_gap_of_the_mean_features(labels):
    players = labels.cast("K+1, feature matching", 0)
    D = players.D.eval()
    rule = labels.FeatureMatching(D, None)
    real, fake = X[:3], X[3:]
    cost = rule.generator_loss(lambda: D(real), D(fake))
    gap = D.features(real).mean(0) - D.features(fake).mean(0)
    torch.testing.assert_close(cost, gap.square().sum())
