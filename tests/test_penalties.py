"""Penalties on critics whose slope is known."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from gan_tutorial.penalties import PENALTIES, R1, R2, Interpolated, squared_slope


class Line(nn.Module):
    """D(x) = <w, x>: the slope is w everywhere."""

    def __init__(self, *w):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w))

    def forward(self, x):
        return x.flatten(1) @ self.w


class Bowl(nn.Module):
    """D(x) = |x|^2 / 2: the slope is x."""

    def forward(self, x):
        return x.flatten(1).square().sum(1) / 2


RNG = torch.Generator().manual_seed(0)
REAL, FAKE = (
    torch.randn(500, 2, generator=RNG) + 3,
    torch.randn(500, 2, generator=RNG) - 3,
)


@pytest.mark.parametrize("penalty, charge", [(R1(), 12.5), (R2(), 12.5), (Interpolated(), 16.0)])
def test_known_slope(penalty, charge):
    D = Line(3.0, 4.0)  # slope 5
    assert penalty(D, REAL, FAKE, [], RNG).item() == pytest.approx(charge)


def test_a_penalty_is_linear_in_the_weight():
    D = Line(1.0, 0.0)
    assert R1(6.0)(D, REAL, FAKE, [], RNG).item() == pytest.approx(3.0)


def test_R1_looks_at_the_real_and_R2_at_the_fake():
    assert R1()(Bowl(), REAL, FAKE, [], RNG).item() == pytest.approx(REAL.square().sum(1).mean().item() / 2)
    assert R2()(Bowl(), REAL, FAKE * 0, [], RNG).item() == 0


def test_slope_is_per_sample_and_per_image():
    """A norm over the whole batch, a published bug, would give one number, and a larger one."""
    x = torch.randn(5, 3, 4, 4)
    torch.testing.assert_close(squared_slope(Bowl(), x, []), x.square().sum((1, 2, 3)))


def test_interpolated_points_lie_on_the_segments_and_each_pair_has_its_own():
    """A weight from a normal distribution, a published bug, leaves the segment."""
    real, fake = torch.ones(5000, 1, 2, 2), torch.zeros(5000, 1, 2, 2)
    x = Interpolated().where(real, fake, RNG)
    u = x[:, 0, 0, 0]
    assert torch.equal(x, u.view(-1, 1, 1, 1).expand_as(x))
    assert 0 <= u.min() < 0.01 and 0.99 < u.max() <= 1  # a weight fixed to 1 is another published bug
    assert abs(u.mean() - 0.5) < 0.02 and abs(u.var() - 1 / 12) < 0.005


def test_interpolated_is_finite_where_D_is_flat():
    D = Line(0.0, 0.0)
    Interpolated()(D, REAL, FAKE, [], RNG).backward()
    assert D.w.grad.isfinite().all()


@pytest.mark.parametrize("Penalty", [R1, R2, Interpolated])
def test_a_penalty_moves_D_towards_its_aim(Penalty):
    D = Line(3.0, 4.0)
    Penalty()(D, REAL, FAKE, [], RNG).backward()
    assert (D.w.grad > 0).all()  # steeper than both aims (0 and 1): descend by making w smaller


@pytest.mark.parametrize("penalty", [R1(), R2(), Interpolated()])
def test_d_is_told_the_labels_where_its_slope_is_looked_at(penalty):
    told = []

    def D(x, *labels):
        told.append(labels)
        return x.square().sum(1)

    y = torch.arange(len(REAL))
    penalty(D, REAL, FAKE, [y], RNG)
    assert len(told) == 1 and torch.equal(told[0][0], y)


def test_the_table_holds_what_train_takes():
    assert {name: [type(term) for term in terms] for name, terms in PENALTIES.items()} == {
        "none": [],
        "R1": [R1],
        "R2": [R2],
        "R1 + R2": [R1, R2],
        "gradient penalty": [Interpolated],
    }
    (heavy,) = (replace(term, weight=3.0) for term in PENALTIES["R1"])
    assert heavy == R1(3.0)
