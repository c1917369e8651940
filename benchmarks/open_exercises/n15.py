import copy
from itertools import islice
from statistics import median

import torch
from torch import Tensor, nn

from gan_tutorial.networks import ConvDiscriminator
from gan_tutorial.pictures import fashion_mnist, images, unit
from gan_tutorial.recipe import Recipe
from gan_tutorial.training import Data

SEEDS, STEPS, OWN = range(3), 500, 200


def mirrored(x: Tensor, rng: torch.Generator) -> Tensor:
    """Every second picture, at random."""
    turned = torch.rand(len(x), 1, 1, 1, generator=rng) < 0.5
    return torch.where(turned, x.flip(3), x)


def mirror_data(data: Data) -> Data:
    return lambda n, rng: (mirrored(data(n, rng)[0], rng),)


class MirrorD(ConvDiscriminator):
    """In training it mirrors all that it sees, real and fake."""

    def __init__(self, *arguments, seed: int, **options):
        super().__init__(*arguments, **options)
        self.rng = torch.Generator().manual_seed(seed)

    def features(self, x: Tensor) -> Tensor:
        return super().features(mirrored(x, self.rng) if self.training else x)


def by_heart(D: nn.Module, own: Tensor, new: Tensor, fake: Tensor) -> float:
    D = copy.deepcopy(D).eval()
    a, b, c = (D(part).mean().item() for part in (own, new, fake))
    return (a - b) / (a - c)


def wrong_way(x: Tensor, real: Tensor) -> float:
    """The share of pictures whose mirror image is nearer to real pictures than they are."""
    near, near_mirrored = (torch.cdist(part.flatten(1), real.flatten(1)).amin(1) for part in (x, x.flip(3)))
    return (near_mirrored < near).double().mean().item()


@torch.no_grad()
def look(players, own: Tensor, new: Tensor, z: Tensor) -> tuple[float, float]:
    fake = players.G_ema(z)
    return by_heart(players.D, own, new[:500], fake), wrong_way(fake, new)


def exercise_15_4() -> dict:
    torch.set_num_threads(1)
    pixels = fashion_mnist()[0][:, None]
    found: dict[str, list[float]] = {}
    for seed in SEEDS:
        some = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(seed))
        own, new = pixels[some[:OWN]], unit(pixels[some[OWN : OWN + 3000]])
        recipe = Recipe(seed=seed)
        z = torch.randn(500, recipe.latent_dim, generator=torch.Generator().manual_seed(seed))
        for way in ("plain", "real", "both"):
            players, data = recipe.players(), images(own)
            if way == "real":
                data = mirror_data(data)
            if way == "both":
                torch.manual_seed(seed)
                G = recipe.generator()
                D = MirrorD(28, 1, recipe.widths_D, batch_norm=True, seed=seed)
                players = recipe.optimised(G, D)
            looks = []
            for step in islice(recipe.train(players, data), STEPS):
                if step.number > STEPS - 300 and step.number % 100 == 0:
                    looks.append(look(players, unit(own), new, z))
            heart, wrong = torch.tensor(looks).mean(0).tolist()
            found.setdefault(f"heart_{way}", []).append(heart)
            found.setdefault(f"wrong_{way}", []).append(wrong)
            print(seed, way, f"{heart:.2f} {wrong:.2f}", flush=True)
        found.setdefault("wrong_new", []).append(wrong_way(new[:500], new[500:]))
    return {name: f"{median(v):.2f} ({min(v):.2f} to {max(v):.2f})" for name, v in found.items()}
