"""Notebook 14: flow matching, built of the layers of G and D. One network, one loss, no opponent.

    E |v(x_t, t) - (x - z)|^2,  x_t = (1 - t) z + t x       training descends this mean square

z ~ N(0, I). A flow can be used as a generator: `net(z)` are samples and `net.latent_dim` is the length of z.
`net.loss(x, rng)` is what `one_network.train_alone` descends.
"""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checks import positive, shape, whole
from ..networks import channels_last
from .one_network import OwnLoss
from .vae import log_normal


class Flow(OwnLoss):
    """A sample is the x at t = 1 of dx/dt = v(x, t), where x at t = 0 is the noise z, by `steps` steps of Euler's
    method.

    `velocity` takes x (N, *shape) and t (N,) to v (N, *shape); z is (N, Z), Z the number of entries of `shape`.
    Lipman et al. 2023, Liu et al. 2023, Albergo & Vanden-Eijnden 2023
    """

    classes = 0

    def __init__(self, velocity: nn.Module, shape: tuple[int, ...] = (1, 28, 28), steps: int = 20):
        super().__init__()
        self.velocity, self.shape, self.steps, self.latent_dim = velocity, shape, steps, math.prod(shape)

    def path(self, z: Tensor, steps: int) -> Iterator[Tensor]:
        """z (N, Z) -> x (N, *shape) at t = 0, 1 / steps, ..., 1."""
        whole(1, steps=steps)
        shape(z, "N", self.latent_dim, name="the latent z")
        x = z.view(len(z), *self.shape)
        yield x
        for k in range(steps):
            x = x + self.velocity(x, x.new_full((len(x),), k / steps)) / steps
            yield x

    def forward(self, z: Tensor) -> Tensor:
        """Samples: z (N, Z) -> x (N, *shape), cut off at -1 and 1, the range of pixels."""
        *_, x = self.path(z, self.steps)
        return x.clamp(-1, 1)

    def loss(self, x: Tensor, rng: torch.Generator) -> Tensor:
        """The mean square of v(x_t, t) - (x - z), over entries and batch: x (N, *shape) -> ()."""
        shape(x, "N", *self.shape, name="x")
        z = torch.randn(x.shape, generator=rng, device=x.device)
        t = torch.rand(len(x), generator=rng, device=x.device)
        share = t.view(-1, *[1] * len(self.shape))
        return F.mse_loss(self.velocity((1 - share) * z + share * x, t), x - z)

    def log_density(self, x: Tensor, steps: int, rng: torch.Generator) -> Tensor:
        """log q(x), natural, from the way back to z: (N, *shape) -> (N,).

            log q(x) = log N(z; 0, I) - integral of div v(x_t, t) dt from 0 to 1

        by `steps` steps of the midpoint rule; div v = sum_i dv_i / dx_i is estimated without bias as <e, J e>, with
        signs e drawn once for each x. Chen et al. 2018, eq. 8; the estimate: Grathwohl et al. 2019
        """
        whole(1, steps=steps)
        shape(x, "N", *self.shape, name="x")
        signs = torch.randint(0, 2, x.shape, generator=rng, device=x.device) * 2.0 - 1
        total = x.new_zeros(len(x))
        for k in reversed(range(steps)):
            middle = x - self.velocity(x, x.new_full((len(x),), (k + 1) / steps)).detach() / (2 * steps)
            with torch.enable_grad():
                v = self.velocity(middle.requires_grad_(), x.new_full((len(x),), (k + 0.5) / steps))
                (slope,) = torch.autograd.grad((v * signs).sum(), middle)
            total += (slope * signs).flatten(1).sum(1) / steps
            x = x - v.detach() / steps
        return log_normal(x) - total


class _Timed(nn.Module):
    """A layer, then GroupNorm, plus a term for the time in each channel, then SiLU."""

    def __init__(self, layer: nn.Module, channels: int, waves: int):
        super().__init__()
        self.layer, self.norm, self.time = layer, nn.GroupNorm(8, channels), nn.Linear(waves, channels)

    def forward(self, h: Tensor, waves: Tensor) -> Tensor:
        return F.silu(self.norm(self.layer(h)) + self.time(waves)[:, :, None, None])


class UNet(nn.Module):
    """A velocity for pictures: that of pixels drawn from N(mean, std^2), independently, plus what a network U adds.

        v(x, t) = mean + (t std^2 - (1 - t)) / r^2 (x - t mean) + std / r U((x - t mean) / r, t)
        r^2     = (1 - t)^2 + t^2 std^2

    r is then the standard deviation of x_t, and std / r that of x - z given x_t: U has in- and outputs of size 1.
    U goes down by D's convolutions, through a dense layer like G's first, and up by G's transposed convolutions,
    with a skip connection at each size: x (N, 1, 28, 28) -> (N, 32, 14, 14) -> (N, 64, 7, 7) -> (N, 216)
    -> (N, 64, 7, 7) -> (N, 32, 14, 14) -> v (N, 1, 28, 28). Each stage but the last is told t, as cos(k pi t),
    k = 0, ..., 15.
    After Ronneberger et al. 2015; the scaling after Karras et al. 2022
    """

    def __init__(
        self,
        widths: tuple[int, int] = (32, 64),
        bottleneck: int = 216,
        waves: int = 16,
        mean: float = -0.43,  # of the pixels of Fashion-MNIST
        std: float = 0.71,
    ):
        super().__init__()
        positive(std=std)
        a, b = widths
        self.waves, self.mean, self.std = waves, mean, std
        self.down = _Timed(nn.Conv2d(1, a, 4, 2, 1), a, waves)  # kernel 4, stride 2, padding 1: half the side
        self.deeper = _Timed(nn.Conv2d(a, b, 4, 2, 1), b, waves)
        self.encode = nn.Sequential(nn.Conv2d(b, 8, kernel_size=1), nn.Flatten(), nn.Linear(8 * 7 * 7, bottleneck))
        self.time = nn.Linear(waves, bottleneck)
        back = nn.Linear(bottleneck, 8 * 7 * 7), nn.Unflatten(1, (8, 7, 7)), nn.Conv2d(8, b, kernel_size=1)
        self.decode = nn.Sequential(nn.SiLU(), *back)
        self.bottom = _Timed(nn.Conv2d(b, b, 3, padding=1), b, waves)
        self.up = _Timed(nn.ConvTranspose2d(b, a, 4, 2, 1), a, waves)
        self.last = nn.ConvTranspose2d(2 * a, 1, 4, 2, 1)
        channels_last(self)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """x (N, 1, 28, 28) and t (N,) in [0, 1] -> v (N, 1, 28, 28)."""
        shape(x, "N", 1, 28, 28, name="the picture x")
        shape(t, len(x), name="the time t")
        waves = torch.cos(math.pi * t[:, None] * torch.arange(self.waves, device=t.device))
        t = t.view(-1, 1, 1, 1)
        square = (1 - t) ** 2 + (t * self.std) ** 2
        off = x - t * self.mean
        plain = self.mean + (t * self.std**2 - (1 - t)) / square * off
        return plain + self.std / square.sqrt() * self._layers(off / square.sqrt(), waves)

    def _layers(self, x: Tensor, waves: Tensor) -> Tensor:
        skip = self.down(x, waves)
        h = self.deeper(skip, waves)
        h = h + self.decode(self.encode(h) + self.time(waves))
        h = h + self.bottom(h, waves)
        return self.last(torch.cat([self.up(h, waves), skip], 1))
