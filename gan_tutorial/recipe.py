"""The recipe of notebook 07: one run, described by one dataclass; the command line is read off its fields."""

from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

import torch

from .networks import ConvDiscriminator, ConvGenerator
from .objectives import OBJECTIVES
from .training import Data, Players, Step, train

# What fields were called in version 0.1, for the headers of its files and its command lines
OLD_NAMES = {
    "widths_g": ("widths_G",),
    "widths_d": ("widths_D",),
    "fine": ("full_size_maps",),
    "lr": ("lr_G", "lr_D"),
    "beta1": ("beta1",),
    "beta2": ("beta2",),
}


@dataclass(frozen=True)
class Recipe:
    """A DCGAN, as it stands for 28x28 grey images. The notebook gives the reason for each number."""

    size: int = 28
    channels: int = 1
    latent_dim: int = 64
    widths_G: tuple[int, ...] = (64, 32)
    full_size_maps: int = 16
    widths_D: tuple[int, ...] = (16, 32, 64)
    classes: int = 0
    objective: str = "non-saturating"
    lr_G: float = 3e-3
    lr_D: float = 3e-3
    betas: tuple[float, float] = (0.0, 0.99)
    batch_size: int = 32
    decay: float = 0.995
    steps: int = 2500
    seed: int = 0

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise ValueError(f"objective is {self.objective!r}; expected one of {', '.join(OBJECTIVES)}")

    def generator(self) -> ConvGenerator:
        return ConvGenerator(
            self.size, self.channels, self.latent_dim, self.widths_G, self.full_size_maps, self.classes
        )

    def discriminator(self) -> ConvDiscriminator:
        return ConvDiscriminator(self.size, self.channels, self.widths_D, self.classes, batch_norm=True)

    def players(self, device: str = "cpu") -> Players:
        """Both networks, drawn with the seed, and their optimisers."""
        torch.manual_seed(self.seed)
        return self.optimised(self.generator().to(device), self.discriminator().to(device))

    def optimised(self, G: torch.nn.Module, D: torch.nn.Module) -> Players:
        """Players with the recipe's optimisers, and networks of your own."""
        return Players.create(G, D, lr_G=self.lr_G, lr_D=self.lr_D, betas=self.betas, seed=self.seed)

    def train(self, players: Players, data: Data) -> Iterator[Step]:
        """The run, for ever; `steps` is how many of them the notebook takes."""
        objective = OBJECTIVES[self.objective]
        return train(players, data, objective, batch_size=self.batch_size, decay=self.decay)

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        """One option a field."""
        for f in fields(cls):
            kind = {"type": f.type}
            if isinstance(f.default, tuple):
                kind = {"type": type(f.default[0]), "nargs": "+"}
            parser.add_argument("--" + f.name.replace("_", "-"), default=f.default, **kind)
        for name in OLD_NAMES:
            kind = {"type": int, "nargs": "+"} if name.startswith("widths") else {"type": float}
            parser.add_argument("--" + name.replace("_", "-"), default=SUPPRESS, help=SUPPRESS, **kind)

    @classmethod
    def from_dict(cls, values: dict) -> "Recipe":
        """From a mapping of its fields (a command line, the header of a file of weights); more is let be."""
        values = dict(values)
        for old, new in OLD_NAMES.items():
            if old in values:
                values |= dict.fromkeys(new, values.pop(old))
        if {"beta1", "beta2"} & set(values):
            betas = cls.betas
            values["betas"] = (values.pop("beta1", betas[0]), values.pop("beta2", betas[1]))
        mine = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in mine.items()})

    def to_dict(self) -> dict:
        return asdict(self)
