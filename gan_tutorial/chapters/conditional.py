"""Notebook 11: another way to tell D the label than the projection of `networks.ConvDiscriminator`."""

import torch
from torch import Tensor, nn

from ..networks import one_hot


class Concatenated(nn.Module):
    """D that is told the label beside the sample: x (N, C, ...), y (N,) -> (N, C + classes, ...) -> t (N,).

    The label comes as `classes` more channels, constant over a picture: 1 for its class, 0 for the others. `network`
    is a D for C + classes channels, without classes of its own. A label as an input of D: Mirza & Osindero 2014
    """

    def __init__(self, network: nn.Module, classes: int):
        super().__init__()
        self.network, self.classes = network, classes

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        y = one_hot(labels, self.classes, len(x)).view(len(x), self.classes, *(1,) * (x.ndim - 2))
        return self.network(torch.cat([x, y.expand(-1, -1, *x.shape[2:])], dim=1))
