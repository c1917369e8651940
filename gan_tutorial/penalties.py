"""What D pays for being steep: weight * E[charge(s)], with s = |grad_x D(x)|^2 of each sample x.

A penalty says where those x lie, and what is charged. The slope belongs to one sample, so D must score
each sample by itself: `train` refuses a penalty on a D with batch normalisation.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from .checks import not_negative, shape


def squared_slope(D: nn.Module, x: Tensor, labels: list[Tensor]) -> Tensor:
    """s of each sample: x (N, ...) -> (N,), itself differentiable in D's weights."""
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(x, *labels).sum(), x, create_graph=True)
    return slope.flatten(1).square().sum(1)


@dataclass(frozen=True)
class Penalty:
    """Call it with a real and a fake batch (N, ...) of the same shape and their labels: what D pays, ()."""

    weight: float = 1.0

    def __post_init__(self) -> None:
        not_negative(weight=self.weight)

    def where(self, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
        """The points x (N, ...) at which D's slope is looked at."""
        raise NotImplementedError

    def charge(self, s: Tensor) -> Tensor:
        """The price of a squared slope s: (N,) -> (N,)."""
        return s / 2

    def __call__(self, D: nn.Module, real: Tensor, fake: Tensor, labels: list[Tensor], rng: Generator) -> Tensor:
        shape(fake, *real.shape, name="the fake batch")
        s = squared_slope(D, self.where(real, fake, rng), labels)
        return self.weight * self.charge(s).mean()


class R1(Penalty):
    """Flat where the data are. Mescheder et al. 2018: weight is their gamma.

    charge(s) = s / 2
    """

    def where(self, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
        return real


class R2(Penalty):
    """Flat where the fakes are. Mescheder et al. 2018

    charge(s) = s / 2
    """

    def where(self, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
        return fake


class Interpolated(Penalty):
    """Slope one in between: "WGAN-GP". Gulrajani et al. 2017: weight is their lambda, 10 there.

        charge(s) = (sqrt(s) - 1)**2

    Each pair of a real and a fake sample has its own point, uniform on the segment between them.
    """

    def where(self, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
        u = torch.rand(len(real), generator=rng, device=real.device)
        return fake + u.view(-1, *[1] * (real.ndim - 1)) * (real - fake)

    def charge(self, s: Tensor) -> Tensor:
        tiny = torch.finfo(s.dtype).tiny  # the root has no finite derivative at 0
        return (s.clamp(min=tiny).sqrt() - 1).square()


# What `training.train` takes, by name; `dataclasses.replace(penalty, weight=...)` gives one another weight
PENALTIES: dict[str, tuple[Penalty, ...]] = {
    "none": (),
    "R1": (R1(),),
    "R2": (R2(),),
    "R1 + R2": (R1(), R2()),
    "gradient penalty": (Interpolated(),),
}
