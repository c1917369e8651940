"""The recipe of notebook 07: one run, described by one dataclass."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

import torch

from . import checks, old_names
from .networks import ConvDiscriminator, ConvGenerator
from .objectives import OBJECTIVES
from .sampling import FromLatents
from .training import Data, Players, Step, train


@dataclass(frozen=True)
class Recipe:
    """A DCGAN, as it stands for 28x28 grey images. The notebook gives the reason for each number.

    ValueError or TypeError for numbers that no run could have.
    """

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
        checks.one_of(OBJECTIVES, objective=self.objective)
        checks.whole(1, size=self.size, channels=self.channels, latent_dim=self.latent_dim)
        for name in ("widths_G", "widths_D"):
            for width in getattr(self, name):
                checks.whole(1, **{name: width})
        checks.whole(0, full_size_maps=self.full_size_maps, classes=self.classes, steps=self.steps, seed=self.seed)
        checks.whole(2, batch_size=self.batch_size)
        checks.positive(lr_G=self.lr_G, lr_D=self.lr_D)
        checks.share(decay=self.decay, **dict(zip(("beta1", "beta2"), self.betas, strict=True)))
        if self.seed >= 2**64:
            raise ValueError(f"seed is {self.seed}; expected a whole number < 2**64")

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

    def optimised(self, G: FromLatents, D: torch.nn.Module) -> Players:
        """Players with the recipe's optimisers, and networks of your own."""
        return Players.create(G, D, lr_G=self.lr_G, lr_D=self.lr_D, betas=self.betas, seed=self.seed)

    def train(self, players: Players, data: Data) -> Iterator[Step]:
        """The run, for ever; `steps` is how many of them the notebook takes."""
        return train(players, data, OBJECTIVES[self.objective], batch_size=self.batch_size, decay=self.decay)

    @classmethod
    def from_dict(cls, values: dict) -> "Recipe":
        """From a mapping of its fields (a command line, the header of a file of weights), old names included.

        Fields that are missing have their default. ValueError for a key that is none.
        """
        values = old_names.fields(values, cls.betas)
        if unknown := values.keys() - {f.name for f in fields(cls)}:
            raise ValueError(f"a recipe has no {', '.join(sorted(unknown))}; was it written by a newer version?")
        return cls(**values | {k: tuple(v) for k, v in values.items() if isinstance(v, list)})

    def to_dict(self) -> dict:
        return asdict(self)
