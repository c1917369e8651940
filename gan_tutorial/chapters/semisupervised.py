"""One network that judges and sorts: D with K + 1 outputs, a logit l_k for each class and 0 for "fake".

    p(k | x)    = exp(l_k) / (Z + 1),   p(fake | x) = 1 / (Z + 1),   Z = sum_k exp(l_k)
    D(x)        = 1 - p(fake | x) = Z / (Z + 1) = sigmoid(t),   t = log Z
    p(k | x, x is no fake) = exp(l_k) / Z,   the softmax of the K logits

So it plays any game for scores t, and a few labelled pictures tell it which class is which.
Salimans et al. 2016; Odena 2016
"""

import math
from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import ConvDiscriminator
from ..objectives import NonSaturating


class Sorter(ConvDiscriminator):
    """x (N, C, S, S) -> score t (N,); `logits` are those of K kinds of real pictures, which it is never given."""

    def __init__(self, kinds: int = 10, **options):
        super().__init__(**options)
        self.score = nn.Linear(self.score.in_features, kinds)
        nn.init.normal_(self.score.weight, 0.0, 0.02)
        nn.init.constant_(self.score.bias, -math.log(kinds))  # t is near 0 at first: undecided

    def logits(self, x: Tensor) -> Tensor:
        """l: (N, C, S, S) -> (N, K)."""
        return self.score(self.features(x))

    def forward(self, x: Tensor) -> Tensor:
        return self.logits(x).logsumexp(1)


class WithLabels(NonSaturating):
    """The game, in which D also earns the mean log p(y | x, x is no fake) of a labelled batch (x, y).

    `labelled` draws the next batch: () -> x (N, C, S, S), y (N,).
    """

    def __init__(self, D: Sorter, labelled: Callable[[], tuple[Tensor, Tensor]]):
        self.D, self.labelled = D, labelled

    def value(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        x, y = self.labelled()
        return super().value(d_real, d_fake) - F.cross_entropy(self.D.logits(x), y)
