"""The rules of the game, on scores t = D(x): any real number, high for "looks real".

D earns   V(D, G) = E_x[reward_real(D(x))] + E_z[reward_fake(D(G(z)))]   and ascends it.
G pays    L(G)    = E_z[cost(D(G(z)))]                                   and descends it.

In the first two games sigmoid(t) is the probability "real" that the literature writes D(x).
Tests evaluate the formulas in the docstrings below and compare them with the code.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .checks import shape


class Objective:
    """Three formulas on scores. Scores (N,) in, one number per sample out (N,)."""

    def reward_real(self, t: Tensor) -> Tensor:
        """What D earns for giving a real sample the score t."""
        raise NotImplementedError

    def reward_fake(self, t: Tensor) -> Tensor:
        """What D earns for giving a fake sample the score t."""
        raise NotImplementedError

    def cost(self, t: Tensor) -> Tensor:
        """What G pays for a fake with the score t."""
        return self.reward_fake(t)  # zero-sum: G pays what D earns, unless a rule says otherwise

    def value(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        """V, estimated from the scores (N,) of a real and of a fake batch: ()."""
        shape(d_fake, *d_real.shape, name="the scores d_fake")
        return self.reward_real(d_real).mean() + self.reward_fake(d_fake).mean()

    def generator_loss(self, d_real: Callable[[], Tensor], d_fake: Tensor) -> Tensor:
        """L, likewise: (). Only a rule that compares the two batches asks for the real scores."""
        return self.cost(d_fake).mean()

    def direction(self, D: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
        """Where each fake should go to lower G's cost: -N dL/dx (N, ...), of N fakes x and as many real samples.

        D is any function; a network with dropout or batch normalisation should be in eval mode.
        """
        x = fake.detach().requires_grad_()
        (slope,) = torch.autograd.grad(self.generator_loss(lambda: D(real), D(x)), x)
        return -len(x) * slope


class Minimax(Objective):
    """The zero-sum game. At the best D, V = 2 JSD(p, q) - log 4.

        reward_real(t) = log(sigmoid(t))
        reward_fake(t) = log(1 - sigmoid(t))
        cost(t)        = log(1 - sigmoid(t))

    Goodfellow et al. 2014
    """

    def reward_real(self, t: Tensor) -> Tensor:
        return F.logsigmoid(t)

    def reward_fake(self, t: Tensor) -> Tensor:
        return F.logsigmoid(-t)  # 1 - sigmoid(t) = sigmoid(-t), without the cancellation


class NonSaturating(Minimax):
    """Minimax for D; G climbs log D instead, whose slope survives a confident D.

        cost(t) = -log(sigmoid(t))

    Goodfellow et al. 2014
    """

    def cost(self, t: Tensor) -> Tensor:
        return -F.logsigmoid(t)


class LeastSquares(Objective):
    """D regresses the scores on 1 (real) and 0 (fake), G wants its own to be 1.

        reward_real(t) = -(t - 1)**2 / 2
        reward_fake(t) = -t**2 / 2
        cost(t)        = (t - 1)**2 / 2

    Mao et al. 2017
    """

    def reward_real(self, t: Tensor) -> Tensor:
        return -(t - 1).square() / 2

    def reward_fake(self, t: Tensor) -> Tensor:
        return -t.square() / 2

    def cost(self, t: Tensor) -> Tensor:
        return (t - 1).square() / 2


class Hinge(Objective):
    """D earns nothing more beyond the margin 1.

        reward_real(t) = min(0, t - 1)
        reward_fake(t) = min(0, -t - 1)
        cost(t)        = -t

    Lim & Ye 2017
    """

    def reward_real(self, t: Tensor) -> Tensor:
        return -F.relu(1 - t)

    def reward_fake(self, t: Tensor) -> Tensor:
        return -F.relu(1 + t)

    def cost(self, t: Tensor) -> Tensor:
        return -t


class Wasserstein(Objective):
    """The critic's game. V is bounded only while D is Lipschitz: pair it with a slope penalty.

        reward_real(t) = t
        reward_fake(t) = -t
        cost(t)        = -t

    Arjovsky et al. 2017
    """

    def reward_real(self, t: Tensor) -> Tensor:
        return t

    def reward_fake(self, t: Tensor) -> Tensor:
        return -t


class Relativistic(Objective):
    """Only the margin m = D(x) - D(G(z)) between a real sample and its fake partner counts.

        V = E[log sigmoid(D(x) - D(G(z)))],   L = E[-log sigmoid(D(G(z)) - D(x))]

    Jolicoeur-Martineau 2019, the relativistic standard GAN
    """

    def margin(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        """m of each pair: (N,), (N,) -> (N,)."""
        shape(d_fake, *d_real.shape, name="the scores d_fake")
        return d_real - d_fake

    def value(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        return F.logsigmoid(self.margin(d_real, d_fake)).mean()

    def generator_loss(self, d_real: Callable[[], Tensor], d_fake: Tensor) -> Tensor:
        return -F.logsigmoid(-self.margin(d_real(), d_fake)).mean()


# What `training.train` takes, by name
OBJECTIVES = {
    "minimax": Minimax(),
    "non-saturating": NonSaturating(),
    "least-squares": LeastSquares(),
    "hinge": Hinge(),
    "wasserstein": Wasserstein(),
    "relativistic": Relativistic(),
}
