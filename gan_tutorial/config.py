"""The recipe of notebook 07: one run, described by one dataclass; the command line is read off its fields."""

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch

from .checkpoints import load_weights, read_words
from .data import data_folder
from .networks import Classifier, ConvDiscriminator, ConvGenerator
from .objectives import OBJECTIVES
from .training import Players, Sampler, Step, train


@dataclass(frozen=True)
class Config:
    """A DCGAN, as it stands for 28x28 grey images. The notebook gives the reason for each number."""

    size: int = 28
    channels: int = 1
    latent_dim: int = 64
    widths_g: tuple[int, ...] = (64, 32)
    fine: int = 16
    widths_d: tuple[int, ...] = (16, 32, 64)
    classes: int = 0
    objective: str = "non-saturating"
    lr: float = 3e-3
    beta1: float = 0.0
    beta2: float = 0.99
    batch_size: int = 32
    decay: float = 0.995
    steps: int = 2500
    seed: int = 0

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise ValueError(f"objective is {self.objective!r}; expected one of {', '.join(OBJECTIVES)}")

    def generator(self) -> ConvGenerator:
        return ConvGenerator(self.size, self.channels, self.latent_dim, self.widths_g, self.fine, self.classes)

    def discriminator(self) -> ConvDiscriminator:
        return ConvDiscriminator(self.size, self.channels, self.widths_d, self.classes, batch_norm=True)

    def players(self, device: str = "cpu") -> Players:
        """Both networks, drawn with the seed, and their optimisers."""
        torch.manual_seed(self.seed)
        G, D = self.generator().to(device), self.discriminator().to(device)
        betas = (self.beta1, self.beta2)
        return Players.create(G, D, lr_G=self.lr, lr_D=self.lr, betas=betas, seed=self.seed)

    def train(self, players: Players, data: Sampler) -> Iterator[Step]:
        """The run, for ever; `steps` is how many of them the notebook takes."""
        objective = OBJECTIVES[self.objective]
        return train(players, data, objective, batch_size=self.batch_size, decay=self.decay)

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        """One option a field."""
        for f in fields(cls):
            kind = {"type": int, "nargs": "+"} if f.name.startswith("widths") else {"type": f.type}
            parser.add_argument("--" + f.name.replace("_", "-"), default=f.default, **kind)

    @classmethod
    def of(cls, words: dict) -> "Config":
        """From a mapping of its fields (a command line, the header of a file of weights); more is let be."""
        mine = {f.name: words[f.name] for f in fields(cls) if f.name in words}
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in mine.items()})

    def words(self) -> dict:
        return asdict(self)


def load_generator(path: str | Path | None = None) -> ConvGenerator:
    """A trained generator, ready to sample from; the one that is shipped unless a file is named."""
    path = path or data_folder() / "weights" / "dcgan.safetensors"
    return load_weights(path, Config.of(read_words(path)["config"]).generator()).eval()


def load_discriminator(path: str | Path | None = None) -> ConvDiscriminator:
    """The opponent of `load_generator`'s, as it was after its last step."""
    path = path or data_folder() / "weights" / "dcgan-discriminator.safetensors"
    return load_weights(path, Config.of(read_words(path)["config"]).discriminator()).eval()


def load_classifier() -> Classifier:
    """The shipped judge of Fashion-MNIST."""
    return load_weights(data_folder() / "weights" / "classifier.safetensors", Classifier()).eval()
