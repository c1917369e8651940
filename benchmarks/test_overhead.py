"""What the package's loop costs over the same arithmetic written by hand: `make benchmark`.

A round is 20 steps; the clock counts the CPU time of one thread. Compare the two rows of a group.
"""

import time
from itertools import islice

import pytest
import torch
import torch.nn.functional as F

from gan_tutorial.distributions import ring
from gan_tutorial.networks import ConvDiscriminator, ConvGenerator, MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.pictures import images
from gan_tutorial.training import Players, train

PIXELS = torch.randint(0, 256, (1000, 28, 28), dtype=torch.uint8)
CASES = {
    "plane, MLP width 64, batch 64": (lambda: (MLPGenerator(), MLPDiscriminator()), ring()),
    "28x28, convolutions, batch 64": (lambda: (ConvGenerator(), ConvDiscriminator()), images(PIXELS)),
}


def package(players, data):
    yield from train(players, data, OBJECTIVES["non-saturating"])


def by_hand(players, data):
    G, D, opt_G, opt_D, ema, rng = (getattr(players, name) for name in ("G", "D", "opt_G", "opt_D", "G_ema", "rng"))
    params_G, params_D = list(G.parameters()), list(D.parameters())
    params_ema, buffers = list(ema.parameters()), list(zip(ema.buffers(), G.buffers(), strict=True))
    while True:
        (x,) = data(64, rng)
        fake = G(torch.randn(64, G.latent_dim, generator=rng))
        value = F.logsigmoid(D(x)).mean() + F.logsigmoid(-D(fake.detach())).mean()
        opt_D.zero_grad()
        (-value).backward(inputs=params_D)
        opt_D.step()
        cost = -F.logsigmoid(D(fake)).mean()
        opt_G.zero_grad()
        cost.backward(inputs=params_G)
        opt_G.step()
        with torch.no_grad():
            for a, p in zip(params_ema, params_G, strict=True):
                a.lerp_(p, 0.01)
            for a, b in buffers:
                a.copy_(b)
        yield


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("loop", [by_hand, package], ids=["by hand", "package"])
def test_twenty_steps(benchmark, case, loop):
    torch.set_num_threads(1)
    benchmark.group = case
    networks, data = CASES[case]
    steps = loop(Players.create(*networks()), data)
    benchmark.pedantic(lambda: list(islice(steps, 20)), rounds=30, warmup_rounds=2)
