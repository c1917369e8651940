"""A wrong call is refused at the door: a wrong value or shape is a ValueError, a wrong type a TypeError, and the words
name what came and what was expected."""

import math
import re

import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

from gan_tutorial import checks, metrics, plots
from gan_tutorial.chapters import dynamics, latent, restoration, theory
from gan_tutorial.chapters.conditional import Concatenated
from gan_tutorial.distributions import ring
from gan_tutorial.networks import (
    ConvDiscriminator,
    ConvGenerator,
    Dropout,
    MLPDiscriminator,
    MLPGenerator,
    one_hot,
)
from gan_tutorial.objectives import OBJECTIVES, Hinge, Relativistic
from gan_tutorial.observers import History, Record
from gan_tutorial.penalties import R1, Interpolated
from gan_tutorial.sampling import sample
from gan_tutorial.training import Players, train

RNG = torch.Generator().manual_seed(0)
G, D = MLPGenerator(widths=(4,)), MLPDiscriminator(widths=(4,))
CONV = ConvGenerator(8, latent_dim=5, widths=(8, 4))
ONE = torch.tensor([1])
HALF = torch.tensor([0.5, 0.5])
X = torch.zeros(6, 3)
AX = Figure().subplots()
HISTORY = History([Record(1, 0.0, 0.0, 0.0, 0.0)])


def play(data=None, objective=OBJECTIVES["hinge"], penalties=(), G=G, D=D, **settings):
    return train(Players.create(G, D), data or ring(), objective, penalties, **{"batch_size": 4} | settings)


def gives(x, *labels):
    return lambda n, rng: (x, *labels)


