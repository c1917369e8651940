"""The docstrings of the objectives and penalties are true: each formula in them is evaluated."""

import re

import numpy as np
import pytest
import torch

from gan_tutorial import penalties
from gan_tutorial.objectives import OBJECTIVES, Minimax, Relativistic

MATHS = {
    "log": np.log,
    "min": np.minimum,
    "sqrt": np.sqrt,
    "sigmoid": lambda t: 1 / (1 + np.exp(-t)),
}
FORMULA = re.compile(r"^\s*(\w+)\([ts]\)\s*= (.+)$", re.M)
PROMISES = [(n, *f) for n, o in OBJECTIVES.items() for f in FORMULA.findall(type(o).__doc__)]
CHARGES = [(P, *f) for P in (penalties.R1, penalties.R2, penalties.Interpolated) for f in FORMULA.findall(P.__doc__)]


@pytest.mark.parametrize("name, method, formula", PROMISES)
def test_formula_and_slope_are_what_the_code_computes(name, method, formula):
    code = getattr(OBJECTIVES[name], method)
    t = np.linspace(-6, 6, 100)  # an even number of points: none on a kink
    x = torch.from_numpy(t).requires_grad_()
    y = code(x)
    np.testing.assert_allclose(y.detach(), eval(formula, MATHS, {"t": t}), atol=1e-12)
    (slope,) = torch.autograd.grad(y.sum(), x)
    h = 1e-5
    numeric = (eval(formula, MATHS, {"t": t + h}) - eval(formula, MATHS, {"t": t - h})) / (2 * h)
    np.testing.assert_allclose(slope, numeric, atol=1e-7)


@pytest.mark.parametrize("Penalty, method, formula", CHARGES)
def test_charge_is_what_the_code_computes(Penalty, method, formula):
    s = np.linspace(0, 9, 50)
    code = getattr(Penalty(), method)(torch.from_numpy(s))
    np.testing.assert_allclose(code, eval(formula, MATHS, {"s": s}), atol=1e-12)


def test_every_rule_makes_its_promises():
    promised = {n: {m for k, m, _ in PROMISES if k == n} for n in OBJECTIVES}
    assert promised.pop("relativistic") == set()
    assert promised.pop("non-saturating") == {"cost"}  # the rest is minimax's
    assert all(methods == {"reward_real", "reward_fake", "cost"} for methods in promised.values())
    assert len(CHARGES) == 3


def test_relativistic_formula_pair_by_pair():
    real, fake = torch.randn(2, 50, dtype=torch.float64)
    rule = Relativistic()
    log_sigmoid = lambda t: -np.log1p(np.exp(-t))  # noqa: E731
    np.testing.assert_allclose(rule.value(real, fake), log_sigmoid((real - fake).numpy()).mean())
    np.testing.assert_allclose(
        rule.generator_loss(lambda: real, fake),
        -log_sigmoid((fake - real).numpy()).mean(),
    )


@pytest.mark.parametrize("rule", OBJECTIVES.values(), ids=OBJECTIVES)
def test_D_wants_real_up_and_fake_down_and_G_wants_fake_up(rule):
    real, fake = torch.zeros(4).requires_grad_(), torch.zeros(4).requires_grad_()
    up, down = torch.autograd.grad(rule.value(real, fake), (real, fake))
    (g,) = torch.autograd.grad(rule.generator_loss(lambda: real, fake), fake)
    # the least squares rule alone is content with a fake at its target 0
    assert (up > 0).all() and (down <= 0).all() and (g < 0).all()


def test_zero_sum_means_zero_sum():
    t = torch.randn(20)
    for name in ("minimax", "wasserstein"):
        assert torch.equal(OBJECTIVES[name].cost(t), OBJECTIVES[name].reward_fake(t))


@pytest.mark.parametrize("name", ["minimax", "non-saturating", "relativistic"])
def test_confident_scores_give_no_infinity(name):
    far = torch.tensor([1e4, -1e4])
    assert OBJECTIVES[name].value(far, -far).isfinite()
    assert OBJECTIVES[name].generator_loss(lambda: far, -far).isfinite()


def test_who_does_not_compare_does_not_ask_for_real_scores():
    def ask():
        raise AssertionError("this costs a run of D")

    for name, rule in OBJECTIVES.items():
        if name != "relativistic":
            rule.generator_loss(ask, torch.zeros(3))


def test_minimax_gradient_vanishes_where_D_is_sure_and_non_saturating_does_not():
    """The mistake of several courses is to place it where G does well."""
    slopes = {}
    for name in ("minimax", "non-saturating"):
        t = torch.tensor([-10.0, 10.0], requires_grad=True)
        (slopes[name],) = torch.autograd.grad(OBJECTIVES[name].cost(t).sum(), t)
    assert slopes["minimax"][0].abs() < 1e-4 and slopes["non-saturating"][0].abs() > 0.99
    assert slopes["minimax"][1].abs() > 0.99 and slopes["non-saturating"][1].abs() < 1e-4


def test_value_at_the_indifferent_score_is_minus_log_4():
    t = torch.zeros(7, dtype=torch.float64)
    assert Minimax().value(t, t).item() == pytest.approx(-np.log(4), abs=1e-12)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_direction_is_the_pull_times_the_slope_and_lowers_the_cost(name):
    rule, w = OBJECTIVES[name], torch.tensor([3.0, -4.0])
    D = lambda x: x @ w  # slope w everywhere  # noqa: E731
    real, fake = torch.randn(2, 20, 2).unbind()
    t = D(fake).requires_grad_()
    (pull,) = torch.autograd.grad(-rule.generator_loss(lambda: D(real), t), t)
    arrows = rule.direction(D, real, fake)
    torch.testing.assert_close(arrows, 20 * pull[:, None] * w)
    before, after = (rule.generator_loss(lambda: D(real), D(x)) for x in (fake, fake + 1e-3 * arrows))
    assert after < before
