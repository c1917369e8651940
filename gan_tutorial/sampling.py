"""Look at a network without changing it: no statistics of batch normalisation, no random numbers, no gradients.

Whoever is handed a network only to look at it does so inside `at_rest`; what leaves a generator function (the steps of
`chapters.latent.search`) leaves it outside, so that a run may go on between two looks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn

from .checks import whole

Network = TypeVar("Network", bound=nn.Module)  # what goes in as a Generator comes out as one


class FromLatents(nn.Module):
    """A generator, or what else makes samples of latents z (N, Z), and of labels y (N,) if `classes` > 0.

    Where it is asked for, any other module with these two numbers will do.
    """

    latent_dim: int  # Z
    classes: int


@contextmanager
def at_rest(network: Network) -> Iterator[Network]:
    """The network in eval mode, without gradients; afterwards each of its modules is in the mode that it was in."""
    modes = [(m, m.training) for m in network.modules()]
    try:
        with torch.no_grad():
            yield network.eval()
    finally:
        for m, training in modes:
            m.training = training


def device_of(network: nn.Module) -> torch.device:
    """Where the weights of a network lie; of one without weights, the CPU."""
    return next((p.device for p in network.parameters()), torch.device("cpu"))


def sample(G: FromLatents, n: int, *, seed: int = 0) -> tuple[Tensor, Tensor | None]:
    """n pictures by G and the labels that it was given, class after class in turn: x (N, C, S, S), y (N,) or None.

    Both lie on G's device; the latents are drawn on the CPU, so that a seed means the same on every device.
    """
    whole(1, n=n)
    z = torch.randn(n, G.latent_dim, generator=torch.Generator().manual_seed(seed))
    labels = [torch.arange(n) % G.classes] if G.classes else []
    inputs = [i.to(device_of(G)) for i in (z, *labels)]
    with at_rest(G):
        x = torch.cat([G(*part) for part in zip(*(i.split(125) for i in inputs), strict=True)])
    return x, inputs[1] if G.classes else None
