"""The exercises of notebook 12."""

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..chapters.restoration import Mask, Pool, hole, psnr as psnr_of_all
from ..plots import show_images
from . import Exercise, Open, Recall


def random_pictures(n: int, size: int, seed: int) -> Tensor:
    """Pixels in [-1, 1], in double precision: (n, 1, size, size)."""
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(n, 1, size, size, generator=rng, dtype=torch.float64) * 2 - 1


def random_hidden(size: int, share: float, seed: int) -> Tensor:
    return torch.rand(size, size, generator=torch.Generator().manual_seed(seed)) < share


# 12.1


def solve_psnr(x: Tensor, y: Tensor, hidden: Tensor) -> Tensor:
    # hidden picks K of the S x S pixels of each picture: (N, 1, K); the peak is the width of the range, 2
    mse = (x - y)[:, :, hidden].square().mean((1, 2))
    return 10 * torch.log10(2**2 / mse)


def solve_psnr_by_weights(x: Tensor, y: Tensor, hidden: Tensor) -> Tensor:
    weights = hidden.double() / hidden.sum()
    root = torch.einsum("ncij,ij->n", (x - y).double() ** 2, weights).sqrt()
    return 20 * (2 / root).log10()


def mse_of(x: Tensor, y: Tensor, hidden: Tensor) -> Tensor:
    return (x - y)[:, :, hidden].square().mean((1, 2))


def inputs_of_psnr() -> list[tuple]:
    cases = []
    for seed, (n, size, share) in enumerate([(4, 8, 0.3), (4, 8, 0.6), (2, 9, 0.8), (1, 4, 0.2)]):
        x, other = random_pictures(n, size, seed), random_pictures(n, size, 10 + seed)
        # the least is a repair that is nearly right: 50 dB and more
        strength = torch.linspace(0.02 if seed else 0.004, 0.6, n, dtype=torch.float64).view(n, 1, 1, 1)
        cases.append((x, x + strength * (other - x), random_hidden(size, share, seed)))
    return cases


def use_psnr(psnr: Callable) -> str:
    from ..experiments import n12_restoration as bench

    A, x = hole(slice(7, 21), slice(7, 21)), bench.test_pictures(6)
    lines = ["Six test pictures with a hole, mean PSNR in dB:          all pixels   hidden pixels, by your function"]
    for name, fill in (("mean of the rest", bench.mean_fill), ("biharmonic", bench.biharmonic)):
        made = fill(A, A(x))
        hidden = torch.as_tensor(psnr(x, made, ~A.seen)).double().mean()
        lines.append(f"  {name:50s}{psnr_of_all(x, made).mean():15.1f}{hidden:18.1f}")
    return "\n".join(lines)


