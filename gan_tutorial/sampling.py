"""Look at a network without changing it: no statistics of batch normalisation, no random numbers, no gradients."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def at_rest(network: nn.Module) -> Iterator[nn.Module]:
    """The network as it is used after training: looking changes no statistics and no random numbers."""
    training = network.training
    with torch.no_grad():
        yield network.eval()
    network.train(training)


@torch.no_grad()
def sample(G: nn.Module, n: int, *, seed: int = 0) -> tuple[Tensor, Tensor | None]:
    """n pictures by G and the labels that it was given, class after class in turn: x (N, C, S, S), y (N,) or None."""
    rng = torch.Generator().manual_seed(seed)
    z = torch.randn(n, G.latent_dim, generator=rng)
    labels = torch.arange(n) % G.classes if G.classes else None
    inputs = (z,) if labels is None else (z, labels)
    return torch.cat([G(*part) for part in zip(*(i.split(125) for i in inputs), strict=True)]), labels
