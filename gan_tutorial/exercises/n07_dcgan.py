"""The exercises of notebook 07."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..classifier import load_classifier
from ..metrics import class_shares
from ..networks import ConvDiscriminator, ConvGenerator
from ..pictures import CLASSES, data_folder, fashion_mnist, images
from ..plots import REAL, to_grid
from ..pretrained import load_generator
from ..recipe import Recipe
from ..sampling import sample
from . import Exercise, Open, Recall
from .running import after_a_turn

# 07.1


def solve_unit(pixels: Tensor) -> Tensor:
    # first floats, for whole numbers of 8 bits go round after 255; then 0 becomes -1 and 255 becomes 1
    return pixels[:, None].float() / 127.5 - 1


def solve_unit_by_view(pixels: Tensor) -> Tensor:
    return (pixels.view(-1, 1, 28, 28) / 255 - 0.5) / 0.5


def stretched(pixels: Tensor, low: Tensor, high: Tensor) -> Tensor:
    return (2 * (pixels.float() - low) / (high - low) - 1)[:, None]


def some_pictures() -> list[tuple]:
    def draw(seed: int, n: int, low: int, high: int) -> Tensor:
        return torch.randint(low, high, (n, 28, 28), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)

    slope = (torch.arange(28)[:, None] * 5 + torch.arange(28) * 4).byte()[None]
    return [(draw(0, 2, 0, 256),), (draw(1, 3, 40, 180),), (slope,), (draw(2, 70, 200, 256),)]


def show_unit(unit: Callable):
    pixels = torch.cat([fashion_mnist("test")[0][:8]])
    x = torch.as_tensor(unit(pixels)).float()
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.6), layout="constrained", width_ratios=(2, 1))
    left.imshow(to_grid(x, columns=4), cmap="gray", vmin=0, vmax=255)
    left.axis("off")
    right.hist(x.flatten().numpy(), bins=41, range=(-1, 1), color=REAL)
    right.set(xlabel="your pixel", ylabel="how many", xlim=(-1.05, 1.05), yscale="log", ylim=(10, 10_000))
    plt.close(figure)
    return figure


unit_pixels = Exercise(
    number="07.1",
    level="complete",
    minutes=3,
    solutions=(solve_unit, solve_unit_by_view),
    inputs=some_pictures,
    mistakes=(
        (
            lambda pixels: pixels[:, None] / 255,
            "these pixels lie in [0, 1]: a pixel below 0 would give a fake away.",
        ),
        (
            lambda pixels: pixels[:, None] / 128 - 1,
            "nearly: white, 255, becomes 0.992. Then a whiter white would give a fake away.",
        ),
        (lambda pixels: 1 - pixels[:, None] / 127.5, "black and white are exchanged: 0 must become −1."),
        (
            lambda pixels: (2 * pixels[:, None]) / 255 - 1,
            "whole numbers of 8 bits go round: 2 · 200 is 144. Make floats first.",
        ),
        (
            lambda pixels: (pixels[:, None] - 128) / 127.5,
            "whole numbers of 8 bits go round: 100 − 128 is 228. Make floats first, and take off 127.5.",
        ),
        (
            lambda pixels: (pixels[:, None] - 128) / 128,
            "whole numbers of 8 bits go round: 100 − 128 is 228. Make floats first; take off 127.5 and divide by it.",
        ),
        (
            lambda pixels: (pixels[:, None] - 127) / 127.5,
            "whole numbers of 8 bits go round: 100 − 127 is 229. Make floats first, and take off 127.5.",
        ),
        (
            lambda pixels: pixels[:, None].to(torch.int8) / 128,
            "as int8 the bright pixels become negative. Make floats: 8 bits without a sign hold 0 to 255.",
        ),
        (
            lambda pixels: pixels[:, None] / 127 - 1,
            "nearly: white, 255, becomes 1.008, which tanh cannot reach.",
        ),
        (
            lambda pixels: (pixels[:, None] / 127 - 1).clamp(max=1),
            "nearly: with 127 two shades become white. Half of 255 is 127.5.",
        ),
        (
            lambda pixels: (pixels[:, None] / 127.5 - 1).tanh(),
            "tanh is the end of G, not of the data: black becomes −0.76 here.",
        ),
        (
            lambda pixels: (pixels[:, None] / 255 - 0.286) / 0.353,
            "mean and deviation of Fashion-MNIST are taken out: white becomes 2.02, which tanh cannot reach.",
        ),
        (
            lambda pixels: (pixels[:, None] > 127.5) * 2.0 - 1,
            "only black and white are left. The greys should stay.",
        ),
        (
            lambda pixels: (pixels[:, None] // 127.5) - 1,
            "// rounds down: three shades are left.",
        ),
        (
            lambda pixels: stretched(pixels, pixels.min(), pixels.max()),
            "the darkest pixel of this batch becomes −1 and its brightest 1: the same picture would look different in "
            "another batch. The borders are always 0 and 255.",
        ),
        (
            lambda pixels: stretched(pixels, torch.zeros(()), pixels.max()),
            "the brightest pixel of this batch becomes 1. The same picture would look different in another batch: "
            "white is "
            "always 255.",
        ),
        (
            lambda pixels: stretched(pixels, pixels.amin((1, 2), keepdim=True), pixels.amax((1, 2), keepdim=True)),
            "each picture is stretched to its own darkest and brightest pixel. A dark garment should stay dark: the "
            "borders "
            "are always 0 and 255.",
        ),
        (
            lambda pixels: ((pixels.float() - pixels.float().mean()) / pixels.float().std())[:, None],
            "the batch is shifted and scaled to mean 0 and variance 1, beyond the range of tanh. The borders are "
            "always 0 and 255.",
        ),
        (lambda pixels: pixels[:, None] / 127.5, "these pixels lie in [0, 2]. Move them down."),
        (lambda pixels: pixels[:, None].float() - 127.5, "0 is in the middle, but the pixels reach to 127.5."),
        (
            lambda pixels: pixels[:, None].float().clamp(-1, 1),
            "every pixel above 0 becomes 1: nothing is left between black and white.",
        ),
        (
            lambda pixels: pixels[None] / 127.5 - 1,
            "the channel stands in front of the pictures. (N, 28, 28) becomes (N, 1, 28, 28).",
        ),
        (
            lambda pixels: pixels[..., None] / 127.5 - 1,
            "the channel stands last, as plotting libraries have it. PyTorch wants (N, 1, 28, 28).",
        ),
        (lambda pixels: pixels / 127.5 - 1, "the channel is missing: (N, 28, 28) becomes (N, 1, 28, 28)."),
        (
            lambda pixels: solve_unit(pixels).transpose(2, 3),
            "rows and columns are exchanged: the garments lie on their side.",
        ),
        (
            lambda pixels: (pixels[:, None] / 127).byte() - 1,
            "whole numbers of 8 bits have no −1: 0 − 1 is 255. Stay with floats.",
        ),
        (
            lambda pixels: solve_unit(pixels).clamp(min=0),
            "all that is darker than the middle becomes 0. Black should be −1.",
        ),
        (lambda pixels: 0 * solve_unit(pixels), "every pixel becomes 0, black and white alike."),
        (lambda pixels: solve_unit(pixels).round(), "the greys are rounded to −1, 0 and 1. They should stay."),
        (lambda pixels: solve_unit(pixels).half(), "half precision rounds the greys. Leave them in float32."),
        (
            lambda pixels: torch.where(pixels[:, None] == 0, -1.0, pixels[:, None] / 255),
            "only black becomes −1, and all other shades lie in [0, 1]. One straight line serves them all.",
        ),
    ),
    hints=(
        "A straight line takes 0 to −1 and 255 to 1. What is its slope?",
        "2 / 255 = 1 / 127.5. First make floats, for whole numbers of 8 bits go round after 255.",
        "pixels[:, None] adds the channel.",
    ),
    insight="The borders belong to the file format, not to the batch. `train` looks at one batch, and refuses "
    "pixels outside [−1, 1], but stretched pictures lie inside: no check of the range can see them.",
    reward=show_unit,
)


# 07.2


def solve_turn_of_D(G: nn.Module, D: nn.Module, opt_D: torch.optim.Optimizer, x: Tensor, z: Tensor) -> None:
    fake = G(z).detach()
    # two calls, so that BatchNorm sees a batch of real pictures, and then a batch of fakes
    t_real, t_fake = D(x), D(fake)
    loss = F.softplus(-t_real).mean() + F.softplus(t_fake).mean()
    opt_D.zero_grad()
    loss.backward()
    opt_D.step()


def solve_turn_of_D_by_labels(G: nn.Module, D: nn.Module, opt_D: torch.optim.Optimizer, x: Tensor, z: Tensor) -> None:
    with torch.no_grad():
        fake = G(z)
    opt_D.zero_grad()
    for pictures, label in ((x, 1.0), (fake, 0.0)):
        t = D(pictures)
        F.binary_cross_entropy_with_logits(t, torch.full_like(t, label)).backward()
    opt_D.step()


def D_turn(
    scores: Callable = lambda D, x, fake: (D(x), D(fake)),
    loss: Callable = lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean(),
    draw: Callable = lambda G, z: G(z),
    detach: bool = True,
    zero: bool = True,
    step: bool = True,
) -> Callable:
    """A wrong turn."""

    def wrong(G, D, opt_D, x, z):
        fake = draw(G, z)
        cost = loss(*scores(D, x, fake.detach() if detach else fake))
        if zero:
            opt_D.zero_grad()
        cost.backward()
        if step:
            opt_D.step()

    return wrong


def joint(D, x, fake):
    return D(torch.cat([x, fake])).split([len(x), len(fake)])


def at_rest_D(D, x, fake):
    D.eval()
    t = D(x), D(fake)
    D.train()
    return t


def at_rest_G(G, z):
    G.eval()
    fake = G(z)
    G.train()
    return fake


def D_left_in_eval(G, D, opt_D, x, z):
    solve_turn_of_D(G, D, opt_D, x, z)
    D.eval()


def G_moved(G, D, opt_D, x, z):
    D_turn(detach=False)(G, D, opt_D, x, z)
    torch.optim.SGD(G.parameters(), 0.1).step()


def G_frozen(G, *inputs):
    solve_turn_of_D(G, *inputs)
    G.requires_grad_(False)


def G_left_in_eval(G, *inputs):
    solve_turn_of_D(G, *inputs)
    G.eval()


def only_old_gradients(G, D, opt_D, x, z):
    opt_D.step()


def D_twice(*inputs):
    solve_turn_of_D(*inputs)
    solve_turn_of_D(*inputs)


def G_cleared(G, *inputs):
    G.zero_grad()
    solve_turn_of_D(G, *inputs)


def G_filled(G, D, opt_D, x, z):
    solve_turn_of_D(G, D, opt_D, x, z)
    F.softplus(-D(G(z))).mean().backward()


def D_in_two_steps(G, D, opt_D, x, z):
    fake = G(z).detach()
    for score in (lambda: -D(x), lambda: D(fake)):
        opt_D.zero_grad()
        F.softplus(score()).mean().backward()
        opt_D.step()


def D_by_hand(G, D, opt_D, x, z):
    D_turn(step=False)(G, D, opt_D, x, z)
    with torch.no_grad():
        for p in D.parameters():
            p -= opt_D.param_groups[0]["lr"] * p.grad


def fakes_at_rest(D, x, fake):
    t_real, t_fake = D(x), D.eval()(fake)
    D.train()
    return t_real, t_fake


def by_probability(D: nn.Module, x: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return D(x).sigmoid(), D(fake).sigmoid()


def after_turn_of_D(turn: Callable, G: nn.Module, *others: Any) -> dict:
    left = after_a_turn(turn, G, *others)
    gradients = [torch.zeros(()) if p.grad is None else p.grad.abs().sum() for p in G.parameters()]
    return left | {"a gradient in G": torch.stack(gradients)}


def small_players() -> list[tuple]:
    cases = []
    for k, (n, size, rate) in enumerate(((6, 8, 0.1), (4, 8, 0.5), (10, 16, 0.2))):
        torch.manual_seed(k)
        G = ConvGenerator(size=size, latent_dim=3, widths=(4,) if size == 8 else (4, 3))
        D = ConvDiscriminator(size=size, widths=(4, 6), batch_norm=True)
        for m in (*G.modules(), *D.modules()):
            if isinstance(m, nn.Conv2d | nn.ConvTranspose2d):
                m.weight.data *= 10
        D.score.weight.data *= 10
        if k == 1:  # this one is sure of most pictures, and of some surely wrong
            D.score.weight.data *= 30
            D.score.bias.data += 20
        for p in D.parameters():  # as the last turn left it
            p.grad = 0.1 * torch.randn_like(p)
        x = torch.rand(n, 1, size, size) * 1.5 - 1
        if k:
            for p in G.parameters():  # as its own turn left it
                p.grad = 0.1 * torch.randn_like(p)
        decay = 0.2 * (k == 1)  # so that a step past the optimiser is another one
        opt_D = torch.optim.SGD(D.parameters(), rate, weight_decay=decay)
        cases.append((G, D, opt_D, x, torch.randn(n, 3)))
    return cases


def use_turn_of_D(turn: Callable) -> str:
    recipe = replace(Recipe(), widths_G=(16, 8), full_size_maps=4, widths_D=(8, 16, 32))
    players, data = recipe.players(), images(fashion_mnist()[0])
    G, D = players.G, players.D
    for _ in range(20):
        turn(G, D, players.opt_D, data(32, players.rng)[0], players.latent(32))
    with torch.no_grad():
        t_real, t_fake = D(data(200, players.rng)[0]), D(G(players.latent(200)))
    return (
        f"20 turns of your D against an untrained G: D(x) is {t_real.sigmoid().mean():.2f} on average for real "
        f"pictures and "
        f"{t_fake.sigmoid().mean():.2f} for fakes."
    )


def mixed_up(D, x, fake):
    both = torch.stack([x, fake], 1).flatten(0, 1)
    return D(both[: len(x)]), D(both[len(x) :])


def in_halves(D, x, fake):
    parts = [joint(D, *part) for part in zip(x.chunk(2), fake.chunk(2), strict=True)]
    return tuple(map(torch.cat, zip(*parts, strict=True)))


turn_of_D = Exercise(
    number="07.2",
    level="repair",
    minutes=6,
    solutions=(solve_turn_of_D, solve_turn_of_D_by_labels),
    inputs=small_players,
    outcome=after_turn_of_D,
    changes=("G", "D", "opt_D"),
    mistakes=(
        (
            D_turn(scores=joint),
            "D learns on a batch that is half real and half fake. In G's turn there are only fakes, and for a D with "
            "BatchNorm that is another situation.",
            "How many times is D called, and with what? Section 8, “Batches kept apart”.",
        ),
        (
            D_turn(
                scores=lambda D, x, fake: joint(D, x, fake),
                loss=lambda real, fake: F.softplus(torch.cat([-real, fake])).mean(),
            ),
            "real pictures and fakes go through D in one batch, and one mean is taken of all scores.",
        ),
        (
            D_turn(loss=lambda real, fake: F.softplus(torch.cat([-real, fake])).mean()),
            "one mean over all scores: half of −V. V is the sum of two means.",
        ),
        (
            D_turn(detach=False),
            "D is right, but gradients are left in G. Its weights should hear nothing of D's turn.",
        ),
        (
            D_turn(loss=lambda real, fake: F.softplus(real).mean() + F.softplus(-fake).mean()),
            "the labels are exchanged: D learns to call real pictures fake.",
        ),
        (
            D_turn(loss=lambda real, fake: F.softplus(-real).mean() + F.softplus(-fake).mean()),
            "D learns to call everything real. For a fake it earns log(1 − D).",
        ),
        (
            D_turn(loss=lambda real, fake: -F.softplus(-real).mean() - F.softplus(fake).mean()),
            "D descends V. Its loss is −V.",
        ),
        (
            D_turn(loss=lambda real, fake: F.softplus(-real.sigmoid()).mean() + F.softplus(fake.sigmoid()).mean()),
            "sigmoid twice: D returns scores, and softplus has the sigmoid in it.",
        ),
        (D_turn(loss=lambda real, fake: F.softplus(-real).mean()), "the fakes play no part in D's loss."),
        (D_turn(loss=lambda real, fake: F.softplus(fake).mean()), "the real pictures play no part in D's loss."),
        (
            D_turn(loss=lambda real, fake: F.softplus(-real).sum() + F.softplus(fake).sum()),
            "sums in place of means: the gradient would grow with the batch.",
        ),
        (
            D_turn(loss=lambda real, fake: fake.mean() - real.mean()),
            "this is Wasserstein's game. In this recipe D climbs log D and log(1 − D).",
        ),
        (
            D_turn(
                loss=lambda real, fake: (
                    0.9 * F.softplus(-real).mean() + 0.1 * F.softplus(real).mean() + F.softplus(fake).mean()
                )
            ),
            "the label of real pictures is 0.9. Here it is 1.",
        ),
        (
            D_turn(loss=lambda real, fake: F.softplus(fake).mean() - F.softplus(-real).mean()),
            "the part of the real pictures has the wrong sign: D would learn to call them fake.",
        ),
        (
            D_turn(loss=lambda real, fake: (real - 1).square().mean() + fake.square().mean()),
            "this is the least squares game. In this recipe D climbs log D and log(1 − D).",
        ),
        (
            D_turn(loss=lambda real, fake: (1 - real).relu().mean() + (1 + fake).relu().mean()),
            "this is the hinge game. In this recipe D climbs log D and log(1 − D).",
        ),
        (
            D_turn(loss=lambda real, fake: F.softplus(fake - real).mean()),
            "this is the relativistic game. In this recipe D climbs log D and log(1 − D).",
        ),
        (
            D_turn(scores=lambda D, x, fake: (D(x), joint(D, x, fake)[1])),
            "the fakes still go through D together with real pictures. In G's turn they are alone.",
        ),
        (
            D_turn(scores=lambda D, x, fake: (joint(D, x, fake)[0], D(fake))),
            "the real pictures still go through D together with fakes. Give each kind a batch of its own.",
        ),
        (
            D_turn(scores=lambda D, x, fake: (torch.cat([D(one) for one in x.split(1)]), D(fake))),
            "the real pictures go through D one by one: a batch of one is another situation again.",
        ),
        (
            D_turn(scores=lambda D, x, fake: tuple(torch.cat([D(one) for one in b.split(1)]) for b in (x, fake))),
            "pictures go through D one by one: BatchNorm then sees one picture. In G's turn it sees a whole batch.",
        ),
        (
            D_turn(scores=fakes_at_rest),
            "the fakes are scored in eval mode. In G's turn D is in train mode, and BatchNorm uses the batch.",
        ),
        (
            D_turn(scores=by_probability, loss=lambda real, fake: -real.log().mean() - (1 - fake).log().mean()),
            "where D is very sure, sigmoid is exactly 1 (or 0) in float32, and log 0 has no slope: NaN in D's weights. "
            "softplus or logsigmoid of the score does not round.",
        ),
        (
            D_turn(
                scores=by_probability,
                loss=lambda real, fake: (
                    F.binary_cross_entropy(real, torch.ones_like(real))
                    + F.binary_cross_entropy(fake, torch.zeros_like(fake))
                ),
            ),
            "binary_cross_entropy of a sigmoid cuts log 0 off: where D is very sure, and wrong, it learns nothing. "
            "Take binary_cross_entropy_with_logits, or softplus, of the score.",
        ),
        (
            D_turn(
                scores=by_probability,
                loss=lambda real, fake: -(real + 1e-8).log().mean() - (1 - fake + 1e-8).log().mean(),
            ),
            "with 1e-8 in the logarithm D learns next to nothing where it is surely wrong. Take softplus of the score.",
        ),
        (
            D_turn(scores=by_probability, loss=lambda real, fake: fake.mean() - real.mean()),
            "the logarithms are missing: D climbs log D(x) and log(1 − D(G(z))).",
        ),
        (
            D_turn(loss=lambda real, fake: F.softplus(-real).mean() - F.softplus(-fake).mean()),
            "for a fake D earns −log D here. It earns log(1 − D), which is not the same: that pulls where D is wrong.",
        ),
        (
            D_turn(loss=lambda real, fake: F.softplus(-real.mean()) + F.softplus(fake.mean())),
            "the mean of the scores is taken first. V has the mean of the logarithms.",
        ),
        (
            D_in_two_steps,
            "D makes a step for the real pictures and another one for the fakes. Add the losses: one step.",
        ),
        (D_by_hand, "D's weights are moved past its optimiser. Let opt_D make the step."),
        (G_cleared, "G's gradients are deleted. Leave them as they were: opt_D.zero_grad() clears D's alone."),
        (G_filled, "D is right, but then G's own gradients are computed. That is G's turn."),
        (G_moved, "G has moved as well. It is D's turn."),
        (G_frozen, "gradients are switched off in G's weights for good: its own turn would stop."),
        (G_left_in_eval, "G is left in eval mode. Leave it in the mode that it was in."),
        (only_old_gradients, "D moves by the gradients of the last turn alone: nothing was scored."),
        (D_turn(zero=False), "the gradients of the last turn are still in D, and are added."),
        (D_turn(step=False), "D has not moved: its optimiser made no step."),
        (D_twice, "D has moved twice. A turn is one step of its optimiser."),
        (
            D_turn(scores=at_rest_D),
            "D scores in eval mode: it normalises with running averages, while in G's turn it uses the batch.",
        ),
        (D_left_in_eval, "D is left in eval mode: its next turn would use running averages."),
        (
            D_turn(draw=at_rest_G),
            "G draws in eval mode. The fakes that G is corrected on are drawn in train mode: D should learn from "
            "those.",
        ),
        (
            D_turn(draw=lambda G, z: G(torch.randn_like(z))),
            "the fakes come from latents of your own. Use z.",
        ),
        (
            D_turn(draw=lambda G, z: G(z).round()),
            "the fakes are rounded to black, grey and white. Leave them as they are.",
        ),
        (
            D_turn(scores=mixed_up),
            "the two batches are mixed before they are scored: half of what counts as real is fake.",
        ),
        (
            D_turn(scores=in_halves),
            "D is called with smaller batches, but each still holds real pictures and fakes.",
        ),
        (
            D_turn(draw=lambda G, z: G(z[: len(z) // 2])),
            "only half of the latents become fakes. Use all of z.",
        ),
    ),
    hints=(
        "In G's turn D is called with fakes alone. What does BatchNorm see there, and what here?",
        "Score the two batches by two calls of D. All the rest of the cell may stay.",
    ),
    insight="Without BatchNorm both versions take the same step, up to rounding. With it, the broken one trains D on "
    "fakes in company that they never have in G's turn; whether that hurts a run, one has to try.",
    reward=use_turn_of_D,
)


# 07.3


def solve_decay(pictures: float, batch_size: int) -> float:
    # after pictures / batch_size steps a weight should count half: decay ** steps = 1/2
    return 0.5 ** (batch_size / pictures)


def solve_decay_by_log(pictures: float, batch_size: int) -> float:
    steps = pictures / batch_size
    return math.exp(-math.log(2) / steps)


def draw_decay(decay: Callable):
    figure, ax = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
    for batch_size, style in ((16, "k-"), (64, "k--"), (256, "k:")):
        seen = torch.arange(0, 20_001, batch_size)
        kept = float(decay(4000, batch_size)) ** (seen / batch_size)
        ax.plot(seen, kept, style, label=f"batches of {batch_size}: decay {float(decay(4000, batch_size)):.4f}")
    ax.set(xlabel="pictures seen since", ylabel="what old weights still count", xlim=(0, 20_000), ylim=(0, 1))
    ax.set_title("half is left after 4,000 pictures: the three curves are one", fontsize=11)
    ax.legend()
    plt.close(figure)
    return figure


decay_of_average = Exercise(
    number="07.3",
    level="derive",
    minutes=6,
    solutions=(solve_decay, solve_decay_by_log),
    derivation="After k steps what was held counts decay^k. With k = pictures / batch_size: decay^k = ½, so "
    "decay = ½^(batch_size / pictures).",
    inputs=lambda: [(4000, 32), (500.0, 64), (20_000, 128), (100, 100), (96, 256), (100_000, 20)],
    mistakes=(
        (
            lambda pictures, batch_size: 1 - batch_size / pictures,
            "this is the decay whose memory, 1/(1 − decay), is so many pictures long. By then at most 37 % are "
            "left, not half.",
        ),
        (
            lambda pictures, batch_size: math.exp(-batch_size / pictures),
            "after so many pictures 1/e, 37 %, are left. Half is asked for.",
        ),
        (
            lambda pictures, batch_size: 0.5 ** (pictures / batch_size),
            "this is what is left after that many steps, if each step halves it.",
        ),
        (
            lambda pictures, batch_size: 0.5 ** (batch_size * pictures),
            "pictures and batch_size are multiplied. How many steps are so many pictures?",
        ),
        (
            lambda pictures, batch_size: 0.5 ** (1 / pictures),
            "this decay is for one picture a step. A step brings batch_size of them.",
        ),
        (
            lambda pictures, batch_size: 0.5 ** (1 / (batch_size * pictures)),
            "pictures and batch_size are multiplied, for the number of steps. How many steps are so many pictures?",
        ),
        (
            lambda pictures, batch_size: 0.5 ** (1 / math.ceil(pictures / batch_size)),
            "the number of steps is rounded up. Half should be left after so many pictures, even amid a step.",
        ),
        (
            lambda pictures, batch_size: 0.5 ** (1 / max(1, pictures // batch_size)),
            "the number of steps is rounded down. Half should be left after so many pictures, even amid a step.",
        ),
        (
            lambda pictures, batch_size: 0.5 ** (1 / batch_size),
            "the number of pictures plays no part: this halves within batch_size steps.",
        ),
        (
            lambda pictures, batch_size: 1 - 0.5 ** (batch_size / pictures),
            "this is the share of the new weights in a step, 1 − decay.",
        ),
        (
            lambda pictures, batch_size: 0.5 * batch_size / pictures,
            "a decay acts again and again: it is a power, not a product.",
        ),
        (
            lambda pictures, batch_size: 1 - 0.5 * batch_size / pictures,
            "right if each step took off the same amount. But a decay takes off a share of what is left.",
        ),
        (
            lambda pictures, batch_size: 1 - math.log(2) * batch_size / pictures,
            "nearly, as long as the steps are many: this is the start of a series. The exact decay is a power of ½.",
        ),
        (
            lambda pictures, batch_size: 2 ** (batch_size / pictures),
            "above 1 the old weights would grow. The exponent's sign is turned.",
        ),
        (lambda pictures, batch_size: pictures / batch_size, "this is the number of steps after which half is left."),
        (
            lambda pictures, batch_size: 0.5 ** (2 * batch_size / pictures),
            "after so many pictures a quarter is left.",
        ),
        (
            lambda pictures, batch_size: 0.1 ** (batch_size / pictures),
            "after so many pictures a tenth is left. Half is asked for.",
        ),
        (
            lambda pictures, batch_size: 0.995 ** (batch_size / pictures),
            "0.995 is the recipe's own decay. What should be left after so many pictures is a half.",
        ),
        (
            lambda pictures, batch_size: 0.5 ** (batch_size // pictures),
            "// rounds the exponent down, mostly to 0, and then nothing is forgotten.",
        ),
        (
            lambda pictures, batch_size: min(0.999, 0.5 ** (batch_size / pictures)),
            "you never go above 0.999. A long memory needs more.",
        ),
    ),
    hints=(
        "After k steps what the average held counts decay ** k. How many steps are so many pictures?",
        "decay ** (pictures / batch_size) = 1/2. Solve for decay.",
    ),
    prediction=(
        "Steps until untrained weights count half in G_ema, with the recipe's 0.995",
        lambda: math.log(0.5) / math.log(0.995),
    ),
    insight="0.995 with batches of 32 halves in about 138 steps, 4,400 pictures. Whoever doubles the batch and keeps "
    "0.995 doubles that memory, counted in pictures. Some codes ask for pictures, not for a decay.",
    reward=draw_decay,
)


# 07.4


def solve_rarest(logits: Tensor) -> float:
    # without minlength the last class, if it never comes, would not be counted, not even as 0
    counts = logits.argmax(1).bincount(minlength=logits.shape[1])
    return (counts.min() / len(logits)).item()


def solve_rarest_by_one_hot(logits: Tensor) -> Tensor:
    return F.one_hot(logits.argmax(1), logits.shape[1]).double().mean(0).min()


def counts_of(logits: Tensor) -> Tensor:
    return logits.argmax(1).bincount(minlength=logits.shape[1])


def some_logits() -> list[tuple]:
    cases = []
    for k, (n, classes) in enumerate(((500, 10), (37, 3), (2500, 10), (90, 5))):
        rng = torch.Generator().manual_seed(k)
        logits = 2 * torch.randn(n, classes, generator=rng, dtype=torch.float64)
        logits += 0.7 * torch.randn(classes, generator=rng, dtype=torch.float64)
        if k == 0:
            logits[:, -1] -= 40.0  # the last class never comes
        if k == 1:
            logits[:, 0] -= 2.0
        if k == 3:
            logits *= 300.0  # too large for exp
        cases.append((logits,))
    return cases


def use_rarest(rarest: Callable) -> str:
    classifier, lines = load_classifier(), ["Your share of the rarest class, 300 fakes of each of three shipped runs:"]
    folder = data_folder() / "weights" / "seeds"
    for k in (1, 2, 3):
        x, _ = sample(load_generator(folder / f"dcgan-seed{k}.safetensors"), 300, seed=1)
        with torch.no_grad():
            logits = classifier(x)
        lines.append(f"seed {k}: {float(rarest(logits)):.1%}, {CLASSES[int(class_shares(logits).argmin())]}")
    return "\n".join(lines)


rarest_class = Exercise(
    number="07.4",
    level="build",
    minutes=5,
    solutions=(solve_rarest, solve_rarest_by_one_hot),
    inputs=some_logits,
    mistakes=(
        (
            lambda logits: (logits.argmax(1).bincount().min() / len(logits)).item(),
            "a class that never comes has the share 0, and here it is left out: bincount stops at the largest class "
            "that it sees, and unique lists those that come.",
        ),
        (lambda logits: counts_of(logits).sort().values[1] / len(logits), "this is the second rarest class."),
        (lambda logits: counts_of(logits).min(), "this is a number of pictures. Their share is asked for."),
        (
            lambda logits: 100 * counts_of(logits).min() / len(logits),
            "this is in per cent. A share lies between 0 and 1.",
        ),
        (
            lambda logits: logits.softmax(1).mean(0).min(),
            "this is a mean probability. Each picture counts for its likeliest class.",
        ),
        (lambda logits: counts_of(logits).max() / len(logits), "this is the share of the commonest class."),
        (
            lambda logits: logits.argmax(1).bincount(minlength=10).min() / len(logits),
            "the shares are counted over ten classes, however many the classifier has.",
        ),
        (lambda logits: counts_of(logits).min() / 500, "the count is divided by 500, however many pictures there are."),
        (lambda logits: 1 / logits.shape[1], "this is an equal share, whatever the classifier says."),
        (lambda logits: counts_of(logits)[:-1].min() / len(logits), "the last class is left out of the count."),
        (
            lambda logits: logits[:, :-1].argmax(1).bincount(minlength=logits.shape[1] - 1).min() / len(logits),
            "the logits of the last class are left out.",
        ),
        (
            lambda logits: 1 - counts_of(logits).max() / len(logits),
            "this is the share of all classes but the commonest.",
        ),
        (
            lambda logits: counts_of(logits.exp()).min() / len(logits),
            "exp of a large logit is infinite. argmax needs no exp or softmax: the largest logit wins.",
        ),
        (lambda logits: counts_of(logits)[1:].min() / len(logits), "the first class, number 0, is left out."),
        (lambda logits: counts_of(logits).argmin(), "this is which class is the rarest. Its share is asked for."),
        (
            lambda logits: logits.argmin(1).bincount(minlength=logits.shape[1]).min() / len(logits),
            "each picture counts for its unlikeliest class.",
        ),
        (
            lambda logits: counts_of(logits).min() / counts_of(logits).max(),
            "this compares the rarest class with the commonest. A share is of all pictures.",
        ),
        (
            lambda logits: counts_of(logits).min() / len(logits) * logits.shape[1],
            "this is a multiple of an equal share. The share itself is asked for.",
        ),
        (
            lambda logits: counts_of(logits).min() / logits.shape[1],
            "you divide by the number of classes. A share is of all pictures.",
        ),
        (lambda logits: counts_of(logits) / len(logits), "these are the shares of all classes. Return the smallest."),
        (lambda logits: counts_of(logits)[-1] / len(logits), "this is the share of the last class."),
        (lambda logits: counts_of(logits)[0] / len(logits), "this is the share of the first class."),
        (
            lambda logits: logits.softmax(1).amax(1).min(),
            "this is how sure the classifier is of its least clear picture. Count classes.",
        ),
        (
            lambda logits: counts_of(logits).double().median() / len(logits),
            "this is the class in the middle, not the rarest.",
        ),
        (
            lambda logits: 0.0,
            "this is 0, whatever the logits are. If you do count: each picture has a class, so argmax goes over dim=1.",
        ),
        (lambda logits: counts_of(logits).min() > 0, "this says whether every class comes. A share is asked for."),
        (
            lambda logits: logits.softmax(1).min(),
            "this is the smallest probability in one picture. Each picture counts for its likeliest class.",
        ),
        (
            lambda logits: counts_of(logits.softmax(0)).min() / len(logits),
            "softmax goes over the pictures. The classes are in dim=1, and argmax needs no softmax.",
        ),
        (
            lambda logits: counts_of(logits[:500]).min() / len(logits[:500]),
            "only the first 500 pictures are counted.",
        ),
    ),
    hints=(
        "logits.argmax(1) names the class of each picture, torch.bincount counts them.",
        "What does bincount return if the last class never comes? See its argument minlength.",
    ),
    insight="A lost class is what you measure this for, and what a careless count leaves out (unique always, bincount "
    "if it is the last): the answer is then the share of the rarest class that is left.",
    reward=use_rarest,
)


# 07.5

one_more_minute = Open(
    number="07.5",
    minutes=30,
    outline="""\
