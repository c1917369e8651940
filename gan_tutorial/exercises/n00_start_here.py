"""The exercises of notebook 00."""

import copy
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn

from ..chapters.latent import slerp
from ..networks import ConvGenerator, MLPGenerator
from ..pictures import fashion_mnist, images
from ..plots import FAKE, REAL, show_images
from ..pretrained import load_generator
from . import Exercise, Recall, Refused
from .engine import as_tensor
from .inputs import normal, numbers, seeded

# 00.1


def solve_lerp(a: Tensor, b: Tensor, w: float) -> Tensor:
    return a + w * (b - a)  # the start, and the part w of the way


def solve_lerp_as_mix(a: Tensor, b: Tensor, w: float) -> Tensor:
    return (1 - w) * a + w * b


def draw_lerp(lerp: Callable):
    G = load_generator()
    a, b = torch.randn(2, G.latent_dim, generator=seeded(0))
    z = torch.stack([as_tensor(lerp(a, b, k / 11)).float() for k in range(12)])
    with torch.no_grad():
        x = G(z)
    figure, ax = plt.subplots(figsize=(9, 1.1), layout="constrained")
    show_images(ax, x, columns=12)
    ax.set_title("your way: w = 0 on the left, w = 1 on the right", color=FAKE)
    plt.close(figure)
    return figure


lerp = Exercise(
    number="00.1",
    level="complete",
    minutes=2,
    solutions=(solve_lerp, solve_lerp_as_mix),
    inputs=lambda: [
        (numbers(3.0, 0.0, 1.0), numbers(0.5, 2.0, -1.0), 0.3),
        (normal(8), 2 * normal(8, seed=1), 0.5),
        (numbers(1.0, -2.0), numbers(-3.0, 0.5), 0.9),
        (normal(5, seed=2), normal(5, seed=3), 1.0),
        (normal(64, seed=4), normal(64, seed=5), 0.25),
    ],
    mistakes=(
        (
            lambda a, b, w: w * a + (1 - w) * b,
            "this goes from b to a: at w = 0 it is b, and it should be a.",
        ),
        (
            lambda a, b, w: w * (b - a),
            "this is the part of the way alone. Where does it begin? At w = 0 you should be at a.",
        ),
        (lambda a, b, w: a + (b - a), "this goes the whole way at once, to b, whatever w is."),
        (lambda a, b, w: (a + b) / 2, "this is the middle between a and b, whatever w is."),
        (
            lambda a, b, w: a + w * b,
            "b is added to a, and nothing of a is taken away: at w = 1 this is a + b, not b.",
        ),
        (lambda a, b, w: a + w * (a - b), "this walks away from b. The way from a to b is b − a."),
        (lambda a, b, w: b + w * (b - a), "this begins at b and walks on beyond it. It should begin at a."),
        (lambda a, b, w: (1 - w) * a - w * b, "b is taken off. At w = 1 this is −b."),
        (
            lambda a, b, w: nn.functional.normalize((1 - w) * a + w * b, dim=0),
            "each point is brought to length 1, away from the line. lerp leaves lengths as they come.",
        ),
        (lambda a, b, w: b - a, "this is the whole way, as an arrow. Asked is the point that lies on it."),
        (lambda a, b, w: (1 - w) * a, "this walks from a to the middle of the space, 0: b plays no part in it."),
        (lambda a, b, w: w * b, "this walks from the middle of the space, 0, to b: a plays no part in it."),
        (slerp, "this is slerp, the arc. lerp takes the straight line."),
        (
            lambda a, b, w: ((1 - w) * a + w * b) / ((1 - w) ** 2 + w**2) ** 0.5,
            "the straight line, but stretched: it leaves the line between a and b.",
        ),
        (
            lambda a, b, w: (1 - w) * a + (1 - w) * b,
            "a and b get the same weight. At w = 1 nothing is left of either.",
        ),
        (lambda a, b, w: w * (a + b), "a and b get the same weight. At w = 0 nothing is left of either."),
    ),
    hints=(
        "Halfway, w = 0.5: begin at a and add half of the way. What is it for another w?",
        "Whatever you write, try w = 0 (it should give a) and w = 1 (b).",
    ),
    insight="One line, and one garment becomes another. The numbers of a and b are mixed, not the pixels of their "
    "pictures: G draws each point on the way anew.",
    reward=draw_lerp,
)


