"""The linear probe, and the order in which it takes its labels."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from gan_tutorial.chapters.linear_probe import (
    RIDGES,
    choose_ridge,
    fit,
    fit_kernel,
    in_turn,
    layers,
    principal,
    untrained,
)
from gan_tutorial.networks import ConvDiscriminator
from gan_tutorial.pictures import fashion_mnist, unit


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


def test_a_kernel_probe_is_the_kernel_ridge_regression_of_scikit_learn():
    h, y = clouds(60, 8)
    new, _ = clouds(20, 8, seed=1)
    gamma = 1 / (h - h.mean(0)).square().sum(1).mean().item()
    targets = 2 * F.one_hot(y).double() - 1
    theirs = KernelRidge(alpha=0.3, kernel="rbf", gamma=gamma).fit(h.numpy(), (targets - targets.mean(0)).numpy())
    expected = torch.from_numpy(theirs.predict(new.numpy())) + targets.mean(0)
    torch.testing.assert_close(fit_kernel(h, y, 0.3)(new), expected)


def test_on_pixels_the_kernel_probe_is_no_worse_than_a_support_vector_machine_with_its_defaults():
    (pixels, classes), (test_pixels, test_classes) = fashion_mnist(), fashion_mnist("test")
    x, y = unit(pixels[:500]).flatten(1), classes[:500]
    new, truth = unit(test_pixels[:1000]).flatten(1), test_classes[:1000].long()
    theirs = torch.from_numpy(SVC().fit(x.numpy(), y.numpy()).predict(new.numpy()))
    ours = fit_kernel(x, y)(new).argmax(1)
    assert (ours == truth).double().mean() > (theirs == truth).double().mean() > 0.7


def test_layers_end_with_the_features_of_the_score():
    torch.manual_seed(0)
    D = ConvDiscriminator(widths=(4, 8, 16), batch_norm=True).eval()
    x = torch.rand(5, 1, 28, 28) * 2 - 1
    seen = layers(D, x)
    assert [h.shape for h in seen] == [(5, 4 * 16), (5, 8 * 16), (5, 16 * 9)]
    assert torch.equal(seen[-1], D.features(x))
    first = D.net[:2](x)
    torch.testing.assert_close(seen[0].view(5, 4, 16).amax(2), first.amax((2, 3)))


def test_principal_axes_keep_the_distances_of_what_lies_along_them():
    h = torch.randn(200, 3, generator=torch.Generator().manual_seed(0)) @ torch.randn(3, 20) + 5
    axes = principal(h, 3)
    assert axes(h).square().sum(1).mean() == pytest.approx(1) and abs(axes.lost) < 1e-5
    ratio = torch.pdist(axes(h)) / torch.pdist(h)
    torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio), rtol=1e-3, atol=0)
    wide = principal(torch.cat([h, 10 * torch.randn(200, 1)], 1), 1)
    assert 0.1 < wide.lost < 0.9


def test_an_untrained_D_keeps_a_signal_and_its_seed():
    x = torch.rand(200, 1, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1

    def made(seed):
        return untrained(ConvDiscriminator(widths=(8, 16, 32), batch_norm=True), x, seed)

    first = made(0)
    assert not first.training
    for layer, h in enumerate(layers(first, x)):
        assert 0.1 < h.std() < 10, layer
    assert torch.equal(first.features(x), made(0).features(x)) and not torch.equal(
        first.features(x), made(1).features(x)
    )
    first.train()
    at_once = first.features(x)
    torch.testing.assert_close(at_once, made(0).features(x), rtol=0.05, atol=0.05)  # the statistics are those of x


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
    "features of a kernel": (lambda: fit_kernel(H / 0, Y), ValueError, "NaN"),
    "no ridge": (lambda: fit_kernel(H, Y, 0), ValueError, "ridge is 0"),
    "no axes": (lambda: principal(H, 0), ValueError, "count is 0"),
    "axes of a row": (lambda: principal(H[0], 1), ValueError, r"the features h has .*expected \(N, F\)"),
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
