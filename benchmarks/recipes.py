"""Published recipes, rebuilt from their hyper-parameters: what each paper or tutorial says, on the same loop.

All of them play through `gan_tutorial.training.train`, so only networks and numbers differ. z ~ N(0, I), and
in each of them G descends on the fakes that D has just seen.
"""

import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_tutorial.networks import ConvDiscriminator, ConvGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.penalties import R1, R2, Interpolated
from gan_tutorial.pictures import images
from gan_tutorial.recipe import Recipe
from gan_tutorial.training import Players, Step, train

Run = tuple[Players, Iterator[Step]]


def generator(latent_dim: int, *layers: nn.Module) -> nn.Module:
    G = nn.Sequential(*layers)
    G.latent_dim, G.classes = latent_dim, 0
    return G


def score(features: int) -> list[nn.Module]:
    return [nn.Flatten(), nn.Linear(features, 1), nn.Flatten(0)]


def ours(pixels: Tensor, seed: int) -> Run:
    """The recipe of notebook 07."""
    recipe = Recipe(seed=seed)
    players = recipe.players()
    return players, recipe.train(players, images(pixels))


def dcgan_paper(pixels: Tensor, seed: int) -> Run:
    """Radford et al. 2016 at 28x28: width 64, batch 128, learning rate 0.0002, beta1 0.5. Kernels 4x4, not 5x5."""
    G = ConvGenerator(28, latent_dim=100, widths=(128, 64))
    D = ConvDiscriminator(28, widths=(64, 128), batch_norm=True)
    players = Players.create(G, D, lr_G=2e-4, lr_D=2e-4, betas=(0.5, 0.999), seed=seed)
    return players, train(players, images(pixels), OBJECTIVES["non-saturating"], batch_size=128, decay=0)


def pytorch_gan(pixels: Tensor, seed: int) -> Run:
    """eriklindernoren/PyTorch-GAN, dcgan.py: 32x32; 0.8 is the eps of its BatchNorm."""

    def block(a: int, b: int, norm: bool) -> list[nn.Module]:
        layers = [nn.Conv2d(a, b, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25)]
        return layers + [nn.BatchNorm2d(b, 0.8)] * norm

    def up(a: int, b: int) -> list[nn.Module]:
        return [nn.Upsample(scale_factor=2), nn.Conv2d(a, b, 3, 1, 1), nn.BatchNorm2d(b, 0.8), nn.LeakyReLU(0.2)]

    start = [nn.Linear(100, 128 * 8 * 8), nn.Unflatten(1, (128, 8, 8)), nn.BatchNorm2d(128)]
    G = generator(100, *start, *up(128, 128), *up(128, 64), nn.Conv2d(64, 1, 3, 1, 1), nn.Tanh())
    convolutions = [*block(1, 16, False), *block(16, 32, True), *block(32, 64, True), *block(64, 128, True)]
    D = nn.Sequential(*convolutions, *score(128 * 2 * 2))
    for m in [*G.modules(), *D.modules()]:
        if isinstance(m, nn.Conv2d):
            nn.init.normal_(m.weight, 0.0, 0.02)
        elif isinstance(m, nn.BatchNorm2d):
            nn.init.normal_(m.weight, 1.0, 0.02)
    players = Players.create(G, D, lr_G=2e-4, lr_D=2e-4, betas=(0.5, 0.999), seed=seed)
    return players, train(players, images(pixels, size=32), OBJECTIVES["non-saturating"], batch_size=64, decay=0)


def tensorflow(pixels: Tensor, seed: int) -> Run:
    """TensorFlow's DCGAN tutorial: 5x5 kernels, batch 256, Adam at 0.0001 with Keras' defaults and initialisers."""

    def norm(a: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(a, eps=1e-3, momentum=0.01), nn.LeakyReLU(0.3)]

    def up(a: int, b: int, stride: int) -> nn.Module:
        return nn.ConvTranspose2d(a, b, 5, stride, 2, output_padding=stride - 1, bias=False)

    dense = [nn.Linear(100, 256 * 7 * 7, bias=False), nn.BatchNorm1d(256 * 7 * 7, eps=1e-3, momentum=0.01)]
    start = [*dense, nn.LeakyReLU(0.3), nn.Unflatten(1, (256, 7, 7))]
    G = generator(100, *start, up(256, 128, 1), *norm(128), up(128, 64, 2), *norm(64), up(64, 1, 2), nn.Tanh())
    first = [nn.Conv2d(1, 64, 5, 2, 2), nn.LeakyReLU(0.3), nn.Dropout(0.3)]
    second = [nn.Conv2d(64, 128, 5, 2, 2), nn.LeakyReLU(0.3), nn.Dropout(0.3)]
    D = nn.Sequential(*first, *second, *score(128 * 7 * 7))
    for m in [*G.modules(), *D.modules()]:
        if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(m.weight)
            if m.bias is not None:
                nn.init.zeros_(m.bias)
    players = Players.create(G, D, lr_G=1e-4, lr_D=1e-4, betas=(0.9, 0.999), seed=seed)
    return players, train(players, images(pixels), OBJECTIVES["non-saturating"], batch_size=256, decay=0)


