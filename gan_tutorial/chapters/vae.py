"""Notebook 14: a variational autoencoder (VAE), built of the layers of G and D. One network, one loss, no opponent.

    E_e[log q(x|z)] - KL(e(z|x) || N(0, I)) <= log q(x)     training climbs this bound, the ELBO

z ~ N(0, I), q is the distribution that the network makes of z, and e(z|x) approximates the distribution of the z that
made x (papers write p_theta for our q and q_phi for our e). A VAE can be used as a generator: `net(z)` are samples and
`net.latent_dim` is the length of z. `net.loss(x, rng)` is what `one_network.train_alone` descends.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..checks import shape, whole
from ..networks import ConvDiscriminator
from .one_network import OwnLoss


def kl_from_normal(mean: Tensor, log_std: Tensor) -> Tensor:
    """KL(N(mean, std^2) || N(0, I)) = sum_i (mean_i^2 + std_i^2 - 1) / 2 - log std_i, in nats: (N, Z) -> (N,)."""
    return ((mean.square() + (2 * log_std).exp() - 1) / 2 - log_std).sum(1)


def log_normal(x: Tensor) -> Tensor:
    """log N(x; 0, I) in nats: (N, ...) -> (N,)."""
    return -(x.square() + math.log(2 * math.pi)).flatten(1).sum(1) / 2


class Elbo(NamedTuple):
    """The two parts of the bound, in nats, for one z ~ e(z|x) each: (N,)."""

    log_q: Tensor  # log q(x|z)
    kl: Tensor  # KL(e(z|x) || N(0, I))


class VAE(OwnLoss):
    """q(x|z) = N(G(z), noise^2 I) with one learned noise; e(z|x) = N(mean(x), std(x)^2), its components independent.

    G takes z (N, Z) to x (N, ...), and the encoder takes x to the means and the logarithms of the standard deviations,
    side by side: (N, 2Z).
    Kingma & Welling 2014; learned noise: Rybkin et al. 2021
    """

    classes = 0

    def __init__(self, G: nn.Module, encoder: nn.Module, latent_dim: int):
        super().__init__()
        whole(1, latent_dim=latent_dim)
        self.G, self.encoder, self.latent_dim = G, encoder, latent_dim
        self.log_noise = nn.Parameter(torch.tensor(-1.0))

    def forward(self, z: Tensor) -> Tensor:
        """The mean of q(x|z): a sample without its noise."""
        return self.G(z)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (N, ...) -> mean and log std of e(z|x), each (N, Z)."""
        code = self.encoder(x)
        shape(code, len(x), 2 * self.latent_dim, name="what the encoder makes of x")
        mean, log_std = code.chunk(2, dim=1)
        return mean, log_std

    def elbo(self, x: Tensor, rng: torch.Generator) -> Elbo:
        """The bound for each of x (N, ...), with one z for each, drawn with rng."""
        mean, log_std = self.encode(x)
        z = mean + log_std.exp() * torch.randn(mean.shape, generator=rng, device=x.device)
        made = self.G(z)
        shape(x, *made.shape, name="x")
        error = (x - made) / self.log_noise.exp()
        return Elbo(log_normal(error) - x[0].numel() * self.log_noise, kl_from_normal(mean, log_std))

    def loss(self, x: Tensor, rng: torch.Generator) -> Tensor:
        """-ELBO, as a mean over the batch: ()."""
        log_q, kl = self.elbo(x, rng)
        return (kl - log_q).mean()


class ConvEncoder(nn.Sequential):
    """The body of D, with 2Z numbers in place of a score: x (N, 1, 28, 28) -> (N, 2Z)."""

    def __init__(self, latent_dim: int, widths: tuple[int, ...] = (16, 32, 64)):
        D = ConvDiscriminator(28, 1, widths, batch_norm=True)
        super().__init__(D.net, nn.Linear(D.score.in_features, 2 * latent_dim))

    def forward(self, x: Tensor) -> Tensor:
        shape(x, "N", 1, 28, 28, name="the picture x")
        return super().forward(x)