psnr = Exercise(
    number="12.1",
    level="complete",
    minutes=5,
    solutions=(solve_psnr, solve_psnr_by_weights),
    inputs=inputs_of_psnr,
    mistakes=(
        (
            lambda x, y, hidden: 10 * torch.log10(4 / (x - y).square().mean((1, 2, 3))),
            "this is the PSNR of the whole picture: the pixels that were seen count as well.",
        ),
        (
            lambda x, y, hidden: 10 * torch.log10(4 / ((x - y).square() * hidden).mean((1, 2, 3))),
            "the squares are those of the hidden pixels, but their sum is divided by the number of all pixels.",
            "A mask of zeros keeps the pixels in the count. Divide by hidden.sum(), or pick the pixels first.",
        ),
        (
            lambda x, y, hidden: 10 * torch.log10(4 / mse_of(x, y, ~hidden)),
            "these are the pixels that were seen. `hidden` is True where a pixel was not.",
        ),
        (
            lambda x, y, hidden: (10 * torch.log10(4 / (x - y)[:, :, hidden].square().mean())).expand(len(x)),
            "all pictures get the same number: the mean runs over the batch, and its worst picture drowns the others.",
        ),
        (
            lambda x, y, hidden: 10 * torch.log10(4 / (x - y)[:, :, hidden].square().mean()),
            "this is one number for the whole batch, and its worst picture drowns the others. One for each.",
        ),
        (
            lambda x, y, hidden: solve_psnr(x, y, hidden)[:1].expand(len(x)),
            "all pictures get the number of the first one.",
        ),
        (
            lambda x, y, hidden: 10 * torch.log10(1 / mse_of(x, y, hidden)),
            "the peak is taken as 1, but pixels from −1 to 1 are up to 2 apart.",
        ),
        (
            lambda x, y, hidden: 10 * torch.log10(255**2 / mse_of(x, y, hidden)),
            "the peak is taken as 255, but these pixels go from −1 to 1.",
        ),
        (lambda x, y, hidden: 10 * torch.log10(2 / mse_of(x, y, hidden)), "the peak is squared, as the differences."),
        (
            lambda x, y, hidden: 10 * (4 / mse_of(x, y, hidden)).log(),
            "this is the natural logarithm. Decibels count powers of 10.",
        ),
        (
            lambda x, y, hidden: 10 * (4 / mse_of(x, y, hidden)).log2(),
            "this is the logarithm of base 2. Decibels count powers of 10.",
        ),
        (
            lambda x, y, hidden: (4 / mse_of(x, y, hidden)).log10(),
            "a decibel is a tenth of a bel: the factor 10 is missing.",
        ),
        (
            lambda x, y, hidden: 20 * (4 / mse_of(x, y, hidden)).log10(),
            "20 belongs to the root of the mean square. The squares themselves have 10.",
        ),
        (
            lambda x, y, hidden: 20 * (2 / mse_of(x, y, hidden)).log10(),
            "20 and the peak without a square belong to the root of the mean square. This has the mean square.",
        ),
        (
            lambda x, y, hidden: 10 * (x.max() ** 2 / mse_of(x, y, hidden)).log10(),
            "the peak is the largest pixel of x. It is the range of all pixels that there could be, 2.",
        ),
        (
            lambda x, y, hidden: 20 * torch.log10(2 / (x - y)[:, :, hidden].abs().mean((1, 2))),
            "this takes the mean of |x − y|. PSNR takes the mean of the squares.",
        ),
        (
            lambda x, y, hidden: 10 * torch.log10(4 / (x - y)[:, :, hidden].square().sum((1, 2))),
            "the squares are added up, where a mean belongs: a larger hole would look worse for its size alone.",
        ),
        (
            lambda x, y, hidden: (10 * torch.log10(4 / (x - y)[:, :, hidden].square())).mean((1, 2)),
            "this is a mean of decibels, pixel by pixel. The mean of the squares comes first, then the logarithm.",
        ),
        (
            lambda x, y, hidden: 10 * torch.log10(4 / (x - y)[:, :, hidden].var((1, 2))),
            "this is the variance of the differences: a repair that is too dark everywhere would pay nothing for it.",
        ),
        (
            lambda x, y, hidden: 10 * torch.log10(4 / (x - y)[:, :, hidden].var((1, 2), correction=0)),
            "this is the variance of the differences: their mean is taken off, so it may be too dark for nothing.",
        ),
        *(
            (
                lambda x, y, hidden, at=at: (
                    10
                    * torch.log10(
                        ((x, y)[at].amax((1, 2, 3)) - (x, y)[at].amin((1, 2, 3))).square() / mse_of(x, y, hidden)
                    )
                ),
                f"the peak is the range of each {'xy'[at]}. It is that of all pixels that there could be, 2.",
            )
            for at in (0, 1)
        ),
        (
            lambda x, y, hidden: 10 * torch.log10(4 * 196 / ((x - y) * hidden).square().sum((1, 2, 3))),
            "the sum is divided by 196, the size of another hole.",
        ),
        (
            lambda x, y, hidden: mse_of(x, y, hidden).sqrt(),
            "this is the root of the mean square error. How many decibels is that?",
        ),
        (lambda x, y, hidden: mse_of(x, y, hidden), "this is the mean square error. How many decibels is that?"),
    ),
    hints=(
        "x[:, :, hidden] picks the hidden pixels of each picture: (N, 1, K). Over which dimensions goes the mean?",
        "The mean of the squared differences over all dimensions but the first, then 10 log10(peak² / mean). How far "
        "can two pixels in [−1, 1] be apart?",
    ),
    prediction=(
        "A quarter of the picture is hidden, the rest is right: PSNR of all pixels minus that of the hidden ones, in "
        "dB",
        lambda: 10 * math.log10(4),
    ),
    insight="Where the seen pixels are pasted in, they add 10 log10(784 / hidden) to the PSNR and tell nothing: 6.0 dB "
    "for a quarter, 3.0 dB for a half. So do not compare the decibels of two holes of different size.",
    reward=use_psnr,
)


# 12.2

BALL = 10.0  # no z of the search is longer


def into_ball(z: Tensor) -> Tensor:
    return z * (BALL / z.norm(dim=1, keepdim=True)).clamp(max=1)


def slope_of(G: Callable, A: Callable, y: Tensor, z: Tensor, cost: Callable[[Tensor], Tensor]) -> Tensor:
    z = z.detach().requires_grad_()
    (slope,) = torch.autograd.grad(cost(A(G(z)) - y), z)
    return slope


def each_mean(off: Tensor) -> Tensor:
    return off.square().flatten(1).mean(1).sum()


