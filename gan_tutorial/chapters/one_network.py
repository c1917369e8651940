"""Notebook 14: `training.train` without an opponent. One network, a VAE or a flow, descends its own loss.

Learner        the network, its optimiser, its averaged copy: what a checkpoint holds
train_alone    the loop, a generator of LossSteps
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim import Adam, Optimizer

from ..checks import not_negative, whole
from ..sampling import FromLatents
from ..training import Data, Resumable, average, descend, finite


class OwnLoss(FromLatents):
    """A network that makes samples of latents, and has a loss of its own."""

    def loss(self, x: Tensor, rng: torch.Generator) -> Tensor:
        """The loss of a batch x (N, ...), with random numbers by rng: ()."""
        raise NotImplementedError


@dataclass
class Learner(Resumable):
    """Everything that training changes where there is no opponent, hence what a checkpoint must hold."""

    parts = ("net", "opt", "net_ema")

    net: OwnLoss
    opt: Optimizer
    net_ema: OwnLoss  # net with its weights averaged over the steps: the one to sample from
    rng: torch.Generator
    step: int = 0

    @classmethod
    def create(
        cls, net: OwnLoss, *, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.99), seed: int = 0
    ) -> "Learner":
        """A learner at step 0, with Adam. `seed` is for data and noise; the weights are the network's."""
        device = next(net.parameters()).device
        average_net = copy.deepcopy(net).requires_grad_(False).eval()
        rng = torch.Generator(device).manual_seed(seed)
        return cls(net, Adam(net.parameters(), lr, betas, fused=True), average_net, rng)


class LossStep(NamedTuple):
    """What one step of `train_alone` leaves behind, as `training.Step` does of the game."""

    number: int  # of steps done, so the first is 1
    loss: Tensor  # ()


def train_alone(learner: Learner, data: Data, *, batch_size: int = 64, decay: float = 0.99) -> Iterator[LossStep]:
    """Descend net.loss for ever, on batches of the data; labels are not used. `decay` is that of the averaged weights:
    net_ema <- decay net_ema + (1 - decay) net. A loss that is not finite is a FloatingPointError."""
    whole(1, batch_size=batch_size)
    not_negative(decay=decay)
    if decay >= 1:
        raise ValueError(f"decay is {decay}; expected a number < 1, or the average never learns")
    return _descents(learner, data, batch_size, decay)


def _descents(learner: Learner, data: Data, batch_size: int, decay: float) -> Iterator[LossStep]:
    net, rng = learner.net, learner.rng
    average_weights = average(learner.net_ema, net, decay)
    while True:
        x, *_ = data(batch_size, rng)
        loss = net.loss(x, rng)
        descend(learner.opt, finite(type(net).__name__, learner.step, loss))
        average_weights()
        learner.step += 1
        yield LossStep(learner.step, loss.detach())
