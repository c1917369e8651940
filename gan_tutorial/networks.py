"""The two players. G: latent z (N, Z) -> sample x (N, ...).  D: sample x (N, ...) -> score t (N,).

D returns scores, never probabilities: the sigmoid lives in the objective. With `classes` > 0 both
players are told the label y (N,), whole numbers in [0, classes): G(z, y) and D(x, y).
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import checks
from .checks import float32, share, whole
from .sampling import FromLatents, Network


def one_hot(labels: Tensor | None, classes: int, n: int) -> Tensor:
    """Labels y (n,) of n samples, whole numbers in [0, classes) -> (n, classes), float32.

    A TypeError if there are labels and `classes` is 0, or the other way round.
    """
    if labels is None or classes == 0:
        raise TypeError(
            f"a network with classes={classes} was called with{'out' if labels is None else ''} labels; "
            "give both players the same `classes`, and data that yields labels only if it is > 0"
        )
    checks.labels(labels, n, classes)
    return F.one_hot(labels.long(), classes).float()


def _sizes(widths: Sequence[int], classes: int, **sizes: int) -> None:
    """What a network can be built with: whole numbers >= 1; `classes` may be 0."""
    whole(0, classes=classes)
    whole(1, **sizes, **{f"widths[{i}]": width for i, width in enumerate(widths)})


class Generator(FromLatents):
    """z (N, Z), and y (N,) if there are classes -> what `net` makes of them.

    In float32, as D's scores, even where autocast lets the layers between calculate in half precision.
    """

    def __init__(self, latent_dim: int, classes: int, net: nn.Module):
        super().__init__()
        self.latent_dim, self.classes, self.net = latent_dim, classes, net

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        float32(z, "N", self.latent_dim, name="the latent z")
        if labels is not None or self.classes:
            z = torch.cat([z, one_hot(labels, self.classes, len(z))], dim=1)
        return self.net(z).float()


class Discriminator(nn.Module):
    """x -> features h (N, F) -> t = <w, h> + b, and + <e(y), h> if there are classes.

    The label's part is the projection of Miyato & Koyama 2018.
    """

    def __init__(self, shape: tuple[int, ...], classes: int, net: nn.Module, features: int):
        super().__init__()
        self.shape, self.classes, self.net = shape, classes, net
        self.score = nn.Linear(features, 1)
        if classes:
            self.embedding = nn.Linear(classes, features, bias=False)

    def features(self, x: Tensor) -> Tensor:
        """What D sees in x: (N, ...) -> (N, F)."""
        float32(x, "N", *self.shape, name="the sample x")
        return self.net(x)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        h = self.features(x)
        t = self.score(h).squeeze(1).float()
        if labels is not None or self.classes:
            t = t + (self.embedding(one_hot(labels, self.classes, len(x))) * h).sum(1)
        return t


def mlp(*widths: int) -> nn.Sequential:
    """Linear layers with LeakyReLU(0.2) between them: (N, widths[0]) -> (N, widths[-1])."""
    layers: list[nn.Module] = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


class MLPGenerator(Generator):
    """z (N, Z) -> x (N, data_dim), for distributions on the line or in the plane."""

    def __init__(self, data_dim: int = 2, latent_dim: int = 2, widths: Sequence[int] = (64, 64), classes: int = 0):
        _sizes(widths, classes, data_dim=data_dim, latent_dim=latent_dim)
        super().__init__(latent_dim, classes, mlp(latent_dim + classes, *widths, data_dim))


class MLPDiscriminator(Discriminator):
    """x (N, data_dim) -> t (N,)."""

    def __init__(self, data_dim: int = 2, widths: Sequence[int] = (64, 64), classes: int = 0):
        _sizes(widths, classes, data_dim=data_dim)
        if not widths:
            raise ValueError("widths is empty; expected at least one, of the features that D's score is made of")
        net = nn.Sequential(mlp(data_dim, *widths), nn.LeakyReLU(0.2))
        super().__init__((data_dim,), classes, net, widths[-1])


def channels_last(network: Network) -> Network:
    """The network, in memory a pixel's channels side by side from now on: faster on CPUs."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's stubs


def _ready(network: nn.Module) -> None:
    """Weights ~ N(0, 0.02^2), as in DCGAN."""
    for m in network.modules():
        if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(m.weight, 0.0, 0.02)
    channels_last(network)


class Dropout(nn.Dropout):
    """nn.Dropout with random numbers of its own, which its state holds: a run resumes bit for bit.

    The layers of a network take different streams, or they would drop the same places.
    """

    def __init__(self, p: float = 0.5, stream: int = 0):
        share(p=p)
        super().__init__(p)
        self.rng = torch.Generator().manual_seed(torch.initial_seed() + stream)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        keep = torch.rand(x.shape, generator=self.rng).to(x.device) >= self.p
        return x * keep / (1 - self.p)

    def get_extra_state(self) -> Tensor:
        return self.rng.get_state()

    def set_extra_state(self, state: Tensor) -> None:
        self.rng.set_state(state.cpu())


