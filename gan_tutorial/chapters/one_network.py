"""`training.train` without an opponent: one network descends its own loss (the VAE and the flow of notebook 14)."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from ..training import Data, Resumable, average, descend, finite


@dataclass
class Learner(Resumable):
    """Everything that training changes where there is no opponent, hence what a checkpoint must hold."""

    parts = ("net", "opt", "net_ema")

    net: nn.Module
    opt: Optimizer
    net_ema: nn.Module  # net with its weights averaged over the steps: the one to sample from
    rng: torch.Generator
    step: int = 0

    @classmethod
    def create(
        cls, net: nn.Module, *, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.99), seed: int = 0
    ) -> "Learner":
        """A learner at step 0, with Adam. `seed` is for data and noise; the weights are the network's."""
        device = next(net.parameters()).device
        average_net = copy.deepcopy(net).requires_grad_(False).eval()
        rng = torch.Generator(device).manual_seed(seed)
        return cls(net, Adam(net.parameters(), lr, betas, fused=True), average_net, rng)


class LossStep(NamedTuple):
    """What one step leaves behind."""

    number: int  # of steps done, so the first is 1
    loss: Tensor  # ()


def train_alone(learner: Learner, data: Data, *, batch_size: int = 32, decay: float = 0.995) -> Iterator[LossStep]:
    """Descend net.loss, for ever: `training.train` without an opponent. `decay` is that of the averaged weights."""
    net, rng = learner.net, learner.rng
    average_weights = average(learner.net_ema, net, decay)
    while True:
        x, *_ = data(batch_size, rng)
        loss = net.loss(x, rng)
        descend(learner.opt, finite(type(net).__name__, learner.step, loss))
        average_weights()
        learner.step += 1
        yield LossStep(learner.step, loss.detach())