DOORS = [
    # training
    ("an objective's name", lambda: play(objective="hinge"), TypeError, "objective is 'hinge'; .* of Objective"),
    ("an objective's class", lambda: play(objective=Hinge), TypeError, "objective is <class .*Hinge.*not a class"),
    ("a penalty alone", lambda: play(penalties=R1()), TypeError, r"penalties is R1\(.*expected an .* Sequence"),
    ("a penalty's class", lambda: play(penalties=[R1]), TypeError, "penalty is <class .* instance of Penalty"),
    ("a penalty's name", lambda: play(penalties="R1"), TypeError, "penalty is 'R'"),
    ("data without a tuple", lambda: play(lambda n, rng: X), TypeError, r"gave a Tensor; .* \(x,\) alone"),
    ("data of another size", lambda: play(gives(X[:3, :2])), ValueError, r"shape \(3, 2\); expected \(4, \.\.\.\)"),
    ("data of whole numbers", lambda: play(gives(X[:4].long())), TypeError, "x of data.* is torch.int64"),
    ("data that are no numbers", lambda: play(gives(X[:4, :2] * math.nan)), ValueError, "holds NaN"),
    ("data of another shape than G's", lambda: play(gives(X[:4])), ValueError, r"shape \(2,\), .* have \(3,\)"),
    ("labels for D without classes", lambda: play(gives(X[:4, :2], X[:4, 0].long())), TypeError, "with labels"),
    ("a batch of one", lambda: play(batch_size=1), ValueError, "batch_size is 1; expected .* >= 2"),
    ("half a sample", lambda: play(batch_size=2.5), TypeError, "batch_size is 2.5; expected a whole number"),
    ("no critic step", lambda: play(critic_steps=0), ValueError, "critic_steps is 0; expected .* >= 1"),
    ("an average that stays", lambda: play(decay=1.0), ValueError, r"decay is 1.0; expected .* \[0, 1\)"),
    ("an average of NaN", lambda: play(decay=math.nan), ValueError, "decay is nan"),
    ("a G without latents", lambda: play(G=nn.Linear(2, 2)), TypeError, "G has no latent_dim"),
    ("a D of two scores", lambda: play(D=nn.Linear(2, 2)), ValueError, r"scores of shape \(4, 2\)"),
    ("only the third player", lambda: Players.create(G, D).only("E"), ValueError, "who is 'E'; expected one of G, D"),
    # objectives and penalties
    ("scores of two sizes", lambda: Hinge().value(X[:4, 0], X[:, 0]), ValueError, r"d_fake .* \(6,\); expected \(4,\)"),
    ("pairs of two sizes", lambda: Relativistic().value(X[:1, 0], X[:, 0]), ValueError, r"expected \(1,\)"),
    ("a column of scores", lambda: Relativistic().value(X[:, 0], X[:, :1]), ValueError, r"\(6, 1\); expected \(6,\)"),
    (
        "pairs of two sizes, for G",
        lambda: Relativistic().generator_loss(lambda: X[:1, 0], X[:, 0]),
        ValueError,
        r"d_fake .* \(6,\); expected \(1,\)",
    ),
    ("batches of two sizes", lambda: R1()(D, X[:4, :2], X[:, :2], [], RNG), ValueError, r"fake batch .*\(4, 2\)"),
    (
        "one fake for many",
        lambda: Interpolated()(D, X[:, :2], X[:1, :2], [], RNG),
        ValueError,
        r"fake batch .*\(1, 2\)",
    ),
    ("a negative weight", lambda: R1(-1), ValueError, "weight is -1; expected a number >= 0"),
    ("a weight that is no number", lambda: R1(math.nan), ValueError, "weight is nan"),
    ("a weight in words", lambda: R1("10"), TypeError, "weight is '10'; expected a number"),
    # networks
    ("a negative size", lambda: ConvGenerator(-28), ValueError, "size is -28; expected .* >= 1"),
    ("no latent", lambda: ConvGenerator(latent_dim=0), ValueError, "latent_dim is 0"),
    ("fewer maps than none", lambda: ConvGenerator(full_size_maps=-1), ValueError, "full_size_maps is -1; .* >= 0"),
    ("a layer of width 0", lambda: ConvGenerator(widths=(0, 4)), ValueError, r"widths\[0\] is 0"),
    ("a width of a half", lambda: ConvDiscriminator(widths=(4, 0.5)), TypeError, r"widths\[1\] is 0.5"),
    ("a size that does not halve", lambda: ConvGenerator(30, widths=(8, 4)), ValueError, "multiple of 4.*size 30"),
    ("no layer in G", lambda: ConvGenerator(widths=()), ValueError, "at least one width"),
    ("no layer in D", lambda: ConvDiscriminator(widths=()), ValueError, "at least one"),
    ("a picture too small for D", lambda: ConvDiscriminator(3, widths=(8, 4)), ValueError, "leaves nothing of size 3;"),
    ("no features", lambda: MLPDiscriminator(widths=()), ValueError, "widths is empty; expected at least one"),
    ("no data", lambda: MLPGenerator(data_dim=0), ValueError, "data_dim is 0"),
    ("fewer classes than none", lambda: MLPDiscriminator(classes=-1), ValueError, "classes is -1"),
    ("all dropped", lambda: Dropout(1.0), ValueError, r"p is 1.0; expected a number in \[0, 1\)"),
    ("less than nothing dropped", lambda: ConvDiscriminator(dropout=-0.5), ValueError, "p is -0.5"),
    ("another latent", lambda: CONV(X), ValueError, r"latent z has the shape \(6, 3\); expected \(N, 5\)"),
    ("a sample of another shape", lambda: D(X), ValueError, r"sample x has the shape \(6, 3\); expected \(N, 2\)"),
    ("a sample of whole numbers", lambda: D(X[:, :2].byte()), TypeError, "sample x is torch.uint8; .*float32"),
    ("a list of samples", lambda: D([[0.0, 0.0]]), TypeError, "sample x is of type list; expected a tensor"),
    ("labels for none", lambda: G(X[:, :2], X[:, 0].long()), TypeError, "classes=0 was called with labels"),
    ("no labels", lambda: MLPDiscriminator(classes=3)(X[:, :2]), TypeError, "classes=3 was called without labels"),
    ("one label for many in D", lambda: MLPDiscriminator(classes=3)(X[:, :2], ONE), ValueError, r"expected \(6,\)"),
    ("one label for many in G", lambda: MLPGenerator(classes=3)(X[:, :2], ONE), ValueError, r"expected \(6,\)"),
    ("no labels beside D", lambda: Concatenated(D, 3)(X), TypeError, "classes=3 was called without labels"),
    ("labels in halves", lambda: one_hot(X[:, 0], 3, 6), TypeError, "labels y are torch.float32"),
    ("a table of labels", lambda: one_hot(X.long(), 3, 6), ValueError, r"labels y has the shape \(6, 3\)"),
    ("one label for many", lambda: one_hot(X[:1, 0].long(), 3, 6), ValueError, r"shape \(1,\); expected \(6,\)"),
    ("a class too high", lambda: one_hot(torch.tensor([0, 12]), 10, 2), ValueError, "lie in 0..12; expected 0..9"),
    ("a class too low", lambda: one_hot(torch.tensor([-1, 2]), 10, 2), ValueError, "lie in -1..2; expected 0..9"),
    ("no sample", lambda: sample(G, 0), ValueError, "n is 0"),
    # metrics
    ("features of two sizes", lambda: metrics.nearest(X, X[:, :2]), ValueError, r"fake .* \(6, 2\); expected \(M, 3\)"),
    ("features in a row", lambda: metrics.frechet_distance(X[0], X), ValueError, r"real .* \(3,\); expected \(N, F\)"),
    ("a sample for many", lambda: metrics.nearest(X[0], X), ValueError, r"real .* \(3,\); expected \(N, F\)"),
    ("features that are no numbers", lambda: metrics.neighbours(X, X / 0, k=1), ValueError, "fake holds NaN"),
    ("too few features", lambda: metrics.frechet_distance(X, X[:3]), ValueError, "3 fake .* few.* at least 4"),
    ("blocks of one", lambda: metrics.kernel_distance(X, X, block=1), ValueError, "block is 1; expected .* >= 2"),
    ("no neighbour", lambda: metrics.neighbours(X, X, k=0), ValueError, "k is 0"),
    ("a row of logits", lambda: metrics.class_shares(X[0]), ValueError, r"logits .*expected \(N, K\)"),
    ("nothing to sort", lambda: metrics.class_shares(X[:0]), ValueError, "samples is 0"),
    ("points beside the modes", lambda: metrics.mode_coverage(X, 0.1, X[:, :2]), ValueError, r"x .*expected \(N, 3\)"),
    ("modes in a row", lambda: metrics.mode_coverage(X[0], 0.1, X), ValueError, r"modes .*expected \(K, d\)"),
    ("no modes", lambda: metrics.mode_coverage(X[:0], 0.1, X), ValueError, "modes is 0"),
    ("modes without width", lambda: metrics.mode_coverage(X, 0, X), ValueError, "std is 0; expected a number > 0"),
    ("an infinite radius", lambda: metrics.mode_coverage(X, 1, X, radius=math.inf), ValueError, "radius is inf"),
    # plots
    ("no pictures", lambda: plots.show_images(AX, torch.zeros(0, 3, 8, 8)), ValueError, "images is 0"),
    ("pictures of two channels", lambda: plots.to_grid(torch.zeros(4, 2, 5, 5)), ValueError, "channels is 2; .* 1, 3"),
    ("points for pictures", lambda: plots.to_grid(X), ValueError, r"images has the shape \(6, 3\)"),
    ("fewer columns than none", lambda: plots.to_grid(torch.zeros(4, 1, 5, 5), -1), ValueError, "columns is -1"),
    ("fewer steps than a mean", lambda: plots.show_curves(AX, HISTORY, 10), ValueError, "has 1 steps; .* smooth, 10"),
    ("no steps", lambda: plots.show_curves(AX, History()), ValueError, "history has 0 steps"),
    ("means of none", lambda: plots.show_curves(AX, HISTORY, 0), ValueError, "smooth is 0"),
    # theory
    (
        "a D above 1",
        lambda: theory.value(torch.tensor([0.5, 1.5]), HALF, HALF),
        ValueError,
        r"\[0.5, 1.5\]; .*\[0, 1\]",
    ),
    ("a D of NaN", lambda: theory.value(HALF * math.nan, HALF, HALF), ValueError, "D lies in .*nan"),
    ("a D of one number", lambda: theory.value(torch.tensor(1.5), HALF, HALF), ValueError, r"D .*expected \(2,\)"),
    ("weights of another sum", lambda: theory.kl(HALF, HALF + 0.1), ValueError, "q has the sum 1.2 .*distribution"),
    ("a negative weight of a point", lambda: theory.jsd(torch.tensor([1.5, -0.5]), HALF), ValueError, "1 negative"),
    ("a weight of NaN", lambda: theory.kl(HALF * math.nan, HALF), ValueError, "p has the sum nan"),
    ("a table of weights", lambda: theory.kl(torch.full((2, 2), 0.25), HALF), ValueError, r"p has .*expected \(K,\)"),
    ("other points", lambda: theory.kl(HALF, torch.full((4,), 0.25)), ValueError, r"q .*\(4,\); expected \(2,\)"),
    ("a grid without a step", lambda: theory.wasserstein(HALF, HALF, 0.0), ValueError, "step is 0.0"),
    # dynamics
    ("noise without width", lambda: dynamics.noisy(0.0), ValueError, "std is 0.0; expected a number > 0"),
    ("a penalty below 0", lambda: dynamics.zero_centred(dynamics.minimax, -1.0), ValueError, "gamma is -1.0"),
    ("a penalty of NaN", lambda: dynamics.one_centred(dynamics.minimax, math.nan), ValueError, "weight is nan"),
    ("no consensus", lambda: dynamics.consensus(0.0), ValueError, "gamma is 0.0"),
    ("no time", lambda: dynamics.flow(dynamics.minimax, 0.0), ValueError, "time is 0.0"),
    ("a rate below 0", lambda: dynamics.simultaneous(dynamics.minimax, 0.1, -0.1), ValueError, "h_D is -0.1"),
    ("no rate", lambda: dynamics.alternating(dynamics.minimax, 0.0, 0.1), ValueError, "h_G is 0.0"),
    ("cut off at 0", lambda: dynamics.simultaneous(dynamics.minimax, 1, 1, clip=0), ValueError, "clip is 0"),
    ("cut off at NaN", lambda: dynamics.alternating(dynamics.minimax, 1, 1, math.nan), ValueError, "clip is nan"),
    (
        "D does not move",
        lambda: dynamics.alternating(dynamics.minimax, 1, 1, critic_steps=0),
        ValueError,
        "critic_steps is 0",
    ),
    ("Adam back in time", lambda: dynamics.adam(dynamics.minimax, 1, 1, -1, 0.1, 0, 0.9), ValueError, "steps is -1"),
    ("Adam at rest", lambda: dynamics.adam(dynamics.minimax, 1, 1, 5, 0.0, 0.5, 0.9), ValueError, "expected h, eps"),
    (
        "Adam of one beta too many",
        lambda: dynamics.adam(dynamics.minimax, 1, 1, 5, 0.1, torch.tensor([0.5, 1.0]), 0.9),
        ValueError,
        "expected h, eps > 0, betas in",
    ),
    ("fewer steps than none", lambda: dynamics.trajectory(dynamics.minimax, 1, 1, -1), ValueError, "steps is -1"),
    # latent
    ("fewer directions than one", lambda: latent.directions(G, -1), ValueError, "k is -1; expected .* >= 1"),
    ("cut off below 0", lambda: latent.truncate(X, -1.0), ValueError, "threshold is -1.0; expected a number >= 0"),
    ("cut off at no number", lambda: latent.truncate(X, math.nan), ValueError, "threshold is nan"),
    ("opposite latents", lambda: latent.slerp(HALF, -HALF, 0.5), ValueError, "opposite directions.*use lerp"),
    (
        "pictures without a channel",  # once nonsense: every start against every picture
        lambda: latent.invert(CONV, torch.zeros(2, 8, 8), RNG),
        ValueError,
        r"shape \(2, 8, 8\); expected \(N, 1, 8, 8\)",
    ),
    ("pictures of another size", lambda: latent.search(CONV, torch.zeros(2, 1, 9, 9), RNG), ValueError, "1, 8, 8"),
    ("pictures as bytes", lambda: latent.search(CONV, torch.zeros(2, 1, 8, 8).byte(), RNG), TypeError, "torch.uint8"),
    ("nothing to invert", lambda: latent.search(G, X[:0, :2], RNG), ValueError, "pictures is 0"),
    ("no start", lambda: latent.search(G, X[:, :2], RNG, restarts=0), ValueError, "restarts is 0"),
    (
        "starts of other latents",
        lambda: latent.search(G, X[:, :2], RNG, start=torch.zeros(6, 4, 3)),
        ValueError,
        r"start has the shape \(6, 4, 3\); expected \(6, R, 2\)",
    ),
    ("a search back in time", lambda: latent.invert(G, X[:, :2], RNG, steps=-1), ValueError, "steps is -1"),
    # restoration
    ("squares that do not fit", lambda: restoration.Pool(3)(torch.zeros(1, 1, 28, 28)), ValueError, "28.* of k, 3"),
    ("squares of points", lambda: restoration.Pool(1)(X), ValueError, r"x .* \(6, 3\); expected \(N, C, S, S\)"),
    ("squares of no pixel", lambda: restoration.Pool(0), ValueError, "k is 0"),
    (
        "a mask of another size",
        lambda: restoration.Mask(torch.ones(8, 8, dtype=torch.bool))(torch.zeros(1, 1, 9, 9)),
        ValueError,
        r"\(1, 1, 9, 9\); expected \(N, C, 8, 8\)",
    ),
    ("a mask of numbers", lambda: restoration.Mask(torch.ones(8, 8)), TypeError, "seen is torch.float32"),
    ("a mask in a row", lambda: restoration.Mask(torch.ones(8) > 0), ValueError, r"expected \(S, S\)"),
    ("a hole beyond", lambda: restoration.hole(slice(30, 40), slice(0, 5)), ValueError, r"rows is slice\(30.* <= 28"),
    ("a hole half beyond", lambda: restoration.hole(slice(0, 5), slice(20, 40)), ValueError, "columns is slice"),
    ("a hole of nothing", lambda: restoration.hole(slice(5, 5), slice(0, 5)), ValueError, "start < stop"),
    ("a hole counted from the end", lambda: restoration.hole(slice(-5, 28), slice(0, 5)), ValueError, "0 <= start"),
    (
        "seen of another size",
        lambda: restoration.consistent(restoration.Pool(2), torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)),
        ValueError,
        r"y .*expected \(N, 1, 4, 4\)",
    ),
    ("a repair back in time", lambda: restoration.repair(G, lambda x: x, X[:, :2], RNG, steps=-1), ValueError, "-1"),
    (
        "a lesson with a negative weight",
        lambda: next(restoration.lessons(nn.Identity(), D, restoration.Pool(1), gives(X), RNG, -1.0)),
        ValueError,
        "weight is -1.0",
    ),
    ("pictures of two sizes", lambda: restoration.psnr(X, X[:1]), ValueError, r"y .*\(1, 3\); expected \(6, 3\)"),
]


@pytest.mark.parametrize("call, kind, words", [row[1:] for row in DOORS], ids=[row[0] for row in DOORS])
def test_a_wrong_call_is_refused(call, kind, words):
    with pytest.raises(kind) as error:
        call()
    assert re.search(words, str(error.value), re.S) and error.traceback[-1].path.is_relative_to(
        re.sub(r"checks.py$", "", checks.__file__)
    ), error.value


def test_each_door_has_a_name_of_its_own():
    assert len({row[0] for row in DOORS}) == len(DOORS)


def test_what_is_right_passes():
    checks.positive(a=1, b=0.5)
    checks.not_negative(a=0)
    checks.share(a=0, b=0.999)
    checks.whole(2, a=2)
    checks.one_of(("a", "b"), c="b")
    checks.instance(nn.Module, D=D)
    checks.shape(X, "N", 3, name="x")
    checks.shape(X, 6, "...", name="x")
    checks.float32(X, "...", name="x")
