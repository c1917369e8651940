"""The game on the line: what is counted and what it is held against."""

import math

import pytest
import torch
from torch import nn

from gan_tutorial.chapters import line
from gan_tutorial.distributions import two_gaussians
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator

NORMAL = two_gaussians(distance=0.0, std=0.5)  # N(0, 0.5^2)


class Shifted(nn.Module):
    """x = shift + 0.5 z: (N, 1)."""

    latent_dim, classes = 1, 0

    def __init__(self, shift):
        super().__init__()
        self.shift = shift

    def forward(self, z):
        return self.shift + 0.5 * z


class Best(nn.Module):
    """D* against Shifted: t = log p(x) - log q(x)."""

    def __init__(self, shift):
        super().__init__()
        self.shift = shift

    def forward(self, x):
        return NORMAL.log_density(x) - NORMAL.log_density(x - self.shift)


@pytest.mark.parametrize("shift", [0.0, 1.0, -2.0])
def test_it_sees_the_distributions_their_distance_and_the_best_D(shift):
    it = line.look(NORMAL, Shifted(shift), Best(shift))
    assert it.q.sum() * line.WIDTH == pytest.approx(1) and it.p.sum() * line.WIDTH == pytest.approx(1, abs=1e-4)
    assert abs(it.W1 - abs(shift)) < 0.02
    assert it.gap < 0.02 and 0 <= it.best_V - it.V < 0.02
    assert shift or it.best_V == pytest.approx(-math.log(4), abs=0.01)


def test_a_D_that_always_says_one_half_has_that_gap_and_that_value():
    D = MLPDiscriminator(1)
    with torch.no_grad():
        for w in D.parameters():
            w.zero_()
    it = line.look(NORMAL, Shifted(1.0), D)
    assert it.gap == pytest.approx(it.gap_of_half) and it.gap > 0.2 and abs(it.V + math.log(4)) < 1e-6


def test_what_lies_outside_is_counted():
    it = line.look(NORMAL, Shifted(100.0), Best(0.0))
    assert it.q[-1] * line.WIDTH == pytest.approx(1)


def test_looking_changes_nothing():
    G, D = MLPGenerator(1), MLPDiscriminator(1)
    before, state = [w.clone() for w in (*G.parameters(), *D.parameters())], torch.get_rng_state()
    line.look(NORMAL, G, D)
    assert torch.equal(state, torch.get_rng_state())
    assert all(map(torch.equal, before, (*G.parameters(), *D.parameters())))


def test_the_film_shows_the_steps_that_are_asked_for():
    looks = {step: line.look(NORMAL, Shifted(step / 100), Best(0.0)) for step in (0, 100, 200)}
    frames = dict(line.film(looks, [0, 200]))
    assert list(frames) == [0, 200] and frames[0] != frames[200]
    assert all(frame.startswith(b"\x89PNG") for frame in frames.values())