# 00.2


def solve_samples(G, n: int, rng: torch.Generator) -> Tensor:
    z = torch.randn(n, G.latent_dim, generator=rng)  # the distribution of the points that G was trained with
    with torch.no_grad():  # nobody wants a gradient of these pictures
        return G(z)


def solve_samples_otherwise(G, n: int, rng: torch.Generator) -> Tensor:
    z = torch.empty(n, G.latent_dim).normal_(generator=rng)
    return G(z).detach()


def draw_uniform(G, n: int, rng: torch.Generator) -> Tensor:
    with torch.no_grad():
        return G(torch.rand(n, G.latent_dim, generator=rng))


def draw_in_training_mode(G, n: int, rng: torch.Generator) -> Tensor:
    G.train()
    x = G(torch.randn(n, G.latent_dim, generator=rng)).detach()
    G.eval()
    return x


def asked(function: Callable, G: nn.Module, n: int, rng: torch.Generator):
    """The pictures, the points that G was asked about, and in what way."""
    points, ways = [], []

    def hear(network: nn.Module, inputs: tuple) -> None:
        points.append(inputs[0].detach().clone())
        ways.append(network.training)

    ear, before = G.register_forward_pre_hook(hear), rng.get_state()
    again = copy.deepcopy(G)
    try:
        value = function(G, n, rng)
        moved, heard = not torch.equal(rng.get_state(), before), len(points)
        function(again, n, rng)  # rng has gone on
    finally:
        ear.remove()
    parts = value if isinstance(value, list | tuple) else [value]
    if value is None or any(part is ... for part in parts):
        return value
    if not points:
        raise Refused("G was not asked for a picture.")
    return {
        "the pictures": value,
        "the points": torch.cat(points[:heard]),
        "training mode": float(any(ways)),
        "the graph": float(any(isinstance(part, Tensor) and part.requires_grad for part in parts)),
        "rng": float(moved),
        "new points": float(not torch.equal(torch.cat(points[:heard]), torch.cat(points[heard:]))),
    }


def fault_of_samples(
    x: Tensor,
    z: Tensor,
    training: Tensor,
    graph: Tensor,
    moved: Tensor,
    new: Tensor,
    G: nn.Module,
    n: int,
    rng: torch.Generator,
) -> str:
    z, mean, deviation = z.double(), z.mean().item(), z.std().item()
    sure = 6 / z.numel() ** 0.5
    if len(z.unique(dim=0)) < len(z):
        return "some of the points are the same, and so are their pictures."
    if not new:
        return "each call gives the same points, though rng has gone on. Is a generator seeded in your function?"
    if not moved:
        return "your points do not come from rng, so the seed of rng does not give the same pictures again."
    if abs(mean) > sure:
        return f"the numbers that you hand to G have the mean {mean:.2f}. In training it was 0."
    if abs(deviation - 1) > sure:
        return f"the numbers that you hand to G have the standard deviation {deviation:.2f}. In training it was 1."
    if abs(z.pow(4).mean().item() / deviation**4 - 3) > 10 * sure:
        return "mean and deviation of your points are right, but they are not normally distributed."
    if training:
        return "G was in training mode: there a picture depends on the other points of its batch."
    with torch.no_grad():
        right = G(z.float())
    if not torch.allclose(x, right.double(), atol=1e-5):
        return "these are not the pictures that G makes of your points, one for each, in their order."
    if graph:
        return "your pictures hold on to the graph of all calculations in G. Only training needs it; it takes memory."
    return ""


def draw_both(samples: Callable):
    G = load_generator()
    x = as_tensor(samples(G, 24, seeded(1))).float()
    figure, axes = plt.subplots(2, 1, figsize=(9, 3.8), layout="constrained")
    for ax, pictures, title in ((axes[0], draw_uniform(G, 24, seeded(1)), "torch.rand"), (axes[1], x, "your points")):
        show_images(ax, pictures, columns=12)
        ax.set_title(title, color=FAKE)
    plt.close(figure)
    return figure


