"""The exercises of notebook 02."""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..distributions import two_gaussians
from ..networks import MLPDiscriminator, MLPGenerator
from ..objectives import LeastSquares, Minimax, NonSaturating
from ..plots import FAKE, REAL
from ..training import descend
from . import Exercise, Open, Recall, Refused
from .inputs import seeded
from .running import weights

# What is compared: values with their slopes, and what a turn does to the players


def with_slopes(function: Callable, given: dict[str, Tensor], *others):
    """What a function of scores gives, and its slope in each score: D learns by the slope."""
    scores = [t.clone().requires_grad_() for t in given.values()]
    value = function(*scores, *others)
    for (name, t), score in zip(given.items(), scores, strict=True):
        if not torch.equal(score.detach(), t):
            raise Refused(f"it overwrites its input {name}. Work on a copy, {name}.clone().")
        if not score.requires_grad:
            raise Refused(f"it switches requires_grad of its input {name} off, and D learns nothing any more.")
    parts = value if isinstance(value, list | tuple) else [value]
    if value is None or any(part is ... for part in parts):
        return value
    slopes: tuple = ()
    if isinstance(value, Tensor) and value.requires_grad:
        slopes = torch.autograd.grad(value.sum(), scores, allow_unused=True)
    if all(s is None for s in slopes):
        raise Refused(
            "D cannot learn from this, for no gradient leads back to the scores. "
            "Stay with torch's functions, without detach, item or NumPy."
        )
    return {"the value": value} | {
        f"the slope in {name}": torch.zeros_like(t) if s is None else s
        for name, t, s in zip(given, scores, slopes, strict=True)
    }


