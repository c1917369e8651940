"""How far is a generator from the test pictures, in the eyes of the shipped judge?"""

import torch
from torch import Tensor, nn

from .config import load_classifier
from .data import fashion_mnist, unit
from .metrics import class_shares, frechet_distance, kernel_distance, neighbours


@torch.no_grad()
def sample(G: nn.Module, n: int, *, seed: int = 0) -> tuple[Tensor, Tensor | None]:
    """n pictures by G and the labels that it was given, class after class in turn: x (N, C, S, S), y (N,) or None."""
    rng = torch.Generator().manual_seed(seed)
    z = torch.randn(n, G.latent_dim, generator=rng)
    labels = torch.arange(n) % G.classes if G.classes else None
    inputs = (z,) if labels is None else (z, labels)
    return torch.cat([G(*part) for part in zip(*(i.split(125) for i in inputs), strict=True)]), labels


class Judge:
    """The shipped classifier, and what it sees in the 10,000 test pictures."""

    def __init__(self) -> None:
        self.network = load_classifier().to(memory_format=torch.channels_last)  # the faster order in memory
        pixels, _ = fashion_mnist("test")
        self.real, _ = self(unit(pixels[:, None]))

    @torch.no_grad()
    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures x (N, 1, 28, 28) in [-1, 1] -> features h (N, 128) and logits (N, 10)."""
        h = torch.cat([self.network.features(part) for part in x.split(125)])
        return h, self.network.head(h)

    def report(self, G: nn.Module, n: int = 10_000, *, seed: int = 0) -> dict[str, float]:
        """Every measure of `metrics` on n pictures by G, against the test pictures."""
        x, labels = sample(G, n, seed=seed)
        h, logits = self(x)
        kernel = kernel_distance(self.real, h)
        found = {"frechet_distance": frechet_distance(self.real, h)}
        found |= {"kernel_distance": kernel.value, "kernel_distance_error": kernel.error}
        found |= neighbours(self.real, h)._asdict() | {"rarest_class": class_shares(logits).min().item()}
        if labels is not None:
            found["obeyed"] = (logits.argmax(1) == labels).double().mean().item()
        return found
