"""Notebook 13: the K + 1 discriminator of semi-supervised learning. One network tells real from fake and the K kinds of
real pictures from each other: a logit l_k for each kind, and the logit 0 for "fake".

    p(k | x)    = exp(l_k) / (Z + 1),   p(fake | x) = 1 / (Z + 1),   Z = sum_k exp(l_k)
    D(x)        = 1 - p(fake | x) = Z / (Z + 1) = sigmoid(t),   t = log Z
    p(k | x, x is no fake) = exp(l_k) / Z,   the softmax of the K logits

So it plays any game for scores t, and a few labelled pictures tell it which kind is which. Kinds are classes that D
finds, where the `classes` of other networks are labels that it is given.
Salimans et al. 2016; Odena 2016
"""

import math
from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from ..checks import labels, whole
from ..networks import ConvDiscriminator
from ..objectives import NonSaturating


class Sorter(ConvDiscriminator):
    """The K + 1 discriminator: x (N, C, S, S) -> score t (N,) and, from `logits`, l (N, K).

    `options` are those of ConvDiscriminator, less `classes`.
    """

    def __init__(self, kinds: int = 10, **options):
        whole(1, kinds=kinds)
        super().__init__(**options, classes=0)
        self.kinds = kinds
        self.score = nn.Linear(self.score.in_features, kinds)
        nn.init.normal_(self.score.weight, 0.0, 0.02)
        nn.init.constant_(self.score.bias, -math.log(kinds))  # t is near 0 at first: undecided

    def logits(self, x: Tensor) -> Tensor:
        """l: (N, C, S, S) -> (N, K)."""
        return self.score(self.features(x))

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # is never told labels
        return self.logits(x).logsumexp(1)


class WithLabels(NonSaturating):
    """The non-saturating game, in which D also earns the mean log p(y | x, x is no fake) of a labelled batch (x, y).

    `labelled` draws the next batch: () -> x (N, C, S, S), y (N,) in 0..K-1.
    """

    def __init__(self, D: Sorter, labelled: Callable[[], tuple[Tensor, Tensor]]):
        self.D, self.labelled = D, labelled

    def value(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        x, y = self.labelled()
        labels(y, len(x), self.D.kinds)
        return super().value(d_real, d_fake) - F.cross_entropy(self.D.logits(x), y.long())