def blind(G: nn.Module) -> nn.Module:
    """A generator whose pictures show all that differs between points, ready to sample from."""
    for m in G.modules():
        if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(m.weight, 0.0, 0.3)
    return G.eval()


samples = Exercise(
    number="00.2",
    level="repair",
    minutes=4,
    solutions=(solve_samples, solve_samples_otherwise),
    outcome=asked,
    inputs=lambda: [
        (blind(ConvGenerator(size=8, latent_dim=64, widths=(8, 4))), 40, seeded(1)),
        (blind(ConvGenerator(size=4, latent_dim=10, widths=(4,))), 300, seeded(2)),
        (blind(MLPGenerator(2, 2, (16,))), 1500, seeded(3)),
    ],
    accepts=fault_of_samples,
    mistakes=(
        (
            draw_uniform,
            "your pictures come from one corner of G's space: of all the numbers that you hand to it, none is "
            "negative.",
            "Print z.mean(), z.min() and z.max(). Which distribution were the 64 numbers drawn from in section 2?",
        ),
        (
            lambda G, n, rng: G(2 * torch.rand(n, G.latent_dim, generator=rng) - 1).detach(),
            "no number is beyond ±1 now, and all are equally likely: a cube, where G was trained on a round cloud.",
        ),
        (
            lambda G, n, rng: G(torch.rand(n, G.latent_dim, generator=rng) - 0.5).detach(),
            "the mean is 0 now, but no number is beyond ±0.5: all points are much nearer to the middle than in "
            "training.",
        ),
        (
            draw_in_training_mode,
            "in training mode a picture depends on the others of its batch, and each batch changes what G remembers "
            "of batches. For drawing, G stays in eval mode.",
        ),
        (
            lambda G, n, rng: G(torch.randn(n, G.latent_dim, generator=rng).abs()).detach(),
            "of all the numbers that you hand to G, none is negative.",
        ),
        (
            lambda G, n, rng: G(torch.randn(n, G.latent_dim, generator=rng).clamp(-1, 1)).detach(),
            "no number is beyond ±1, and a third of them are ±1: garments that vary less than those of the training.",
        ),
    ),
    hints=(
        "The slider of section 2 pulled points towards the middle. Where do the points of the broken line lie?",
        "torch.rand draws numbers between 0 and 1, all equally likely. G was trained with normal ones.",
    ),
    prediction=(
        "the mean distance from the middle of 1,000 points of torch.rand (64 numbers each; normal ones: 8)",
        lambda: torch.rand(1000, 64, generator=seeded(0)).norm(dim=1).mean().item(),
    ),
    insight="With torch.rand the points are about √(64/3) = 4.6 from the middle, and in one corner of all directions. "
    "The corner decides on the kinds: of 3,000 pictures the classifier sees trousers in hardly any; as far away in all "
    "directions, in 8 %.",
    reward=draw_both,
)


# 00.3


def solve_squared_length(d: int, w: float) -> float:
    # one number: (1 - w)^2 E[a^2] + 2 (1 - w) w E[ab] + w^2 E[b^2], with E[a^2] = E[b^2] = 1 and E[ab] = 0
    return d * ((1 - w) ** 2 + w**2)


def solve_squared_length_by_variance(d: int, w: float) -> Tensor:
    variances = torch.tensor([1 - w, w], dtype=torch.float64).square()  # those of independent numbers add up
    return d * variances.sum()


def use_squared_length(squared_length: Callable) -> str:
    a, b = torch.randn(2, 4000, 64, generator=seeded(0))
    rows = ["w     4,000 pairs of points   yours"]
    for w in (0.0, 0.25, 0.5, 0.75, 1.0):
        found = solve_lerp(a, b, w).square().sum(1).mean().item()
        rows.append(f"{w:4.2f}  {found:20.1f}  {as_tensor(squared_length(64, w)).item():6.1f}")
    within = torch.special.gammainc(*numbers(32, 16)).item()  # the chi-squared distribution: half of 64, half of 32
    return "\n".join([*rows, f"A fresh point lies within √32 of the middle once in {1 / within:,.0f} times."])


