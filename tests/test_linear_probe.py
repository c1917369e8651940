"""The linear probe, and the order in which it takes its labels."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression

from gan_tutorial.chapters.linear_probe import RIDGES, choose_ridge, fit, in_turn


def clouds(n, features, apart=1.0, seed=0):
    """n points in three Gaussian clouds, far from 0 and unequally wide: h (n, features) float64, y (n,)."""
    rng = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 3
    centres = torch.randn(3, features, generator=torch.Generator().manual_seed(9), dtype=torch.double)
    width = torch.logspace(0, -1, features, dtype=torch.double)
    return 5 + width * (apart * centres[y] + torch.randn(n, features, generator=rng, dtype=torch.double)), y


@pytest.mark.parametrize("n, features", [(60, 8), (20, 50)], ids=["tall", "wide"])
@pytest.mark.parametrize("ridge", [1.0, 1e-2, 1e-3])
def test_a_probe_is_the_logistic_regression_of_scikit_learn(n, features, ridge):
    h, y = clouds(n, features)
    ours = fit(h, y, ridge, steps=3000)
    theirs = LogisticRegression(C=1 / (n * ridge), tol=1e-10, max_iter=10_000).fit(h.numpy(), y.numpy())
    weight, bias = torch.from_numpy(theirs.coef_), torch.from_numpy(theirs.intercept_)
    torch.testing.assert_close(ours.weight, weight, rtol=0, atol=0.01 * weight.abs().max().item())
    new, _ = clouds(200, features, seed=1)
    torch.testing.assert_close(ours(new).softmax(1), (new @ weight.T + bias).softmax(1), rtol=0, atol=1e-3)


def test_the_default_steps_come_near_the_minimum():
    h, y = clouds(300, 100)
    for ridge in RIDGES:

        def loss(probe, ridge=ridge):
            return F.cross_entropy(probe(h), y) + ridge / 2 * probe.weight.square().sum()

        assert loss(fit(h, y, ridge)) < loss(fit(h, y, ridge, steps=2000)) + 0.01


def test_a_shift_of_the_features_changes_no_answer():
    h, y = clouds(60, 8)
    torch.testing.assert_close(fit(h, y, 0.01, 500)(h), fit(h + 100, y, 0.01, 500)(h + 100), rtol=1e-3, atol=1e-3)


def test_an_endless_ridge_leaves_the_shares_of_the_classes():
    h, y = clouds(60, 8)
    few = y != 2
    few[2::6] = True  # half of the third class
    p = fit(h[few], y[few], 1e6)(h).softmax(1)
    torch.testing.assert_close(p, torch.tensor([0.4, 0.4, 0.2], dtype=torch.double).expand(60, 3), rtol=0, atol=1e-3)


def test_the_ridge_suits_samples_that_were_held_out():
    h, y = clouds(100, 5, apart=0)  # nothing to learn
    assert choose_ridge(h, y, (10.0, 1e-5)) == 10.0
    h, y = clouds(100, 5, apart=10)
    assert choose_ridge(h, y, (10.0, 1e-5)) == 1e-5
    flipped = torch.cat([y[:80], (y[80:] + 1) % 3])  # what is held out disagrees with the rest
    assert choose_ridge(h, flipped, (10.0, 1e-5)) == 10.0


def test_the_classes_take_turns_in_a_random_order():
    labels = torch.arange(60) % 3
    order, again = (in_turn(labels, torch.Generator().manual_seed(seed)) for seed in (0, 1))
    assert torch.equal(order.sort().values, torch.arange(60))
    assert torch.equal(labels[order], torch.arange(60) % 3)
    assert not torch.equal(order, again)


H, Y = torch.randn(10, 3, generator=torch.Generator().manual_seed(0)), torch.arange(10) % 2
RNG = torch.Generator()
DOORS = {
    "features": (lambda: fit(H[:, 0], Y, 0.1), ValueError, r"the features h has .*\(10,\); expected \(N, F\)"),
    "no samples": (lambda: fit(H[:0], Y[:0], 0.1), ValueError, "samples is 0"),
    "a label too few": (lambda: fit(H, Y[1:], 0.1), ValueError, r"the labels y has .*\(9,\); expected \(10,\)"),
    "label -1": (lambda: fit(H, Y - 1, 0.1), ValueError, r"the labels y lie in -1\.\.0"),
    "labels of floats": (lambda: fit(H, Y.float(), 0.1), TypeError, "the labels y are torch.float32"),
    "NaN": (lambda: fit(H / 0, Y, 0.1), ValueError, "h hold NaN or infinite numbers"),
    "ridge 0": (lambda: fit(H, Y, 0.0), ValueError, "ridge is 0.0; expected a number > 0"),
    "no steps": (lambda: fit(H, Y, 0.1, 0), ValueError, "steps is 0"),
    "one sample": (lambda: choose_ridge(H[:1], Y[:1]), ValueError, "samples is 1; expected a whole number >= 2"),
    "held-out class": (lambda: choose_ridge(H, (torch.arange(10) > 7).long()), ValueError, "held out"),
    "features of a ridge": (lambda: choose_ridge(H / 0, Y), ValueError, "NaN"),
    "no labels": (lambda: in_turn(Y[:0], RNG), ValueError, "samples is 0"),
    "a table of labels": (lambda: in_turn(Y[:, None], RNG), ValueError, r"labels has the shape \(10, 1\)"),
    "uneven classes": (lambda: in_turn(Y[1:], RNG), ValueError, "as many of each"),
    "a class without samples": (lambda: in_turn(Y * 2, RNG), ValueError, r"\[5, 0, 5\] samples"),
}


@pytest.mark.parametrize("call, error, words", DOORS.values(), ids=DOORS)
def test_the_door(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_labels_may_be_bytes_as_the_files_have_them():
    a, b = fit(H, Y, 0.1), fit(H, Y.byte(), 0.1)
    assert torch.equal(a.weight, b.weight) and choose_ridge(H, Y) == choose_ridge(H, Y.byte())