class Conv2dToGrey(nn.Conv2d):
    """nn.Conv2d(C, 1, ...), three times as fast on a CPU: x (N, C, H, W) -> (N, 1, H, W).

    A convolution filters each map and adds the results; here these are two steps. In one step a CPU's vector unit
    computes sixteen output channels at a time, and fifteen would be thrown away.
    """

    bias: Tensor  # there is one

    def __init__(self, channels: int, kernel_size: int, padding: int):
        super().__init__(channels, 1, kernel_size, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        filtered = F.conv2d(x, self.weight.transpose(0, 1), padding=self.padding, groups=self.in_channels)
        return filtered.sum(1, keepdim=True) + self.bias


class ConvGenerator(Generator):
    """z (N, Z) -> widths[0] maps of the coarsest side -> each layer doubles the side -> x (N, C, S, S).

    One transposed convolution a width. The last one paints the channels; or, with `full_size_maps` > 0, it makes so
    many maps of the full size, and a 3x3 convolution paints the channels. Pixels in [-1, 1]. For size 28, widths
    (64, 32) and 16 full-size maps: z (N, Z) -> (N, 64, 7, 7) -> (N, 32, 14, 14) -> (N, 16, 28, 28) -> x (N, 1, 28, 28).
    After DCGAN, Radford et al. 2016
    """

    def __init__(
        self,
        size: int = 28,
        channels: int = 1,
        latent_dim: int = 64,
        widths: Sequence[int] = (64, 32),
        full_size_maps: int = 0,
        classes: int = 0,
        slope: float = 0.0,
    ):
        _sizes(widths, classes, size=size, channels=channels, latent_dim=latent_dim)
        whole(0, full_size_maps=full_size_maps)
        side, rest = divmod(size, 2 ** len(widths))
        if not widths or rest:
            raise ValueError(
                f"widths {tuple(widths)} double the side {len(widths)} times, so the size must be a multiple "
                f"of {2 ** len(widths)}, and at least one width is needed; got size {size}"
            )
        first = widths[0] * side * side
        layers = [nn.Linear(latent_dim + classes, first, bias=False), nn.Unflatten(1, (widths[0], side, side))]
        maps = (*widths, full_size_maps) if full_size_maps else tuple(widths)
        for a, b in pairwise(maps):
            layers += [nn.BatchNorm2d(a), nn.LeakyReLU(slope)]  # slope 0 is ReLU
            layers += [nn.ConvTranspose2d(a, b, kernel_size=4, stride=2, padding=1, bias=False)]
        last: nn.Module = nn.ConvTranspose2d(maps[-1], channels, kernel_size=4, stride=2, padding=1)
        if full_size_maps:  # `last` is built all the same: the weights of a seed are then those of the shipped files
            last = Conv2dToGrey(maps[-1], 3, 1) if channels == 1 else nn.Conv2d(maps[-1], channels, 3, padding=1)
        layers += [nn.BatchNorm2d(maps[-1]), nn.LeakyReLU(slope), last]
        super().__init__(latent_dim, classes, nn.Sequential(*layers, nn.Tanh()))
        _ready(self)


class ConvDiscriminator(Discriminator):
    """x (N, C, S, S) -> each layer halves the side -> features -> t (N,).

    For size 28 and widths (32, 64): x (N, 1, 28, 28) -> (N, 32, 14, 14) -> (N, 64, 7, 7) -> t (N,).
    An odd side is halved and rounded down: 7 becomes 3.
    After DCGAN, Radford et al. 2016
    """

    def __init__(
        self,
        size: int = 28,
        channels: int = 1,
        widths: Sequence[int] = (32, 64),
        classes: int = 0,
        batch_norm: bool = False,
        dropout: float = 0.0,
    ):
        _sizes(widths, classes, size=size, channels=channels)
        side = size // 2 ** len(widths)
        if not widths or side < 1:
            raise ValueError(
                f"widths {tuple(widths)} halve the side {len(widths)} times, which leaves nothing of size {size}; "
                "give fewer widths, but at least one"
            )
        layers: list[nn.Module] = []
        for i, (a, b) in enumerate(pairwise((channels, *widths))):
            layers.append(nn.Conv2d(a, b, kernel_size=4, stride=2, padding=1))
            if batch_norm and i > 0:
                layers.append(nn.BatchNorm2d(b))
            layers.append(nn.LeakyReLU(0.2))
            if dropout:
                layers.append(Dropout(dropout, stream=i))
        net = nn.Sequential(*layers, nn.Flatten())
        super().__init__((channels, size, size), classes, net, widths[-1] * side * side)
        _ready(self)