squared_length = Exercise(
    number="00.3",
    level="derive",
    minutes=4,
    solutions=(solve_squared_length, solve_squared_length_by_variance),
    derivation="A number of the mix is (1 − w) a + w b. The mean of its square is (1 − w)² · 1 + 2 (1 − w) w · 0 + "
    "w² · 1. The squared length is the sum of d such squares.",
    inputs=lambda: [(64, 0.25), (2, 0.5), (100, 0.9), (1, 0.4), (10, 1.0)],
    mistakes=(
        (
            lambda d, w: d,
            "this is the mean squared length of a, and of b. Halfway it is not the same: mixing makes shorter.",
            "Where a is positive, b may be negative. What becomes of 2 (1 − w) w a b, on average?",
        ),
        (lambda d, w: d / 2, "this is right halfway only, at w = 0.5. At w = 0 the point is a."),
        (
            lambda d, w: (d * ((1 - w) ** 2 + w**2)) ** 0.5,
            "this is the root: about the length. Asked is its square, on average.",
        ),
        (
            lambda d, w: (1 - w) ** 2 + w**2,
            "this is for one of the d numbers. The squared length is the sum of d squares.",
        ),
        (
            lambda d, w: ((1 - w) ** 2 + w**2) ** 0.5,
            "this is the standard deviation of one number of the mix. Asked is the sum of d squares, on average.",
        ),
        (
            lambda d, w: d * (1 - 2 * w) ** 2,
            "the mean of a b is counted as −1, as if b were −a. They know nothing of each other.",
        ),
        (
            lambda d, w: d * (1 - 2 * w),
            "the second square is taken off. Squares are added, whatever the sign of what is squared.",
        ),
        (lambda d, w: d * (1 - w) ** 2, "this is the part of a alone. That of b is missing."),
        (lambda d, w: d * w**2, "this is the part of b alone. That of a is missing."),
        (
            lambda d, w: d**2 * ((1 - w) ** 2 + w**2),
            "d comes in twice. The squared length is the sum of d squares: each has the mean of one, and there are d.",
        ),
        (
            lambda d, w: d**0.5 * ((1 - w) ** 2 + w**2),
            "the weights are squared, and of d the root is taken. Of d numbers there are d squares.",
        ),
        (
            lambda d, w: d * ((1 - w) ** 2 + w**2) ** 0.5,
            "the root is taken of the weights, and not of d. Asked is the squared length: no root at all.",
        ),
        (
            lambda d, w: d * (1 - w) * w,
            "this is the middle part, 2 (1 − w) w a b, halved. Its mean is 0; the squares remain.",
        ),
        (
            lambda d, w: 2 * d * (1 - w) * w,
            "this is the middle part, with a b counted as 1. Its mean is 0; the squares remain.",
        ),
        (
            lambda d, w: d * (1 - w + w**2),
            "one of the two weights comes in without its square. Both are squared.",
        ),
        (lambda d, w: d * (1 + w**2), "a is counted in full. Its weight is 1 − w."),
        (lambda d, w: d * max(1 - w, w) ** 2, "only the larger weight counts here. Both squares are added."),
        (
            lambda d, w: d * max(1 - w, w),
            "this is right at both ends and halfway, with one straight line down and one up between them. "
            "Squares of w make a curve.",
        ),
        (lambda d, w: d**0.5, "this is the length of a, and of b. Asked is that of the mix, squared."),
        (
            lambda d, w: ((1 - w) ** 2 + w**2) / d,
            "this is divided by d. The squared length is a sum of d squares, and no mean of them.",
        ),
    ),
    hints=(
        "Look at one of the d numbers: multiply out ((1 − w) a + w b)². What is the mean of each of the three parts?",
        "The mean of a² is 1, and so is that of b². a and b are independent with mean 0: a b is as often positive as "
        "negative, and its mean is 0.",
    ),
    prediction=(
        "the distance from the middle, halfway between two points of 64 numbers that are each about 8 away",
        lambda: 32**0.5,
    ),
    insight="Halfway, lerp is about √32 = 5.7 from the middle, where a fresh point hardly ever lies. slerp goes "
    "around; what that changes in the pictures, 10 measures.",
    reward=use_squared_length,
)


