"""The classifier through which a generator is measured: a network that takes no part in the game, trained on the
labelled pictures of Fashion-MNIST. `Evaluator` measures a generator in its features; `metrics` has the measures.
"""

from collections.abc import Iterator
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .checkpoints import load_weights
from .checks import float32, whole
from .metrics import class_shares, frechet_distance, kernel_distance, neighbours
from .networks import channels_last
from .pictures import data_folder, fashion_mnist, unit
from .sampling import FromLatents, sample


class Classifier(nn.Module):
    """The class of a picture: x (N, 1, 28, 28) float32 in [-1, 1] -> logits (N, 10).

    x -> (N, 32, 14, 14) -> (N, 64, 7, 7) -> (N, 96, 3, 3) -> features (N, 128) -> logits.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for a, b in pairwise((1, 32, 64, 96)):
            layers += [nn.Conv2d(a, b, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
            layers += [nn.MaxPool2d(2)]
        layers += [nn.Flatten(), nn.Dropout(0.25), nn.Linear(96 * 3 * 3, 128), nn.ReLU()]
        self.net, self.head = nn.Sequential(*layers), nn.Linear(128, 10)

    def features(self, x: Tensor) -> Tensor:
        """The numbers that the measures of `metrics` compare: x (N, 1, 28, 28) -> h (N, 128), all >= 0."""
        float32(x, "N", 1, 28, 28, name="the picture x")
        return self.net(x)

    def forward(self, x: Tensor) -> Tensor:
        """x (N, 1, 28, 28) -> logits (N, 10)."""
        return self.head(self.features(x))


def load_classifier() -> Classifier:
    """The shipped classifier of Fashion-MNIST, ready to use. A data folder without it is a FileNotFoundError."""
    return load_weights(data_folder() / "weights" / "classifier.safetensors", Classifier()).eval()


class Evaluator:
    """The shipped classifier, `network`, and its features of the 10,000 test pictures, `real` (10000, 128)."""

    def __init__(self) -> None:
        self.network = channels_last(load_classifier())
        pixels, _ = fashion_mnist("test")
        self.real, _ = self(unit(pixels[:, None]))

    @torch.no_grad()
    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures x (N, 1, 28, 28) float32 in [-1, 1] -> features h (N, 128) and logits (N, 10).

        x may be on any device; h and the logits are on the classifier's.
        """
        device = self.network.head.weight.device
        h = torch.cat([self.network.features(part.to(device)) for part in x.split(125)])
        return h, self.network.head(h)

    def report(self, G: FromLatents, n: int = 10_000, *, seed: int = 0) -> dict[str, float]:
        """Every measure of `metrics` on n pictures by G, against the test pictures; for a G with classes also the
        conditional accuracy, the share of its pictures that the classifier puts into the class that was asked for.

        The latents are drawn with the seed; the classes are asked for in turn.
        """
        whole(1, n=n)
        x, labels = sample(G, n, seed=seed)
        h, logits = self(x)
        found = {"frechet_distance": frechet_distance(self.real, h)}
        kernel = kernel_distance(self.real, h, block=min(1000, n // 2))
        found |= {"kernel_distance": kernel.value, "kernel_distance_error": kernel.standard_error}
        found |= neighbours(self.real, h)._asdict() | {"rarest_class": class_shares(logits).min().item()}
        if labels is not None:
            found["conditional_accuracy"] = (logits.argmax(1) == labels.to(logits.device)).double().mean().item()
        return found


def train_classifier(epochs: int = 6, seed: int = 0) -> Iterator[tuple[Classifier, dict[str, float]]]:
    """The classifier after each epoch, with the loss of the epoch's last batch and the test accuracy.

    AdamW with a one-cycle learning rate (Smith & Topin 2018); every second picture is mirrored.
    """
    whole(1, epochs=epochs)
    torch.manual_seed(seed)
    C, (x, y) = channels_last(Classifier()), _unit("train")
    batches = len(x) // 128
    optimizer = torch.optim.AdamW(C.parameters(), 1e-3, fused=True)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=batches * epochs)
    for epoch in range(epochs):
        C.train()
        for i in torch.randperm(len(x))[: batches * 128].view(batches, 128):
            mirrored = torch.rand(128, 1, 1, 1) < 0.5
            batch = torch.where(mirrored, x[i].flip(3), x[i])
            loss = F.cross_entropy(C(batch), y[i])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
        yield C, {"epoch": epoch + 1, "loss": loss.item(), "test_accuracy": accuracy(C)}


@torch.no_grad()
def accuracy(C: Classifier) -> float:
    """The share of the test pictures that C, in eval mode from now on, puts into their class."""
    x, y = _unit("test")
    return torch.cat([C.eval()(batch).argmax(1) for batch in x.split(1000)]).eq(y).double().mean().item()


def _unit(split: str) -> tuple[Tensor, Tensor]:
    x, y = fashion_mnist(split)
    return unit(x[:, None]), y.long()