A quarter of a minute in place of a minute: what 500 steps of the recipe cost. Each way of spending it began anew,
and its number of steps follows from what one step takes on our machine.

 FD of G at the end: median ({seeds} seeds, 2,000 fakes; in brackets the range)
 {half}   half the budget: 250 steps of the recipe
 {steps}   more steps: {steps_steps}
 {wide}   wider networks (all widths doubled): {wide_steps} steps, for one takes 2.7 times as long
 {batch}   batches of 64: {batch_steps} steps, for one takes 1.9 times as long

More steps win by the median; the range of larger batches overlaps theirs. Wider networks are not ahead of half the
budget. By the averaged weights the order is the same, and all are worse ({steps_average}, {batch_average},
{wide_average}).

What this does not show: that width never pays. Section 10's pair is wider, and far ahead after three quarters of an
hour. Where the balance turns, we did not look for. The learning rate stayed as it was, and a larger batch might bear
a larger one. Nor are {seeds} seeds many: section 6's table holds other runs of the same 250 steps, from 99 to
121. A processor that rounds differently may be enough for that.""",
)


recall = Recall(
    (
        "Of two runs of the same recipe, A ends with G's cost L = 1.6, B with L = 0.9. Which one draws better?",
        [
            ("B, for its cost is lower.", "Each cost is measured by its own D: a weak D is easy to please."),
            (
                "A, for its cost rose, as it did in the healthy run.",
                "It rose while pictures got better; it proves nothing.",
            ),
            ("That cannot be said from L.", "Yes: both players move. Hold a fixed ruler beside them."),
        ],
        2,
        "L compares G with its own D. Between runs, measure samples: the Fréchet distance, and the share of each "
        "class.",
    ),
    (
        "A generator has a small Fréchet distance from the test pictures. What may still be true?",
        [
            ("It lost a whole class.", "Yes: without shirts the distance was smaller than for a pixel to the right."),
            ("Its means and covariances are far off.", "They are what the distance is made of."),
            ("Its pictures are noise.", "Noise lies far away in the classifier's features."),
        ],
        0,
        "One number mixes quality with variety, and it may make little of a lost class. Look at the histogram.",
    ),
    (
        "From 06: you sample from a trained G and forget eval(). What happens?",
        [
            ("Nothing: the weights are the same.", "BatchNorm computes something else in train mode."),
            ("Each picture depends on the others of its batch.", "Yes, and the running averages move with every call."),
            ("G goes on learning.", "Its weights stand still; only BatchNorm's running averages move."),
        ],
        1,
        "In train mode BatchNorm normalises with the batch: z gives another picture in other company.",
    ),
)