# 00.4


def solve_nearest(fake: Tensor, real: Tensor) -> Tensor:
    # a table of all distances, (N, M), between pictures written as rows of pixels
    return torch.cdist(fake.flatten(1), real.flatten(1)).argmin(dim=1)


def solve_nearest_by_loop(fake: Tensor, real: Tensor) -> Tensor:
    return torch.stack([(real - picture).square().sum(dim=(1, 2, 3)).argmin() for picture in fake])


def show_nearest(nearest: Callable):
    G = load_generator()
    (real,) = images(fashion_mnist("train")[0])(5000, seeded(0))
    fake = solve_samples(G, 12, seeded(0))
    at = as_tensor(nearest(fake, real)).long()
    figure, axes = plt.subplots(2, 1, figsize=(9, 2.4), layout="constrained")
    rows = ((fake, "fake", FAKE), (real[at], "for each fake, the nearest of 5,000 training pictures", REAL))
    for ax, (x, title, colour) in zip(axes, rows, strict=True):
        show_images(ax, x, columns=12)
        ax.set_title(title, color=colour)
    plt.close(figure)
    return figure


def some_pictures(n: int, m: int, side: int, seed: int) -> tuple[Tensor, Tensor]:
    """Pictures in [-1, 1] among which all that could be mistaken for the nearest is somewhere else."""
    rng = seeded(seed)
    real = torch.randn(m, 1, side, side, generator=rng) * torch.rand(m, 1, 1, 1, generator=rng)
    fake = torch.randn(n, 1, side, side, generator=rng) * torch.rand(n, 1, 1, 1, generator=rng)
    return fake.clamp(-1, 1), real.clamp(-1, 1)


def alike(x: Tensor) -> Tensor:
    """Rows of pixels with the mean 0 and the deviation 1."""
    return (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True)


