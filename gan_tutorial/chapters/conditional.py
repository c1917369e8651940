"""Notebook 11: D is given the label as part of its input, not by the projection of `networks.ConvDiscriminator`."""

import torch
from torch import Tensor, nn

from ..checks import shape, whole
from ..networks import one_hot


class Concatenated(nn.Module):
    """A D with the label as further channels of the sample: x (N, C, ...), y (N,) -> (N, C + classes, ...) -> t (N,).

    Each of the `classes` further channels is constant over a picture: 1 for its class, 0 for the others. `network` is a
    D for C + classes channels, without classes of its own. A label as an input of D: Mirza & Osindero 2014
    """

    def __init__(self, network: nn.Module, classes: int):
        super().__init__()
        whole(1, classes=classes)
        self.network, self.classes = network, classes

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        shape(x, "N", "C", "...", name="the sample x")
        y = one_hot(labels, self.classes, len(x)).view(len(x), self.classes, *(1,) * (x.ndim - 2))
        return self.network(torch.cat([x, y.expand(-1, -1, *x.shape[2:])], dim=1))