def settings(optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    return {k: v for group in optimiser.param_groups for k, v in group.items() if k != "params"}


def after_two_turns(turn: Callable, given: dict[str, Any], rests: str = ""):
    """The players after two turns, which began with something left over in all gradients."""
    players = {name: value for name, value in given.items() if isinstance(value, nn.Module)}
    again = {name: value.clone() if isinstance(value, Tensor) else value for name, value in given.items()}
    before = {name: weights(network) for name, network in players.items()}
    modes = {name: network.training for name, network in players.items()}
    optimisers = {name: value for name, value in given.items() if isinstance(value, torch.optim.Optimizer)}
    old = {name: settings(optimiser) for name, optimiser in optimisers.items()}
    stepped = set()
    for name, optimiser in optimisers.items():
        optimiser.register_step_post_hook(lambda *_, name=name: stepped.add(name))
    for network in players.values():
        for w in network.parameters():
            w.grad = torch.ones_like(w)
    value = turn(*given.values())
    if value is ... or (isinstance(value, tuple) and any(part is ... for part in value)):
        return value
    for name, optimiser in optimisers.items():
        if changed := [key for key, setting in settings(optimiser).items() if setting != old[name][key]]:
            raise Refused(f"{changed[0]} of {name} is left changed, for all turns to come. Leave its settings alone.")
    for name, network in players.items():
        if name != rests and not any(w.requires_grad for w in network.parameters()):
            raise Refused(f"after this turn {name}'s weights ask for no gradient: it will never learn again.")
    turn(*again.values())
    moved = [name for name, network in players.items() if not torch.equal(weights(network), before[name])]
    if not moved:
        raise Refused("no weight has moved. Does a gradient reach the weights, and is there a step?")
    if rests in moved:
        raise Refused(f"{rests}'s weights have changed. In this turn it rests.")
    for name in players:
        if name not in (*moved, rests):
            raise Refused(f"{name}'s weights have not moved. Does a gradient reach them, and is there a step?")
        if players[name].training != modes[name]:
            raise Refused(f"{name} is left in {'eval' if modes[name] else 'training'} mode. It came in the other one.")
    for name in optimisers:
        if name not in stepped:
            raise Refused(f"weights move, but {name} takes no step. What kind of step, and how long, is its business.")
    states: dict[str, Tensor] = {}
    for name, network in players.items():
        states |= {
            f"a weight of {name}": weights(network),
            f"requires_grad of {name}": torch.tensor([float(w.requires_grad) for w in network.parameters()]),
        }
    return states


def pair(latent_dim: int, width: int) -> tuple[nn.Module, nn.Module]:
    """G: z (N, latent_dim) -> x (N, 1), D: x (N, 1) -> t (N,)."""
    return MLPGenerator(1, latent_dim, (width,)), MLPDiscriminator(1, (width,))


def draw_heaps(fakes: dict[str, Tensor], real: Tensor):
    figure, axes = plt.subplots(
        1, len(fakes), figsize=(4 * len(fakes), 2.6), sharey=True, squeeze=False, layout="constrained"
    )
    for ax, (title, fake) in zip(axes.flat, fakes.items(), strict=True):
        for x, colour, label in ((real, REAL, "real"), (fake, FAKE, "fake")):
            ax.hist(
                x.flatten().clamp(-4, 4).numpy(), 40, range=(-4, 4), color=colour, alpha=0.5, density=True, label=label
            )
        ax.set(title=title, xlabel="x", xlim=(-4, 4), ylim=(0, 1.2))
    axes[0, 0].set_ylabel("density")
    axes[0, 0].legend()
    plt.close(figure)
    return figure


def play(turn: Callable, rounds: int = 250) -> dict[str, Tensor]:
    """Fakes of the pair of the notebook before and after some rounds of `turn(G, D, opt_G, opt_D, x, z)`."""
    data = two_gaussians(distance=3.0, std=0.5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        G, D = MLPGenerator(1, 2, (32, 32)), MLPDiscriminator(1, (32, 32))
    opt_G, opt_D = (torch.optim.Adam(n.parameters(), lr, (0.0, 0.99)) for n, lr in ((G, 1e-3), (D, 4e-3)))
    rng, z = seeded(0), torch.randn(2000, 2, generator=seeded(1))
    fakes = {"before": G(z).detach()}
    for _ in range(rounds):
        (x,) = data(64, rng)
        turn(G, D, opt_G, opt_D, x, torch.randn(64, 2, generator=rng))
    return fakes | {f"after {rounds} rounds": G(z).detach()}


# 02.1


def solve_log_real(t: Tensor) -> Tensor:
    # log sigmoid(t) = -log(1 + exp(-t)): no number near 0 or 1 stands between the score and the logarithm
    return -F.softplus(-t)


def solve_log_real_by_name(t: Tensor) -> Tensor:
    return F.logsigmoid(t)


def log_real_and_slope(log_real: Callable, t: Tensor):
    """Value and slope, unless the value is right for small scores and the slope is lost for large negative ones."""
    found = with_slopes(log_real, {"t": t})
    if isinstance(found, dict) and found["the value"].shape == t.shape:
        small = t.abs() < 10
        right = small.any() and torch.allclose(found["the value"][small].to(t), F.logsigmoid(t)[small], rtol=1e-3)
        if right and (found["the slope in t"][t < -100] == 0).any():
            raise Refused(
                "for the score −200, where D is most mistaken, the slope is 0, and D learns nothing from such a "
                "sample. What keeps infinity away, a clamp or a small number that is added, takes the slope with it."
            )
    return found


def use_log_real(log_real: Callable) -> str:
    found = []
    for f in (log_real, lambda t: torch.log(torch.sigmoid(t))):
        D = nn.Linear(1, 1)
        nn.init.constant_(D.weight, -50.0)
        nn.init.zeros_(D.bias)
        descend(torch.optim.SGD(D.parameters(), 0.1), -f(D(torch.tensor([[3.0], [4.0]])).squeeze(1)).mean())
        found.append(D.weight.item())
    return (
        "A D that gives two real samples the scores −150 and −200 takes one step up your log D: its weight goes from "
        f"−50 to {found[0]:.2f}. With torch.log(torch.sigmoid(t)) it becomes {found[1]}."
    )


log_real = Exercise(
    number="02.1",
    level="complete",
    minutes=3,
    solutions=(solve_log_real, solve_log_real_by_name),
    outcome=log_real_and_slope,
    changes=("t",),
    inputs=lambda: [
        (torch.tensor([-200.0, -20.0, -0.1, 20.0]),),
        (torch.tensor([-3.0, -0.5, 0.1, 0.7, 2.5], dtype=torch.float64),),
        (torch.tensor([200.0, -1000.0]),),
    ],
    mistakes=(
        (
            lambda t: t.sigmoid().log(),
            "right near 0, but for the score −200 it is −∞, with a slope that is no number. In float32 exp(200) is too "
            "large a number, and sigmoid(−200) is rounded to 0.",
            "Which function of torch is log(1 + exp(s)), made so that s may be large?",
        ),
        (
            lambda t: t.double().sigmoid().log(),
            "float64 only puts it off: for the score −1000 it is −∞ again.",
        ),
        (
            lambda t: F.logsigmoid(t.sigmoid()),
            "the sigmoid is taken twice. F.logsigmoid takes the score itself.",
        ),
        (lambda t: -F.softplus(t), "this is log(1 − D), what D earns for a fake."),
        (lambda t: F.softplus(-t), "this is −log D. D is a probability, so its logarithm is never above 0."),
        (lambda t: F.softplus(t), "this is −log(1 − D), D's loss on a fake."),
        (
            lambda t: t.clamp(max=0),
            "this is the ramp without its rounded corner: at the score 0 log D is log ½, not 0.",
        ),
        (lambda t: 1 * t, "this is the score itself, the logarithm of the odds D / (1 − D)."),
        (lambda t: t.sigmoid(), "this is the probability D. Asked is its logarithm."),
        (lambda t: 1 - t.sigmoid(), "this is 1 − D, the slope of log D. Asked is log D itself."),
    ),
    hints=(
        "log D = log 1/(1 + exp(−t)) = −log(1 + exp(−t)).",
        "log(1 + exp(s)) is softplus(s), and F.softplus is safe for every s.",
    ),
    insight="The slope is 1 − D: a real sample pulls at D as strongly as D is wrong about it. A clamp, or a small "
    "number added before the logarithm, turns just this around.",
    reward=use_log_real,
)


# 02.2


def solve_turn_of_G(G, D, opt_G, cost, z) -> None:
    loss = cost(D(G(z))).mean()  # the gradient passes through D into G; D has no step here, so it rests
    opt_G.zero_grad()
    loss.backward()
    opt_G.step()


def solve_turn_of_G_with_D_frozen(G, D, opt_G, cost, z) -> None:
    D.requires_grad_(False)
    loss = cost(D(G(z))).mean()
    opt_G.zero_grad()
    loss.backward()
    opt_G.step()
    D.requires_grad_(True)  # as it was


def some_turn(
    *, fakes=lambda G, z: G(z), loss=lambda cost, t: cost(t).mean(), zero=True, steps=1, before=None
) -> Callable:
    """A turn of G with something different in it."""

    def turn_of_G(G, D, opt_G, cost, z):
        if before:
            before(G, D)
        for _ in range(steps):
            cost_of_all = loss(cost, D(fakes(G, z)))
            if zero:
                opt_G.zero_grad()
            cost_of_all.backward()
            opt_G.step()

    return turn_of_G


def train_with_turn(turn_of_G: Callable):
    game, (real,) = NonSaturating(), two_gaussians(distance=3.0, std=0.5)(2000, seeded(2))

    def turn(G, D, opt_G, opt_D, x, z):
        descend(opt_D, -game.value(D(x), D(G(z).detach())))
        turn_of_G(G, D, opt_G, game.cost, z)

    return draw_heaps(play(turn), real)


def turn_inputs() -> list[tuple]:
    cases = []
    for seed, (n, latent_dim, width, game, make) in enumerate(
        (
            (16, 2, 8, NonSaturating(), lambda w: torch.optim.SGD(w, 0.1)),
            (5, 3, 6, Minimax(), lambda w: torch.optim.SGD(w, 0.5, momentum=0.9)),
            (9, 1, 4, LeastSquares(), lambda w: torch.optim.Adam(w, 0.01)),
        )
    ):
        G, D = pair(latent_dim, width)
        cases.append((G, D, make(G.parameters()), game.cost, torch.randn(n, latent_dim, generator=seeded(seed))))
    cases[1][1].eval()
    return cases


turn_of_G = Exercise(
    number="02.2",
    level="repair",
    minutes=5,
    solutions=(solve_turn_of_G, solve_turn_of_G_with_D_frozen),
    outcome=lambda turn, G, D, opt_G, cost, z: after_two_turns(
        turn, {"G": G, "D": D, "opt_G": opt_G, "cost": cost, "z": z}, rests="D"
    ),
    changes=("G", "D", "opt_G"),
    inputs=turn_inputs,
    mistakes=(
        (
            some_turn(before=lambda G, D: D.requires_grad_(False)),
            "G moves as it should. But when D's turn comes, its weights ask for no gradient: it will never learn "
            "again.",
            "D rests as long as nobody takes a step with its weights. What does the first line do that nobody undoes?",
        ),
        (some_turn(loss=lambda cost, t: -cost(t).mean()), "G climbs its cost. It should descend it."),
        (
            some_turn(zero=False),
            "G's old gradients are still there and are added to the new one. They are to be set to zero first.",
        ),
        (
            some_turn(loss=lambda cost, t: cost(t).sum()),
            "the cost is summed over the fakes: with twice as many of them each step would be twice as long.",
        ),
        (some_turn(steps=2), "G takes two steps. It is D's turn after one."),
        (
            some_turn(loss=lambda cost, t: cost(t.sigmoid()).mean()),
            "a sigmoid stands before the cost. The cost takes scores, and has the sigmoid in it.",
        ),
        (
            some_turn(loss=lambda cost, t: cost(t.mean())),
            "this is the cost of the mean score. G descends the mean of the costs, each fake's own.",
        ),
        (
            some_turn(fakes=lambda G, z: G(torch.randn_like(z))),
            "these fakes are made of other latents than those that were given.",
        ),
        (
            some_turn(loss=lambda cost, t: cost(-t).mean()),
            "the scores have the wrong sign: G makes its fakes look less real.",
        ),
        (
            some_turn(fakes=lambda G, z: G(z[:1])),
            "only the first latent is used.",
        ),
        (
            some_turn(loss=lambda cost, t: F.softplus(-t).mean()),
            "G always descends −log D here. Its cost was given, and may be another.",
        ),
        (
            some_turn(loss=lambda cost, t: t.mean()),
            "G descends the score of its fakes. Its cost was given.",
        ),
        (
            some_turn(loss=lambda cost, t: -t.mean()),
            "G climbs the score of its fakes. Its cost was given.",
        ),
        (
            some_turn(loss=lambda cost, t: cost(t).mean() / 2),
            "G descends half of its mean cost.",
        ),
    ),
    hints=(
        "Call it twice and look at D between the calls: print([w.requires_grad for w in D.parameters()]).",
        "D rests already because `opt_G` holds G's weights alone. Either leave D as it is, or put it back at the end.",
    ),
    insight="A frozen D saves time, for no gradient in its weights is computed, but the gradient still passes through "
    "it to the fakes. Only the one in D's own weights is left out; without freezing, D's next `zero_grad` throws it "
    "away.",
    reward=train_with_turn,
)


# 02.3


def solve_smoothed(t_real: Tensor, t_fake: Tensor, label: float) -> Tensor:
    # a real sample counts as real for nine parts in ten and as fake for one; a fake is a fake
    real = label * F.softplus(-t_real) + (1 - label) * F.softplus(t_real)
    return real.mean() + F.softplus(t_fake).mean()


def solve_smoothed_by_cross_entropy(t_real: Tensor, t_fake: Tensor, label: float) -> Tensor:
    bce = F.binary_cross_entropy_with_logits
    return bce(t_real, torch.full_like(t_real, label)) + bce(t_fake, torch.zeros_like(t_fake))


def some_smoothed(real: float, fake: float) -> Callable:
    """Cross-entropy with such labels, which may be functions of the label."""
    return lambda a, b, label: (
        solve_smoothed(a, b, real(label)) + (fake(label) * (F.softplus(-b) - F.softplus(b)).mean())
    )


def cut_off(t_real: Tensor, t_fake: Tensor, label: float) -> Tensor:
    bce = F.binary_cross_entropy
    return bce(t_real.sigmoid(), torch.full_like(t_real, label)) + bce(t_fake.sigmoid(), torch.zeros_like(t_fake))


def with_logarithms(t_real: Tensor, t_fake: Tensor, label: float) -> Tensor:
    real, fake = t_real.sigmoid(), t_fake.sigmoid()
    return -(label * real.log() + (1 - label) * (1 - real).log()).mean() - (1 - fake).log().mean()


def one_batch(t_real: Tensor, t_fake: Tensor, label: float) -> Tensor:
    labels = torch.cat([torch.full_like(t_real, label), torch.zeros_like(t_fake)])
    return F.binary_cross_entropy_with_logits(torch.cat([t_real, t_fake]), labels)


def draw_smoothed(smoothed: Callable):
    x = torch.linspace(-4, 4, 161, dtype=torch.float64)
    p, q = (torch.exp(-((x - m) ** 2) / 2) for m in (-1, 1))
    real, fake = (x[torch.multinomial(w, 4000, True, generator=seeded(0))].float()[:, None] for w in (p, q))
    figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
    for label, style in ((1.0, "-"), (0.9, "--"), (0.6, ":")):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            D = MLPDiscriminator(1, (16,))
        optimizer = torch.optim.Adam(D.parameters(), 0.02)
        for _ in range(150):
            descend(optimizer, smoothed(D(real), D(fake), label))
        says = D(x.float()[:, None]).sigmoid().detach()
        ax.plot(x, says, "k", linestyle=style, label=f"label {label}")
        ax.plot(x, label * p / (p + q), color="0.6", linestyle=style)
    ax.set(xlabel="x (real around −1, fakes around 1)", ylabel="D(x)", ylim=(0, 1), title="grey: label · p / (p + q)")
    ax.legend()
    plt.close(figure)
    return figure


smoothed = Exercise(
    number="02.3",
    level="derive",
    minutes=8,
    solutions=(solve_smoothed, solve_smoothed_by_cross_entropy),
    derivation="At one x the loss is −p (y log D + (1 − y) log(1 − D)) − q log(1 − D), with y for the label. Its "
    "slope in D is zero where y p (1 − D) = ((1 − y) p + q) D, so D* = y p / (p + q).",
    outcome=lambda function, t_real, t_fake, label: with_slopes(function, {"t_real": t_real, "t_fake": t_fake}, label),
    changes=("t_real", "t_fake"),
    inputs=lambda: [
        (torch.tensor([0.5, 2.0, -1.0, 100.0]), torch.tensor([-1.5, 0.3, 1.0, 120.0]), 0.9),
        (torch.tensor([0.3, -2.0]), torch.tensor([1.5, -0.3, -4.0]), 0.7),
        (torch.tensor([-110.0, 0.2, 1.0, 3.0, 0.0]), torch.tensor([-105.0, 0.4]), 0.95),
        (torch.tensor([1.0]), torch.tensor([-2.0]), 1.0),
    ],
    mistakes=(
        (some_smoothed(lambda y: 1.0, lambda y: 0.0), "this is −V, without smoothing."),
        (
            some_smoothed(lambda y: 1.0, lambda y: 1 - y),
            "here the fakes are smoothed and the real samples are not.",
        ),
        (
            some_smoothed(lambda y: y, lambda y: 1 - y),
            "both sides are smoothed. Then D* is not 0 where only fakes come, and its score is flat there: hardly "
            "anything pushes them towards the data.",
        ),
        (
            lambda a, b, label: (label * F.softplus(-a)).mean() + F.softplus(b).mean(),
            "0.9 is a label, not a weight. The tenth part that is left says “fake”, 0.1 log(1 − D).",
        ),
        (
            lambda a, b, label: ((1 - label) * F.softplus(-a) + label * F.softplus(a)).mean() + F.softplus(b).mean(),
            "nine parts of ten call a real sample fake here: label and 1 − label are exchanged.",
        ),
        (some_smoothed(lambda y: 2 - y, lambda y: 0.0), "this label is above 1. Smoothing makes it smaller than 1."),
        (
            some_smoothed(lambda y: y + 0.2, lambda y: 0.0),
            "the real samples have a larger label than the one that was given.",
        ),
        (some_smoothed(lambda y: y, lambda y: y), "the fakes have the label of the real samples. Theirs is 0."),
        (
            lambda a, b, label: solve_smoothed(a, b, label) / 2,
            "the two batches are averaged. D's loss is their sum, as in −V.",
        ),
        (
            one_batch,
            "all samples are averaged as one batch. D's loss is the sum of two means, one for each batch.",
        ),
        (
            lambda a, b, label: solve_smoothed(b, a, label),
            "the two batches are exchanged: the fakes are called real here, and the real samples fake.",
        ),
        (
            lambda a, b, label: solve_smoothed(a.sigmoid(), b.sigmoid(), label),
            "the sigmoid is taken twice. softplus, and cross-entropy “with logits”, take the scores themselves.",
        ),
        (
            lambda a, b, label: solve_smoothed(a, b, label) - 2 * F.softplus(b).mean(),
            "what D loses on the fakes is taken off. Both losses are added.",
        ),
        (
            lambda a, b, label: -solve_smoothed(a, b, label),
            "the sign is turned. It is a loss: D descends it.",
        ),
        (
            lambda a, b, label: (label * F.softplus(-a) + (1 - label) * F.softplus(a)).sum() + F.softplus(b).sum(),
            "the samples are summed. V takes the mean over each batch.",
        ),
        (
            with_logarithms,
            "right for small scores. For the score 100 float32 makes D exactly 1, and log(1 − D) is infinite.",
        ),
        (
            cut_off,
            "right for small scores. From about 17 up float32 has rounded D to 1: BCELoss cuts log(1 − D) off at −100, "
            "and the slope is 0.",
        ),
        (
            lambda a, b, label: F.softplus(-a * label).mean() + F.softplus(b).mean(),
            "the label multiplies the score. It belongs to the two logarithms, log D and log(1 − D).",
        ),
        (
            lambda a, b, label: (a - label).square().mean() + b.square().mean(),
            "this draws the scores to the labels by their squares: the least-squares game of 05. Here cross-entropy is "
            "asked for.",
        ),
        (
            lambda a, b, label: (label * F.softplus(-a) + (1 - label) * F.softplus(a)).mean(),
            "the fakes are missing.",
        ),
        (
            some_smoothed(lambda y: y, lambda y: 1.0),
            "the fakes have the label 1, as in G's turn. In D's turn theirs is 0.",
        ),
        (
            lambda a, b, label: (a.sigmoid() - label).square().mean() + b.sigmoid().square().mean(),
            "these are squared errors of the probabilities. Here cross-entropy is asked for.",
        ),
        (
            lambda a, b, label: label * (F.softplus(-a).mean() + F.softplus(b).mean()),
            "the label multiplies the whole of D's loss. It says what the real samples are called, nothing else.",
        ),
        (
            some_smoothed(lambda y: y, lambda y: 0.1),
            "the fakes have the label 0.1. Only one side is smoothed: theirs is 0.",
        ),
    ),
    hints=(
        "Cross-entropy with a label y is −(y log D + (1 − y) log(1 − D)).",
        "Only the real samples get the label. The fakes keep the label 0.",
        "With scores: y softplus(−t) + (1 − y) softplus(t) on the real ones, softplus(t) on the fakes, each a mean.",
    ),
    prediction=("D* where p = q, for the label 0.9", lambda: 0.45),
    insight="D* = label · p/(p + q). So D* never says more than 0.9, a score of 2.2, and it still says 0 where only "
    "fakes come. A D that is surer than that is pulled back: overconfidence costs.",
    reward=draw_smoothed,
)


# 02.4


def solve_round(G, D, opt_G, opt_D, x, z) -> None:
    V = -F.softplus(-D(x)).mean() - F.softplus(D(G(z))).mean()
    opt_G.zero_grad()
    opt_D.zero_grad()
    V.backward()  # once, in all weights: an optimiser descends, so G's gradient is right as it is
    for w in D.parameters():
        w.grad = -w.grad  # and D's is turned round
    opt_G.step()
    opt_D.step()


def solve_round_by_two_gradients(G, D, opt_G, opt_D, x, z) -> None:
    V = Minimax().value(D(x), D(G(z)))
    for network, sign in ((G, 1), (D, -1)):
        of = list(network.parameters())
        for w, slope in zip(of, torch.autograd.grad(sign * V, of, retain_graph=True), strict=True):
            w.grad = slope
    opt_G.step()
    opt_D.step()


def some_round(value=None, cost=None, signs=(1, -1), zero=True, fakes=lambda G, z: G(z)) -> Callable:
    """Both players move at the same moment, with something different in it."""
    value = value or Minimax().value
    cost = cost or (lambda t: -F.softplus(t).mean())

    def move(G, D, opt_G, opt_D, x, z):
        wishes = {}
        for network, sign, loss in (
            (G, signs[0], lambda: cost(D(G(z)))),
            (D, signs[1], lambda: value(D(x), D(fakes(G, z)))),
        ):
            wishes[network] = torch.autograd.grad(sign * loss(), list(network.parameters()))
        for network, slopes in wishes.items():
            for w, slope in zip(network.parameters(), slopes, strict=True):
                w.grad = slope if zero else w.grad + slope
        opt_G.step()
        opt_D.step()

    return move


def one_pass(value=None, old="", z=lambda z: z) -> Callable:
    """V.backward() once, D's gradient turned round, with something different in it; `old` gradients are kept."""

    def move(G, D, opt_G, opt_D, x, latents):
        t_real, t_fake = D(x), D(G(z(latents)))
        V = (value or Minimax().value)(t_real, t_fake)
        for name, optimizer in (("G", opt_G), ("D", opt_D)):
            if name not in old:
                optimizer.zero_grad()
        V.backward()
        for w in D.parameters():
            w.grad = -w.grad
        opt_G.step()
        opt_D.step()

    return move


def in_turn(first: str) -> Callable:
    def move(G, D, opt_G, opt_D, x, z):
        for who in (first, "GD".replace(first, "")):
            if who == "D":
                descend(opt_D, -Minimax().value(D(x), D(G(z).detach())))
            else:
                descend(opt_G, Minimax().cost(D(G(z))).mean())

    return move


def play_at_once(move: Callable):
    (real,) = two_gaussians(distance=3.0, std=0.5)(2000, seeded(2))
    return draw_heaps(play(move), real)


def round_inputs() -> list[tuple]:
    cases = []
    for seed, (n, latent_dim, width, make) in enumerate(
        (
            (16, 2, 8, lambda w: torch.optim.SGD(w, 0.3)),
            (5, 3, 6, lambda w: torch.optim.SGD(w, 0.1, momentum=0.9)),
            (9, 1, 4, lambda w: torch.optim.Adam(w, 0.02)),
        )
    ):
        G, D = pair(latent_dim, width)
        rng = seeded(seed)
        x, z = 2 + torch.randn(n, 1, generator=rng), torch.randn(n, latent_dim, generator=rng)
        cases.append((G, D, make(G.parameters()), make(D.parameters()), x, z))
    G, D = pair(2, 5)  # a D that is very sure, and wrong
    with torch.no_grad():
        for w in D.parameters():
            w *= 20
    x, z = 2 + torch.randn(7, 1, generator=seeded(3)), torch.randn(7, 2, generator=seeded(4))
    cases.append((G, D, *(torch.optim.SGD(n.parameters(), 1e-3) for n in (G, D)), x, z))
    return cases


round_at_once = Exercise(
    number="02.4",
    level="build",
    minutes=10,
    solutions=(solve_round, solve_round_by_two_gradients),
    outcome=lambda move, G, D, opt_G, opt_D, x, z: after_two_turns(
        move, {"G": G, "D": D, "opt_G": opt_G, "opt_D": opt_D, "x": x, "z": z}
    ),
    changes=("G", "D", "opt_G", "opt_D"),
    inputs=round_inputs,
    mistakes=(
        (
            in_turn("D"),
            "here D moves first, and G answers D's new weights. At the same moment means that both gradients come "
            "before either step.",
        ),
        (in_turn("G"), "here G moves first, and D answers it. Both gradients come before either step."),
        (
            some_round(signs=(-1, -1)),
            "both players climb V. G wants it low.",
            "Gradient steps go down. With −V.backward() everybody goes up V; whose gradient is to be turned round?",
        ),
        (
            some_round(signs=(1, 1)),
            "both players descend V. D wants it high.",
            "Gradient steps go down. After V.backward() everybody goes down V; whose gradient is to be turned round?",
        ),
        (some_round(signs=(-1, 1)), "the players are exchanged: G climbs V, and D descends it."),
        (some_round(zero=False), "old gradients are still there and are added to the new ones."),
        (one_pass(old="GD"), "both players' old gradients are still there: V.backward() adds to them."),
        (one_pass(old="G"), "G's old gradients are still there: V.backward() adds to those of both players."),
        (one_pass(old="D"), "D's old gradients are still there: V.backward() adds to those of both players."),
        (
            one_pass(lambda a, b: a.sigmoid().log().mean() + (1 - b.sigmoid()).log().mean()),
            "right for small scores. For large ones float32 makes D exactly 0 or 1, and V and its slope are lost: "
            "section 2 has a safe V.",
        ),
        (
            one_pass(z=torch.randn_like),
            "these fakes are made of other latents than those that were given.",
        ),
        (
            one_pass(lambda a, b: a.mean() - b.mean()),
            "the mean scores are compared: that is the Wasserstein game of 05. V has logarithms.",
        ),
        (
            one_pass(lambda a, b: F.logsigmoid(a).mean() + F.logsigmoid(b).mean()),
            "for a fake D earns log(1 − D), not log D.",
        ),
        (
            some_round(cost=lambda t: F.softplus(-t).mean()),
            "G descends −log D here, the non-saturating cost. In the zero-sum game it descends V itself.",
        ),
        (
            some_round(lambda a, b: F.logsigmoid(a).sum() - F.softplus(b).sum(), lambda t: -F.softplus(t).sum()),
            "the samples are summed. V takes the mean over each batch.",
        ),
        (
            some_round(
                lambda a, b: (F.logsigmoid(a).mean() - F.softplus(b).mean()) / 2, lambda t: -F.softplus(t).mean() / 2
            ),
            "the two batches are averaged. V is the sum of the two means.",
        ),
        (some_round(lambda a, b: -F.softplus(b).mean()), "D learns from the fakes alone. What of the real samples?"),
        (some_round(lambda a, b: F.logsigmoid(a).mean()), "D learns from the real samples alone. What of the fakes?"),
        (
            some_round(
                lambda a, b: F.logsigmoid(a.sigmoid()).mean() - F.softplus(b.sigmoid()).mean(),
                lambda t: -F.softplus(t.sigmoid()).mean(),
            ),
            "the sigmoid is taken twice. D returns scores, and softplus has the sigmoid in it.",
        ),
        (
            some_round(lambda a, b: F.logsigmoid(-a).mean() - F.softplus(-b).mean()),
            "the labels are exchanged: D learns to call fakes real, and real samples fake.",
        ),
        (
            lambda *players: [some_round()(*players) for _ in range(2)],
            "each player takes two steps. A round is one step each.",
        ),
        (
            some_round(lambda a, b: (F.logsigmoid(a).mean() - F.softplus(b).mean()) / 2),
            "D climbs half of V: V is the sum of its two means.",
        ),
        (
            one_pass(z=torch.rand_like),
            "these fakes are made of points from torch.rand, not of the latents that were given.",
        ),
        (
            lambda G, D, opt_G, opt_D, x, z: some_round()(G, D, opt_G, opt_D, x + 0.1 * torch.randn_like(x), z),
            "noise is added to the real samples. D is to see them as they are.",
        ),
    ),
    hints=(
        "V.backward() gives the gradient of V in all weights, D's and G's. Both optimisers descend: for whom is that "
        "wrong?",
        "After V.backward() turn the sign of w.grad for each w in D.parameters(); then both may step.",
    ),
    insight="One pass in place of two, and other moves: G answers the D of before its step. In the simplest games "
    "such moves spiral outwards where moves in turn go round in a circle: 04 computes both.",
    reward=play_at_once,
)


# 02.5

two_loops = Open(
    number="02.5",
    minutes=20,
    outline="""Both loops from the same weights, side by side, {steps} steps each, seeds 0 to 4. W1 is a mean over
ten moments of the last 500 steps, for it sways.

W1, median (range) of {seeds} seeds: {same_median} ({same_low} to {same_high}) with the fakes that D has just seen,
{new_median} ({new_low} to {new_high}) with new latents. New latents did better on {better} seeds of {seeds}. The
ranges overlap widely: with five seeds we cannot tell the loops apart by W1. A difference would need many more.

By their time we can, just: with new latents a step takes {time_median} times as long ({time_low} to {time_high};
time of the processor), for G makes its fakes twice. That is why the package's loop takes the fakes that are there.""",
)


recall = Recall(
    (
        "Why does D's network return a score, and not a probability?",
        [
            (
                "Scores are larger numbers, so all gradients are larger.",
                "They are not: the slope of log D in the score is 1 − D, at most 1.",
            ),
            (
                "A probability cannot be differentiated.",
                "It can. But at D = 1 − 10⁻⁹ float32 has rounded it to 1, and the logarithm of 1 − D is infinite.",
            ),
            (
                "Close to 1 a probability is rounded, and what D could learn from is lost.",
                "Yes: from the score value and slope are right; by way of a probability they are lost where it is "
                "rounded to 1.",
            ),
        ],
        2,
        "Where D is most mistaken it has most to learn, and of a fake that it is sure is real float32 says exactly 1.",
    ),
    (
        "What does `detach` in D's turn prevent?",
        [
            ("that G's weights get a gradient from D's loss", "Yes: the backward pass ends at the fakes."),
            ("that D learns from the fakes", "D does learn from them: its own weights still get their gradient."),
            ("that G's weights move in D's turn", "They would not: D's optimiser holds D's weights alone."),
        ],
        0,
        "Without it G gets a gradient that points the wrong way, and it does harm unless it is wiped out before G's "
        "turn.",
    ),
    (
        "From 01: what does the best D say of a point x that is three times as likely in the data as among the fakes?",
        [
            ("1: it comes more often as a real one", "D does not decide. It says how sure one can be."),
            ("¾", "Yes: p / (p + q) = 3 / (3 + 1)."),
            ("3", "Those are the odds, p / q. D is a probability: odds / (1 + odds)."),
        ],
        1,
        "D* = p / (p + q). Its score is the logarithm of the odds, log 3.",
    ),
)