nearest_real = Exercise(
    number="00.4",
    level="build",
    minutes=6,
    solutions=(solve_nearest, solve_nearest_by_loop),
    inputs=lambda: [
        some_pictures(7, 12, 6, 1),
        some_pictures(9, 5, 4, 2),
        some_pictures(1, 20, 28, 3),
        some_pictures(6, 140, 3, 4),
    ],
    mistakes=(
        (
            lambda fake, real: torch.cdist(fake.flatten(1), real.flatten(1)).argmax(1),
            "this is the training picture that is farthest away.",
        ),
        (
            lambda fake, real: torch.cdist(fake.flatten(1), real.flatten(1)).argmin(0),
            "this is for each training picture the nearest fake. The question is the other way round.",
        ),
        (
            lambda fake, real: torch.cdist(fake.flatten(1), real.flatten(1)).argmin(),
            "this is one place in the whole table of distances. Each fake has a nearest picture of its own.",
            "argmin() without dim looks through the table as if it were one long row.",
        ),
        (
            lambda fake, real: torch.cdist(fake.flatten(1), real.flatten(1)).min(1).values,
            "these are the distances. Asked is which picture it is: its number.",
        ),
        (
            lambda fake, real: torch.cdist(fake.flatten(1), real.flatten(1)).square().min(1).values,
            "these are the sums of squared differences. Asked is which picture it is: its number.",
        ),
        (
            lambda fake, real: torch.cdist(*(alike(x.flatten(1)) for x in (fake, real))).argmin(1),
            "brightness and contrast are made equal before the pictures are compared. Here they count.",
        ),
        (
            lambda fake, real: real[torch.cdist(fake.flatten(1), real.flatten(1)).argmin(1)],
            "these are the pictures themselves. Asked is their number.",
        ),
        (
            lambda fake, real: torch.cdist(fake.flatten(1), real.flatten(1), p=1).argmin(1),
            "here differences count by their size. They count by their square: one large one more than two half as "
            "large.",
        ),
        (
            lambda fake, real: torch.cdist(fake.flatten(1), real.flatten(1), p=torch.inf).argmin(1),
            "only the pixel that differs most counts here. All pixels count.",
        ),
        (
            lambda fake, real: (fake.flatten(1).mean(1)[:, None] - real.flatten(1).mean(1)).abs().argmin(1),
            "this is the training picture of the most similar mean brightness, whatever it shows.",
        ),
        (
            lambda fake, real: (fake.flatten(1)[:, None] - real.flatten(1)).sum(2).argmin(1),
            "without a square the differences cancel, and the brightest training picture wins.",
        ),
        (
            lambda fake, real: (fake.flatten(1) @ real.flatten(1).T).argmax(1),
            "a product of pixels favours pictures of great contrast. It is no distance.",
        ),
        (
            lambda fake, real: (
                nn.functional.normalize(fake.flatten(1)) @ nn.functional.normalize(real.flatten(1)).T
            ).argmax(1),
            "this compares directions only: a picture and its faint copy would be the same.",
        ),
        (
            lambda fake, real: torch.cdist(fake.flatten(1), real.flatten(1)).argsort(1)[:, 1],
            "this is the second nearest. The fakes are not among the training pictures: nothing has to be skipped.",
        ),
        (
            lambda fake, real: torch.arange(len(fake)),
            "fake k gets the number k, whatever it shows. Are the fakes compared with themselves?",
        ),
        (
            lambda fake, real: torch.zeros(len(fake)),
            "the first training picture is the nearest to every fake, by your answer.",
        ),
        (
            lambda fake, real: torch.cdist(fake.flatten(1).abs(), real.flatten(1).abs()).argmin(1),
            "the signs of the pixels are dropped: black, −1, and white, 1, become the same.",
        ),
        (
            lambda fake, real: torch.cdist(fake.flatten(1).relu(), real.flatten(1).relu()).argmin(1),
            "what is below 0 is cut off. Pixels lie between −1 and 1, and the dark half counts, too.",
        ),
        (
            lambda fake, real: torch.cdist(fake.flatten(1), real[:100].flatten(1)).argmin(1),
            "only the first 100 training pictures are looked through.",
        ),
    ),
    hints=(
        "Write each picture as a row of pixels: x.flatten(1) has the shape (N, 784).",
        "torch.cdist of two sets of rows is the table of all distances, (N, M). Along which dimension lie the training "
        "pictures?",
    ),
    insight="None of these fakes is a copy of the picture below it. But pixels measure that badly: a picture shifted "
    "sideways by one pixel is farther from itself than training pictures are from the nearest other of the 60,000 "
    "(medians: 10.6, 6.9). And whether a fake is suspiciously near needs pictures that G never saw, for comparison: "
    "see 08.",
    reward=show_nearest,
)


recall = Recall(
    (
        "You hand G the same point z twice. What do you get?",
        [
            ("two garments of the same kind", "For a given G, z alone decides, down to the last pixel."),
            ("the same picture twice", "Yes: a generator at rest has no randomness of its own."),
            ("any two garments", "Then the chance would be in G. It is in the points that you hand to it."),
        ],
        1,
        "G is a function. All variety comes from the points.",
    ),
    (
        "With all 64 numbers at 0, this G draws no garment. What is certain there?",
        [
            (
                "In training it hardly ever met a point near the middle, and that is why.",
                "That this is why, we did not test. No sample comes at distance 4 either, and there many garments are "
                "drawn.",
            ),
            (
                "Zeros are no information, so G has nothing to draw from.",
                "Zeros are numbers, too: with a bias in its first layer G could make something of them.",
            ),
            (
                "Its first layer makes zeros of zeros: all places of the picture are told the same.",
                "Yes: it only multiplies.",
            ),
        ],
        2,
        "The first layer has no bias: of zeros it makes zeros, at every place. And near the middle garments fade "
        "gradually.",
    ),
    (
        "What does D(x) = 0.5 say about a picture x?",
        [
            ("half of it looks real", "D gives one number for the picture as a whole."),
            (
                "it is a fake, for real pictures get 1",
                "D never knows for certain; a fake may get more than a photograph.",
            ),
            ("D cannot tell whether it is real", "Yes. In the drawings that is white."),
        ],
        2,
        "D(x) is its estimate of the probability that x is real, where real and fake are shown equally often.",
    ),
)