def solve_step_of_search(G: nn.Module, A: Callable, y: Tensor, z: Tensor, rate: float) -> Tensor:
    z = z.detach().requires_grad_()
    # what would be seen of G(z) is compared with what is seen; hidden pixels have no say
    error = (A(G(z)) - y).square().flatten(1).mean(1)
    # the pictures do not depend on each other, so the slope of the sum holds the slope of each
    (slope,) = torch.autograd.grad(error.sum(), z)
    z = z.detach() - rate * slope
    return z * (10 / z.norm(dim=1, keepdim=True)).clamp(max=1)


def solve_step_one_by_one(G: nn.Module, A: Callable, y: Tensor, z: Tensor, rate: float) -> Tensor:
    found = []
    for k in range(len(z)):
        start = z[k : k + 1].clone().requires_grad_()
        F.mse_loss(A(G(start)), y[k : k + 1]).backward(inputs=[start])
        with torch.no_grad():
            step = start - rate * start.grad
            found.append(step if step.norm() <= 10 else 10 * step / step.norm())
    return torch.cat(found)


def tiny_generator(latent_dim: int, size: int) -> nn.Sequential:
    layers = nn.Linear(latent_dim, 24), nn.BatchNorm1d(24), nn.Tanh(), nn.Linear(24, size**2), nn.Tanh()
    G = nn.Sequential(*layers, nn.Unflatten(1, (1, size, size))).double()
    for p in G.parameters():
        p.data *= 2  # steep enough for a step that shows
    return G.eval()


def inputs_of_search() -> list[tuple]:
    cases = []
    for seed, (n, latent_dim, size, A, rate) in enumerate(
        [
            (3, 4, 6, Mask(~random_hidden(6, 0.4, 0)), 40.0),
            (3, 4, 6, Mask(~random_hidden(6, 0.6, 1)), 15.0),
            (2, 5, 8, Pool(2), 30.0),
        ]
    ):
        rng = torch.Generator().manual_seed(seed)
        z = torch.randn(n, latent_dim, generator=rng, dtype=torch.float64)
        z[0] *= 9.99 / z[0].norm()  # a step may lead out of the ball
        z[-1, 1:] /= 10
        z[-1] *= 14 / z[-1].norm()
        cases.append((tiny_generator(latent_dim, size), A, A(random_pictures(n, size, seed)), z, rate))
    return cases


def stepped(cost: Callable = each_mean, back: Callable = into_ball, see: Callable | None = None) -> Callable:
    """A step with another cost, another way back into the ball, or another look at G's pictures."""

    def step(G, A, y, z, rate):
        return back(z - rate * slope_of(G, see or A, y, z, cost))

    return step


def step_in_training(G: nn.Module, A: Callable, y: Tensor, z: Tensor, rate: float) -> Tensor:
    G.train()
    return into_ball(z - rate * slope_of(G, A, y, z, each_mean))


def mean_over_seen(G: nn.Module, A: Callable, y: Tensor, z: Tensor, rate: float) -> Tensor:
    seen = A(torch.ones_like(G(z))) > 0
    return into_ball(
        z
        - rate
        * slope_of(G, A, y, z, lambda off: (off.square() * seen).sum((1, 2, 3)) @ (1 / seen.double().sum((1, 2, 3))))
    )


def compared_with_back(G: nn.Module, A: Callable, y: Tensor, z: Tensor, rate: float) -> Tensor:
    return into_ball(z - rate * slope_of(G, lambda x: x, A.back(y), z, each_mean))


def step_of_length_rate(G: nn.Module, A: Callable, y: Tensor, z: Tensor, rate: float) -> Tensor:
    return into_ball(z - rate * F.normalize(slope_of(G, A, y, z, each_mean), dim=1))