def wgan_gp(pixels: Tensor, seed: int) -> Run:
    """Gulrajani et al. 2017, their script for MNIST: width 64, batch 50, five steps of the critic, lambda 10."""

    def up(a: int, b: int, side: int) -> nn.Module:
        return nn.ConvTranspose2d(a, b, 5, 2, 2, output_padding=1 - side % 2)  # 4 -> 7 -> 14 -> 28

    start = [nn.Linear(128, 256 * 4 * 4), nn.Unflatten(1, (256, 4, 4)), nn.ReLU()]
    G = generator(128, *start, up(256, 128, 7), nn.ReLU(), up(128, 64, 14), nn.ReLU(), up(64, 1, 28), nn.Tanh())
    convolutions = []
    for a, b in ((1, 64), (64, 128), (128, 256)):
        convolutions += [nn.Conv2d(a, b, 5, 2, 2), nn.LeakyReLU(0.2)]
    D = nn.Sequential(*convolutions, *score(256 * 4 * 4))
    players = Players.create(G, D, lr_G=1e-4, lr_D=1e-4, betas=(0.5, 0.9), seed=seed)
    options = dict(batch_size=50, critic_steps=5, decay=0)
    return players, train(players, images(pixels), OBJECTIVES["wasserstein"], [Interpolated(10)], **options)


GAIN = math.sqrt(2 / (1 + 0.2**2))  # of LeakyReLU(0.2)


def scaled(layer: nn.Module, gain: float) -> nn.Module:
    """Weights ~ N(0, gain^2 / inputs)."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    return layer


class Biased(nn.Module):
    """A bias, LeakyReLU(0.2), and the gain that keeps the variance."""

    def __init__(self, channels: int):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return GAIN * F.leaky_relu(x + self.bias, 0.2)


class Residual(nn.Module):
    """1x1 to twice the channels, 3x3 in groups of four channels, 1x1 back, which starts at zero."""

    def __init__(self, channels: int, blocks: int):
        super().__init__()
        wide, gain = 2 * channels, blocks**-0.25
        self.net = nn.Sequential(
            scaled(nn.Conv2d(channels, wide, 1, bias=False), gain * GAIN),
            Biased(wide),
            scaled(nn.Conv2d(wide, wide, 3, 1, 1, groups=wide // 4, bias=False), gain * GAIN),
            Biased(wide),
            scaled(nn.Conv2d(wide, channels, 1, bias=False), 0.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.net(x)


class Basis(nn.Module):
    """z -> a learnt 7x7 map per channel, times a linear function of z per channel."""

    def __init__(self, latent_dim: int, channels: int):
        super().__init__()
        self.maps = nn.Parameter(torch.randn(channels, 7, 7))
        self.linear = scaled(nn.Linear(latent_dim, channels, bias=False), 1.0)

    def forward(self, z: Tensor) -> Tensor:
        return self.maps * self.linear(z)[:, :, None, None]


def r3gan(pixels: Tensor, seed: int) -> Run:
    """Huang et al. 2024 made small: sides 7, 14, 28 with 64, 32, 16 channels, one block each, batch 32.

    Their learning rate, betas and gamma. Their filter [1, 2, 1] is bilinear, up and down.
    """

    def linear(a: int, b: int, side: int = 1, groups: int = 1) -> nn.Module:
        return scaled(nn.Conv2d(a, b, side, groups=groups, bias=False), 1.0)

    def resample(factor: float) -> nn.Module:
        return nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)

    grow = [Basis(64, 64), Residual(64, 3)]
    for a, b in ((64, 32), (32, 16)):
        grow += [linear(a, b), resample(2), Residual(b, 3)]
    shrink = [linear(1, 16)]
    for a, b in ((16, 32), (32, 64)):
        shrink += [Residual(a, 3), resample(0.5), linear(a, b)]
    G = generator(64, *grow, linear(16, 1))
    D = nn.Sequential(*shrink, Residual(64, 3), linear(64, 64, 7, groups=64), *score(64))
    players = Players.create(G, D, lr_G=2e-4, lr_D=2e-4, betas=(0.0, 0.9), seed=seed)
    options = dict(batch_size=32, decay=0.999)
    return players, train(players, images(pixels), OBJECTIVES["relativistic"], [R1(2.0), R2(2.0)], **options)


RECIPES: dict[str, Callable[[Tensor, int], Run]] = {
    "ours": ours,
    "DCGAN paper": dcgan_paper,
    "PyTorch-GAN": pytorch_gan,
    "TensorFlow tutorial": tensorflow,
    "R3GAN, small": r3gan,
    "WGAN-GP": wgan_gp,
}