def draw_search(step: Callable):
    from ..experiments import n12_restoration as bench
    from ..pretrained import load_generator

    A, G, x = hole(slice(7, 21), slice(7, 21)), load_generator(), bench.test_pictures(8)
    y = A(x)
    # the best of 40 random starts, then steps of the learner
    z = torch.randn(40, G.latent_dim, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        near = torch.cdist(A(G(z)).flatten(1), y.flatten(1)).argmin(0)
    z, first = z[near], z[near]
    for _ in range(40):
        z = torch.as_tensor(step(G, A, y, z, 20.0)).float().detach()
    with torch.no_grad():
        rows = {"seen": y, "start": G(first), "your 40 steps": G(z), "original": x}
    figure, ax = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
    show_images(ax, torch.cat(list(rows.values())), len(x))
    for k, name in enumerate(rows):
        ax.text(-4, 30 * k + 16, name, ha="right", va="center")
    plt.close(figure)
    return figure


step_of_search = Exercise(
    number="12.2",
    level="repair",
    minutes=8,
    solutions=(solve_step_of_search, solve_step_one_by_one),
    inputs=inputs_of_search,
    mistakes=(
        (
            stepped(see=lambda x: x),
            "the search leads hidden pixels towards 0, the grey that stands for “not seen”; and where what is seen has "
            "another size than a picture, it stops. What is not seen should have no say.",
            "Which picture can be compared with y: G(z), or what would be seen of it?",
        ),
        (
            lambda G, A, y, z, rate: into_ball(z + rate * slope_of(G, A, y, z, each_mean)),
            "each step goes uphill.",
        ),
        (
            stepped(lambda off: off.square().mean()),
            "the mean runs over the batch as well: the more pictures are repaired at once, the shorter is the step of "
            "each.",
        ),
        (
            stepped(lambda off: off.square().sum()),
            "the squares are added up, where (2) has their mean: the step grows with the number of pixels.",
        ),
        (
            stepped(lambda off: off.square().flatten(1).mean(1).sqrt().sum()),
            "this descends the root of the mean square. Near the aim its slope need not get small.",
        ),
        (
            stepped(lambda off: off.abs().flatten(1).mean(1).sum()),
            "this descends the mean of |A(G(z)) − y|, not of its square.",
        ),
        (
            stepped(back=lambda z: BALL * z / z.norm(dim=1, keepdim=True)),
            "all z end at the length 10. Those inside the ball should stay where they are.",
        ),
        (
            stepped(back=lambda z: z * (BALL / z.norm(dim=1, keepdim=True)).clamp(min=1)),
            "a z outside the ball stays there, and one inside is pushed to its edge: the other way round.",
        ),
        (
            stepped(back=lambda z: F.normalize(z, dim=1) * z.norm(dim=1, keepdim=True).clamp(max=1)),
            "no z is longer than 1. The ball has the radius 10.",
        ),
        (
            stepped(lambda off: off.square().flatten(1).sum(1).mean()),
            "the squares are summed over a picture and averaged over the batch: the other way round.",
        ),
        (
            lambda G, A, y, z, rate: into_ball(into_ball(z) - rate * slope_of(G, A, y, into_ball(z), each_mean)),
            "z is pulled into the ball before the step as well. The step starts at z as it is.",
        ),
        (
            stepped(back=lambda z: z),
            "some z are longer than 10: G has hardly learnt out there. Back into the ball comes last.",
        ),
        (
            stepped(back=lambda z: z.clamp(-BALL, BALL)),
            "this keeps each number of z in [−10, 10], a cube. The ball is about the length of z.",
        ),
        (
            stepped(back=lambda z: z * (BALL / z.norm()).clamp(max=1)),
            "the length is that of all z of the batch together. Each z has a length of its own.",
        ),
        (
            stepped(back=lambda z: z * (BALL / z.norm(dim=0)).clamp(max=1)),
            "the length runs down the batch, over one number of each z. The length of a z is along its own row.",
        ),
        (
            lambda G, A, y, z, rate: into_ball(z) - rate * slope_of(G, A, y, into_ball(z), each_mean),
            "back into the ball comes before the step, so the step may lead out of it.",
        ),
        (
            lambda G, A, y, z, rate: into_ball(z - slope_of(G, A, y, z, each_mean)),
            "the step is the slope itself, whatever the rate is.",
        ),
        (
            lambda G, A, y, z, rate: into_ball(z - rate * slope_of(G, A, y, z, each_mean).sign()),
            "the step has only the sign of the slope.",
        ),
        (
            lambda G, A, y, z, rate: into_ball(-rate * slope_of(G, A, y, z, each_mean)),
            "this is the step alone, pulled into the ball. It starts at z.",
        ),
        (
            lambda G, A, y, z, rate: into_ball(z - rate / 2 * slope_of(G, A, y, z, each_mean)),
            "each step is half as long as it should be. The slope of a square has a factor 2.",
        ),
        (
            step_in_training,
            "G is in training mode: its BatchNorm looks at the whole batch, so a picture's step depends on the others, "
            "and its running averages move.",
        ),
        (
            mean_over_seen,
            "the mean is over the seen pixels. The error is a mean over all numbers of y, the grey ones, too.",
        ),
        (
            compared_with_back,
            "G(z) is compared with A.back(y), a whole picture. What is not seen should have no say.",
            "Which picture can be compared with y: G(z), or what would be seen of it?",
        ),
        (step_of_length_rate, "the slope is brought to length 1: all steps are as long, also near the aim."),
        (
            stepped(back=lambda z: z * ((z.shape[1] ** 0.5 + 2) / z.norm(dim=1, keepdim=True)).clamp(max=1)),
            "the radius is √Z + 2. Here it is to be 10, whatever Z is.",
        ),
        (
            stepped(back=lambda z: z * (BALL / z.square().sum(1, keepdim=True)).clamp(max=1)),
            "this divides by the square of the length: z ends too near to 0.",
        ),
        (lambda G, A, y, z, rate: slope_of(G, A, y, z, each_mean), "this is the slope. The new z is asked for."),
        (lambda G, A, y, z, rate: into_ball(z), "z has not moved, but for the way back into the ball."),
    ),
    hints=(
        "Take A = hole(...): A(x) shows 0 in the hole, and so does y. What is the error of a G(z) that is right "
        "everywhere?",
        "By (2) the search compares A(G(z)) with y.",
    ),
    insight="Only now is the hole free: the slope of the error in a hidden pixel is exactly 0, and all that fills it "
    "is what G has learnt goes with the rest.",
    reward=draw_search,
)


# 12.3


def solve_costs(x: Tensor, p: Tensor, r: int) -> tuple[Tensor, Tensor]:
    mean = (p * x).sum()
    variance = (p * (x - mean) ** 2).sum()
    # the pixel is away from its mean by `variance`, and the mean of r independent draws by variance / r;
    # the two are independent, so the cross term vanishes
    return variance, variance + variance / r


def solve_costs_by_moments(x: Tensor, p: Tensor, r: int) -> list[float]:
    first, second = (sum(b * a**k for a, b in zip(x.tolist(), p.tolist(), strict=True)) for k in (1, 2))
    variance = second - first**2
    return [variance, variance * (r + 1) / r]


def variance_of(x: Tensor, p: Tensor) -> Tensor:
    return (p * (x - (p * x).sum()) ** 2).sum()


def draw_costs(costs: Callable):
    x, p = torch.tensor([-1.0, 1.0]).double(), torch.tensor([0.5, 0.5]).double()
    rng, many = torch.Generator().manual_seed(0), (1, 2, 3, 4, 6, 8, 12, 16)
    yours = [float(torch.as_tensor([*costs(x, p, r)][1])) for r in many]
    truth = torch.randint(0, 2, (20_000,), generator=rng) * 2.0 - 1
    tried = [
        ((torch.randint(0, 2, (20_000, r), generator=rng) * 2.0 - 1).mean(1) - truth).square().mean() for r in many
    ]
    figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
    ax.plot(many, [10 * math.log10(y) for y in yours], "k-", label="by your function")
    ax.plot(many, [10 * math.log10(t) for t in tried], "kx", label="20,000 pixels, tried")
    ax.set(xlabel="draws that are averaged", ylabel="dB worse than the mean", ylim=(0, 3.3), xlim=(0, 17))
    ax.legend()
    plt.close(figure)
    return figure


costs = Exercise(
    number="12.3",
    level="derive",
    minutes=8,
    solutions=(solve_costs, solve_costs_by_moments),
    parts=("the error of the mean", "the error of r draws"),
    derivation="With m the mean and d the mean of the draws, (d − x)² = (d − m)² + (x − m)² − 2 (d − m)(x − m). The "
    "last has the mean 0, for d and x are independent; the first has variance / r, the second the variance.",
    inputs=lambda: [
        (torch.tensor([-1.0, 0.0, 1.0]).double(), torch.tensor([0.5, 0.1, 0.4]).double(), 4),
        (torch.tensor([-1.0, 1.0]).double(), torch.tensor([0.3, 0.7]).double(), 1),
        (torch.tensor([0.2, -0.7, 0.9, 0.4]).double(), torch.tensor([0.1, 0.2, 0.3, 0.4]).double(), 2),
        (torch.tensor([0.0, 5.0, 6.0]).double(), torch.tensor([0.0, 0.9, 0.1]).double(), 10),
    ],
    mistakes=(
        (
            lambda x, p, r: solve_costs(x, p, r)[::-1],
            "they are exchanged: no guess has a smaller mean square error than the mean.",
        ),
        (
            lambda x, p, r: (variance_of(x, p), variance_of(x, p)),
            "draws miss twice: the pixel is away from its mean, and so are they.",
        ),
        (
            lambda x, p, r: (variance_of(x, p) / r, variance_of(x, p)),
            "the first guess is the mean itself, without any draws: r plays no part there.",
        ),
        (
            lambda x, p, r: tuple(c * ((p * x**2).sum() - (p * x).sum()) for c in (1, 1 + 1 / r)),
            "the variance is E x² less the square of the mean. The square is missing.",
        ),
        (
            lambda x, p, r: (variance_of(x, p), 2 * variance_of(x, p)),
            "this is what one draw costs. What changes when r of them are averaged?",
            "The mean of r independent draws scatters less than one. By which factor is its variance smaller?",
        ),
        (
            lambda x, p, r: (variance_of(x, p), variance_of(x, p) / r),
            "this is how far the mean of the draws is from m. But the hidden pixel is away from m, too.",
        ),
        (
            lambda x, p, r: (variance_of(x, p), 2 * variance_of(x, p) / r),
            "averaging draws makes their own scatter smaller, but not that of the hidden pixel.",
        ),
        (
            lambda x, p, r: (variance_of(x, p), (1 + r) * variance_of(x, p)),
            "this is for the sum of the draws, not for their mean.",
        ),
        (
            lambda x, p, r: (variance_of(x, p), (1 + 1 / r**0.5) * variance_of(x, p)),
            "the standard deviation of a mean falls with √r. Its variance falls faster.",
        ),
        (
            lambda x, p, r: (variance_of(x, p), (1 + 1 / r**2) * variance_of(x, p)),
            "the variance of the mean of r draws is variance / r; you have r².",
        ),
        (
            lambda x, p, r: (variance_of(x, p), (1 + 1 / (r + 1)) * variance_of(x, p)),
            "you divide by r + 1: the hidden pixel is not one of the draws.",
        ),
        (
            lambda x, p, r: (variance_of(x, p), (1 - 1 / r) * variance_of(x, p)),
            "the draws are independent of the hidden pixel: their scatter adds to its own. You take it off.",
        ),
        (
            lambda x, p, r: tuple(c * (p * (x - x.mean()) ** 2).sum() for c in (1, 1 + 1 / r)),
            "the mean of the pixel is Σ p x. x.mean() takes all values as equally likely.",
        ),
        (
            lambda x, p, r: ((p * x**2).sum(), (1 + 1 / r) * (p * x**2).sum()),
            "these are mean squares around 0, not around the mean.",
        ),
        (
            lambda x, p, r: (variance_of(x, p).sqrt(), ((1 + 1 / r) * variance_of(x, p)).sqrt()),
            "these are the roots. The mean square is asked for.",
        ),
        (
            lambda x, p, r: (variance_of(x, p), (p * (x - x[p.argmax()]) ** 2).sum()),
            "this guesses the likeliest value, always the same one. Draws are made anew from p.",
        ),
        (
            lambda x, p, r: ((x - x.mean()).square().mean(), (1 + 1 / r) * (x - x.mean()).square().mean()),
            "all values count alike here. They come with the probabilities p.",
        ),
        (
            lambda x, p, r: (x.var(), (1 + 1 / r) * x.var()),
            "x.var() takes all values as equally likely. They come with the probabilities p.",
        ),
        (
            lambda x, p, r: (0.0, variance_of(x, p) / r),
            "these are mean squares from m. The hidden pixel is not m, it scatters around it.",
        ),
        (
            lambda x, p, r: tuple(c * (p * (x - (p * x).sum()).abs()).sum() for c in (1, 1 + 1 / r)),
            "this is the mean distance from the mean. The mean square is asked for.",
        ),
        (
            lambda x, p, r: ((p * x).sum(), (p * x).sum()),
            "this is the mean itself. How far from it is the hidden pixel, in the mean square?",
        ),
    ),
    hints=(
        "The first is E (x − m)² with m = Σ p x, the variance. The second: how far is the mean of r draws from m?",
        "Add and subtract m in E (d − x)², with d the mean of the draws: the cross term has the mean 0.",
    ),
    insight="From one draw to four the error falls by 10 log10(2 / 1.25) = 2.04 dB. In the tables above the mean of "
    "four starts of G is only 0.7 to 1.3 dB ahead of “G”: that is the one that fits best, and starts are not draws "
    "from p(x | y).",
    reward=draw_costs,
)


# 12.4


def solve_consistent(x: Tensor, y: Tensor, k: int) -> Tensor:
    # of all changes that lift the mean of a square by what is missing, the same change everywhere is the shortest
    missing = y - F.avg_pool2d(x, k)
    return x + F.interpolate(missing, scale_factor=k, mode="nearest")


def solve_consistent_by_blocks(x: Tensor, y: Tensor, k: int) -> Tensor:
    n, c, size, _ = x.shape
    blocks = x.reshape(n, c, size // k, k, size // k, k)
    lifted = blocks - blocks.mean((3, 5), keepdim=True) + y[:, :, :, None, :, None]
    return lifted.reshape(x.shape)


def inputs_of_consistent() -> list[tuple]:
    cases = [
        (random_pictures(3, 8, 0), F.avg_pool2d(random_pictures(3, 8, 5), 4) * 3, 4),
        # many pixels are black or white, as in pictures of clothes
        ((3 * random_pictures(3, 8, 1)).clamp(-1, 1), F.avg_pool2d(random_pictures(3, 8, 6), 4) * 2, 4),
        (random_pictures(2, 4, 1), F.avg_pool2d(random_pictures(2, 4, 6), 2), 2),
        (random_pictures(1, 9, 2), F.avg_pool2d(random_pictures(1, 9, 7), 3) * 2, 3),
        (random_pictures(2, 5, 3), random_pictures(2, 5, 8), 1),
    ]
    return [(x.float(), y.float(), k) for x, y, k in cases]  # as pictures come: a layer of float32 may be used


def spread_out(y: Tensor, k: int) -> Tensor:
    return y.repeat_interleave(k, 2).repeat_interleave(k, 3)


def missing_of(x: Tensor, y: Tensor, k: int) -> Tensor:
    return y - F.avg_pool2d(x, k)


def one_pixel_carries(x: Tensor, y: Tensor, k: int) -> Tensor:
    out = x.clone()
    out[:, :, ::k, ::k] += k * k * missing_of(x, y, k)
    return out


def draw_consistent(change: Callable):
    from ..experiments import n12_restoration as bench

    x = bench.test_pictures(8)
    y = Pool(4)(x)
    made = bench.enlarge(bench.load_enlarger("L1"), y)
    changed = torch.as_tensor(change(made, y, 4)).float().clamp(-1, 1)
    before, after = psnr_of_all(made, x), psnr_of_all(changed, x)
    rows = {"network, L1": made, "your change": changed, "original": x}
    figure, ax = plt.subplots(figsize=(6.5, 2.6), layout="constrained")
    show_images(ax, torch.cat(list(rows.values())), len(x))
    for k, name in enumerate(rows):
        ax.text(-4, 30 * k + 16, name, ha="right", va="center")
    ax.set_title(f"mean PSNR {before.mean():.2f} dB, after your change {after.mean():.2f} dB", fontsize=10)
    plt.close(figure)
    return figure


consistent_picture = Exercise(
    number="12.4",
    level="build",
    minutes=8,
    solutions=(solve_consistent, solve_consistent_by_blocks),
    derivation="In one square with changes c_i, mean(c) = m is wanted and Σ c_i² should be small. Σ c_i² = Σ (c_i − "
    "m)² + k² m², and the first part is 0 for c_i = m.",
    inputs=inputs_of_consistent,
    mistakes=(
        (lambda x, y, k: x, "nothing has changed: the means are still those of x."),
        (
            lambda x, y, k: spread_out(y, k),
            "this has the means of y, but nothing is left of x: it is the nearest to 0, not to x.",
        ),
        (lambda x, y, k: x + spread_out(y, k), "the means of x are still in it: add only what is missing."),
        (lambda x, y, k: x - spread_out(missing_of(x, y, k), k), "the sign: this goes away from y."),
        (
            lambda x, y, k: x + spread_out(missing_of(x, y, k), k) / k**2,
            "each pixel gets only its share 1/k² of what is missing in the mean. If all pixels of a square get m more, "
            "what becomes of its mean?",
        ),
        (
            lambda x, y, k: x + spread_out(missing_of(x, y, k), k) * k**2,
            "each pixel gets k² times what is missing. Not the sum of a square should rise by it, but its mean.",
        ),
        (
            one_pixel_carries,
            "the means are right, but one pixel of each square carries the whole change. There is a picture nearer to "
            "x.",
            "For which numbers with the mean m is the sum of their squares smallest?",
        ),
        (
            lambda x, y, k: x + missing_of(x, y, k).repeat(1, 1, k, k),
            "what is missing lies like tiles, the small picture k times in each direction. Each of its numbers belongs "
            "to all pixels of one square: repeat_interleave, not repeat.",
        ),
        *(
            (
                lambda x, y, k, how=how: x + F.interpolate(missing_of(x, y, k), scale_factor=k, **how),
                "what is missing is spread smoothly, beyond the borders of its square: the means are not y.",
            )
            for how in ({"mode": "bilinear"}, {"mode": "bicubic"}, {"mode": "bilinear", "align_corners": True})
        ),
        (
            lambda x, y, k: x - spread_out(F.avg_pool2d(x, k), k) + y.mean(),
            "all squares get the same mean, that of all y. Each has its own.",
        ),
        (
            lambda x, y, k: x + spread_out(missing_of(x, y, k), k) / k,
            "each pixel gets only a k-th of what is missing. If all pixels of a square get m more, what becomes of its "
            "mean?",
        ),
        (
            lambda x, y, k: x + spread_out(y - k**2 * F.avg_pool2d(x, k), k),
            "y is compared with the sum of each square, not with its mean.",
        ),
        (
            lambda x, y, k: x + spread_out(missing_of(x, y, k).abs(), k),
            "what is missing has lost its sign: a square that is too bright has to become darker.",
        ),
        (
            lambda x, y, k: x + spread_out(missing_of(x, y, k).mean(0, keepdim=True), k),
            "what is missing is averaged over the batch. Each picture misses something of its own.",
        ),
        (
            lambda x, y, k: x + F.interpolate(y - F.max_pool2d(x, k), scale_factor=k, mode="nearest"),
            "y is compared with the largest pixel of each square, not with its mean.",
        ),
        (
            lambda x, y, k: x + (y.mean((2, 3), keepdim=True) - x.mean((2, 3), keepdim=True)),
            "the whole picture is lifted alike. Each square misses something of its own.",
        ),
        (
            lambda x, y, k: solve_consistent(x, y, k).clamp(-1, 1),
            "the result is cut off at −1 and 1, and then the means are not y any more. (Here they must be; a picture "
            "to show is cut off later.)",
        ),
        (
            lambda x, y, k: x * spread_out(y / F.avg_pool2d(x, k), k),
            "x is multiplied until the means are right. That changes large pixels most, and there is a picture nearer "
            "to x.",
        ),
        (
            lambda x, y, k: (x + solve_consistent(x, y, k)) / 2,
            "only half of what is missing is added: the means lie between those of x and y.",
        ),
        (
            lambda x, y, k: x + spread_out(missing_of(x, y, k), k).transpose(2, 3),
            "rows and columns of what is missing are exchanged.",
        ),
        (
            lambda x, y, k: x + (y.mean() - x.mean()),
            "the whole batch is lifted alike. Each square misses something of its own.",
        ),
        (
            lambda x, y, k: x + spread_out(missing_of(x, y, k), k) * (x > -1),
            "black pixels stay black: then the others carry too little, and the means are not y.",
        ),
        (lambda x, y, k: spread_out(missing_of(x, y, k), k), "this is the change. The changed picture is asked for."),
    ),
    hints=(
        "What is missing in the mean of a square? If all pixels of a square get m more, what becomes of its mean?",
        "F.avg_pool2d(x, k) gives means; F.interpolate(m, scale_factor=k, mode='nearest') spreads them over squares.",
    ),
    insight="Among the pictures that fit y is the original; this step goes to the nearest of them at a right angle, so "
    "by Pythagoras the square error never grows by it, whatever made x.",
    reward=draw_consistent,
)


# 12.5

a_damage_of_your_own = Open(
    number="12.5",
    minutes=30,
    outline="""Three damages, 12 test pictures each, four starts, 150 steps, five seeds. RMSE to the original, of a
range of 2; G's pictures as they are, nothing pasted; median (range):

                                        as seen                  G
blur, means of 5 x 5 pixels      {blur_seen}   {blur}
scratch, three pixels wide      {scratch_mean}   {scratch}     (as seen: filled with the mean)
greys rounded to black, white    {greys_seen}   {soft}     (searched with tanh(4x) for the rounding)

Rounding is the one that lets no gradient through: its slope is 0 wherever it has one. Searched with the rounding itself
no z moves, and what is left is the best of four random starts: {greys}. Two ways out: search with a
smooth stand-in, tanh(4x), and round only to look (above); or round forwards and give the slope of the stand-in
backwards ("straight through"): {through}. The classifier sees the original's class in {greys_class}, {soft_class} and
{through_class} of the repairs. For a damage without any formula there is search without slopes: draw many z, keep the
best.

What this does not show: how far from the best search these are. A stand-in of another steepness may do better.""",
)


recall = Recall(
    (
        "The repair with the best PSNR is usually not the one that looks most real. Why?",
        [
            (
                "The best guess in the mean square is the mean of all pictures that fit, and that is often blurred.",
                "Yes: nobody wears the mean of a shirt with and one without a stripe.",
            ),
            ("PSNR is badly measured.", "It measures the mean square error exactly. That is what it asks for."),
            (
                "A network that is trained longer gets both.",
                "It may come nearer to the bound between the two, but not beyond it (Blau & Michaeli).",
            ),
        ],
        0,
        "The mean m(y) has the least mean square error; a draw from p(x | y) looks real and costs twice that.",
    ),
    (
        "From 10: why does the search for a latent take several starts?",
        [
            ("to average the latents that were found", "The mean of two good z need not be good at all."),
            (
                "starts come to different ends in the same time, and some of them are poor",
                "Yes: take the start whose picture fits y best.",
            ),
            (
                "because G is random",
                "G is not: the same z gives the same picture. What differs is where the search begins.",
            ),
        ],
        1,
        "Some starts arrive, others are slow, or stuck at the limit of |z|. The one with the least error counts.",
    ),
    (
        "G fills the missing halves of test pictures, and the FD of the repairs could not be better. Are they evidence "
        "of what was there?",
        [
            ("yes, for G has learnt from 60,000 pictures", "It knows what garments look like, not what this one was."),
            (
                "yes, if the PSNR is high",
                "You only know the PSNR if you have the original, and then you need no repair.",
            ),
            ("no", "Right: each is one of many pictures that fit what is seen, and plausible."),
        ],
        2,
        "A repair is plausible, not evidence. Where starts that fit equally well disagree, nothing that is seen "
        "decides.",
    ),
)
