"""The exercises of notebook 13."""

import copy
import math
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import ConvDiscriminator, mlp
from ..plots import FAKE, REAL
from . import Exercise, Open, Recall, Refused
from .inputs import normal
from .running import weights

# 13.1


def solve_loss(labelled: Tensor, y: Tensor, unlabelled: Tensor, fake: Tensor) -> Tensor:
    # log Z is a score: real pictures should have a high one, fakes a low one ...
    real, made = unlabelled.logsumexp(1), fake.logsumexp(1)
    # ... and labelled pictures add the first part of (4), which class
    return F.cross_entropy(labelled, y) - F.logsigmoid(real).mean() - F.logsigmoid(-made).mean()


def solve_loss_with_all_classes(labelled: Tensor, y: Tensor, unlabelled: Tensor, fake: Tensor) -> Tensor:
    which = -(labelled.log_softmax(1) * F.one_hot(y, labelled.shape[1])).sum(1).mean()
    wide = [F.pad(logits, (0, 1)).log_softmax(1) for logits in (unlabelled, fake)]  # "fake" is the last class
    return which - wide[0][:, :-1].logsumexp(1).mean() - wide[1][:, -1].mean()


def inputs_of_loss() -> list[tuple]:
    cases = []
    for seed, (n, m, k, kinds) in enumerate([(4, 6, 5, 3), (4, 6, 5, 3), (7, 2, 3, 12), (3, 4, 2, 2)]):
        y = torch.arange(n) * 7 % kinds
        parts = [2 * normal(count, kinds, seed=10 * seed + j) for j, count in enumerate((n, m, k))]
        cases.append((parts[0], y.flip(0) if seed else y, parts[1], parts[2]))
    large = 2 * normal(2, 2, seed=99)
    large[0, 0], large[1, 1] = 900.0, 300.0
    cases[-1] = (*cases[-1][:2], *(torch.cat([part, large]) for part in cases[-1][2:]))
    return cases


def with_slope(loss: Callable, *given: Tensor) -> Any:
    """The value; and if it is right and made by torch, all logits should get a slope from it."""
    value = loss(*given)
    if isinstance(value, Tensor) and value.numel() == 1 and torch.allclose(value.double(), solve_loss(*given)):
        leaves = [v.clone().requires_grad_() if v.is_floating_point() else v for v in given]
        try:
            again = loss(*leaves)
        except Exception:  # it may want numbers
            return value
        logits = [v for v in leaves if v.requires_grad]
        slopes = torch.autograd.grad(again, logits, allow_unused=True) if again.requires_grad else [None]
        if any(slope is None for slope in slopes):
            raise Refused("the value is right, but it is cut off from the logits: D gets no slope, and learns nothing.")
    return value


def parts_of_loss(labelled: Tensor, y: Tensor, unlabelled: Tensor, fake: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    t_real, t_fake = unlabelled.logsumexp(1), fake.logsumexp(1)
    return F.cross_entropy(labelled, y), -F.logsigmoid(t_real).mean(), -F.logsigmoid(-t_fake).mean()


def of_scores(score: Callable[[Tensor], Tensor]) -> Callable:
    """The loss with another score in the place of log Z."""

    def loss(labelled, y, unlabelled, fake):
        game = F.softplus(-score(unlabelled)).mean() + F.softplus(score(fake)).mean()
        return F.cross_entropy(labelled, y) + game

    return loss


def with_parts(combine: Callable) -> Callable:
    return lambda labelled, y, unlabelled, fake: combine(*parts_of_loss(labelled, y, unlabelled, fake))


def naive_loss(labelled: Tensor, y: Tensor, unlabelled: Tensor, fake: Tensor) -> Tensor:
    Z, Z_fake = unlabelled.exp().sum(1), fake.exp().sum(1)
    return F.cross_entropy(labelled, y) - (Z / (Z + 1)).log().mean() - (1 / (Z_fake + 1)).log().mean()


def less_naive_loss(labelled: Tensor, y: Tensor, unlabelled: Tensor, fake: Tensor) -> Tensor:
    t, t_fake = unlabelled.exp().sum(1).log(), fake.exp().sum(1).log()
    return F.cross_entropy(labelled, y) - F.logsigmoid(t).mean() - F.logsigmoid(-t_fake).mean()


def joint_batch(labelled: Tensor, y: Tensor, unlabelled: Tensor, fake: Tensor) -> Tensor:
    costs = [F.softplus(-unlabelled.logsumexp(1)), F.softplus(fake.logsumexp(1))]
    return F.cross_entropy(labelled, y) + torch.cat(costs).mean()


def labels_over_all(labelled: Tensor, y: Tensor, unlabelled: Tensor, fake: Tensor) -> Tensor:
    _, real, made = parts_of_loss(labelled, y, unlabelled, fake)
    return F.cross_entropy(F.pad(labelled, (0, 1)), y) + real + made


def guessed_labels(labelled: Tensor, y: Tensor, unlabelled: Tensor, fake: Tensor) -> Tensor:
    which, _, made = parts_of_loss(labelled, y, unlabelled, fake)
    return which + F.cross_entropy(F.pad(unlabelled, (0, 1)), unlabelled.argmax(1)) + made


def two_arcs(n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two interleaved half circles with noise: points (n, 2), classes (n,)."""
    y = torch.arange(n) % 2
    angle = math.pi * torch.rand(n, generator=rng)
    x = torch.stack([angle.cos() - 0.5 + y, (1 - 2 * y) * angle.sin() + 0.25 * (2 * y - 1)], 1)
    return x + 0.08 * torch.randn(n, 2, generator=rng), y


def draw_loss(loss: Callable):
    rng = torch.Generator().manual_seed(1)
    x, y = two_arcs(600, rng)
    few = torch.cat([(y == k).nonzero()[:3, 0] for k in range(2)])
    fakes = 4 * torch.rand(600, 2, generator=rng) - 2  # no G here: fakes are anywhere
    figure, axes = plt.subplots(1, 2, figsize=(7, 3.1), layout="constrained", sharey=True)
    side = torch.linspace(-2, 2, 60)
    plane = torch.cartesian_prod(side, side)
    for ax, name in zip(axes, ("labels alone", "your loss"), strict=True):
        torch.manual_seed(0)
        net = mlp(2, 48, 48, 2)
        optimizer = torch.optim.Adam(net.parameters(), 5e-3)
        for _ in range(250):
            if name == "your loss":
                u, v = (torch.randint(0, 600, (48,), generator=rng) for _ in range(2))
                out = net(torch.cat([x[few], x[u], fakes[v]])).split([6, 48, 48])
                cost = loss(out[0], y[few], out[1], out[2])
            else:
                cost = F.cross_entropy(net(x[few]), y[few])
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
        with torch.no_grad():
            share = (net(x).argmax(1) == y).double().mean()
            lead = net(plane).softmax(1)[:, 1].view(60, 60).T
        ax.contourf(side, side, lead, levels=(0, 0.5, 1), colors=("#E8E8E8", "#B8B8B8"))
        for k, marker in ((0, "o"), (1, "^")):
            ax.plot(*x[y == k][:150].T, marker, color=REAL, ms=2, label=f"class {k}")
            ax.plot(*x[few][y[few] == k].T, marker, color="k", ms=7, label=f"class {k}, labelled")
        if name == "your loss":
            ax.plot(*fakes[:80].T, "x", color=FAKE, ms=3, label="fakes")
        ax.set(title=f"{name}: {share:.0%} right", xlim=(-2, 2), ylim=(-2, 2), xlabel="x₁", aspect="equal")
    axes[0].set_ylabel("x₂")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8)
    plt.close(figure)
    return figure


loss_of_D = Exercise(
    number="13.1",
    level="complete",
    minutes=5,
    solutions=(solve_loss, solve_loss_with_all_classes),
    inputs=inputs_of_loss,
    outcome=with_slope,
    derivation="t = log Z by (3), so V = mean log sigmoid(t_real) + mean log sigmoid(−t_fake). The labels add the "
    "first part of (4) with its sign turned, mean log(e^{l_y} / Z): minus a cross-entropy of K classes. D climbs the "
    "sum, so it descends minus the sum.",
    mistakes=(
        (
            naive_loss,
            "the formula is right, but exp(900) is inf for a computer, and inf / inf is NaN. Is there a safer sum?",
        ),
        (
            less_naive_loss,
            "the formula is right, but a computer has no room for it: exp(900) is inf, and 1 − sigmoid(900) is 0, "
            "whose logarithm is −inf. Is there a safer way?",
        ),
        (
            with_parts(lambda which, real, made: -which - real - made),
            "this is what D climbs. A loss goes down: minus it.",
        ),
        (
            labels_over_all,
            "the labelled pictures are asked “is it real?”, too, the second part of (4). That question is for the "
            "unlabelled ones.",
        ),
        (
            of_scores(lambda logits: logits.amax(1)),
            "the score is the best class alone. A little of each class makes it real, too.",
        ),
        (
            of_scores(lambda logits: logits.softmax(1).amax(1)),
            "the score is the largest probability. A shift of all logits, free to say “real”, leaves it as it is.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y) + F.softplus(-unlabelled).mean() + F.softplus(fake).mean()
            ),
            "each logit is taken for a score. A picture has one score, log Z.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y) - unlabelled.logsumexp(1).mean() + fake.logsumexp(1).mean()
            ),
            "the scores themselves are compared, as a critic does. V has logarithms of their sigmoids.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y)
                - unlabelled.logsumexp(1).sigmoid().mean()
                - (1 - fake.logsumexp(1).sigmoid()).mean()
            ),
            "V has the logarithms of D and of 1 − D. They are missing.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y)
                - F.logsigmoid(unlabelled.logsumexp(1)).mean()
                - (1 - F.logsigmoid(fake.logsumexp(1))).mean()
            ),
            "for a fake this is 1 − log D. V has log(1 − D).",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y)
                - F.logsigmoid(unlabelled.logsumexp(1)).mean()
                - F.logsigmoid(1 - fake.logsumexp(1)).mean()
            ),
            "for a fake this is log sigmoid(1 − t). V has log(1 − sigmoid(t)), which is log sigmoid(−t).",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y)
                + F.softplus(-unlabelled.logsumexp(1)).mean()
                + F.softplus(fake.logsumexp(1)).sum()
            ),
            "the fakes' part is a sum over the batch, where a mean belongs.",
        ),
        (of_scores(lambda logits: logits.exp().sum(1)), "the score is Z itself. By (3) it is log Z."),
        (
            of_scores(lambda logits: logits.sum(1)),
            "the score is the sum of the logits. log Z adds up their exponentials.",
        ),
        (
            of_scores(lambda logits: logits.mean(1)),
            "the score is the mean of the logits. log Z adds up their exponentials.",
        ),
        (
            of_scores(lambda logits: F.softplus(logits.logsumexp(1))),
            "the score is log(Z + 1): the logit of “fake”, 0, is in the sum. By (3) it is log Z.",
        ),
        (
            of_scores(lambda logits: logits.logsumexp(1).sigmoid()),
            "the sigmoid is taken twice: the score is log Z, before any sigmoid.",
        ),
        (
            of_scores(lambda logits: -logits.logsumexp(1)),
            "real and fake are exchanged: here a high score is rewarded for fakes.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y)
                + F.softplus(-unlabelled.logsumexp(1)).mean()
                + F.softplus(-fake.logsumexp(1)).mean()
            ),
            "for a fake this is G's cost, −log D. D wants a low score there.",
        ),
        (
            with_parts(lambda which, real, made: real + made),
            "the labels are missing: which class is a labelled picture of?",
        ),
        (with_parts(lambda which, real, made: which + made), "the unlabelled pictures are missing."),
        (with_parts(lambda which, real, made: which + real), "the fakes are missing."),
        (with_parts(lambda which, real, made: which), "this is a classifier with labels alone: the game is missing."),
        (
            with_parts(lambda which, real, made: which + (real + made) / 2),
            "V is halved. Each of its two means counts fully beside the labels.",
        ),
        (
            with_parts(lambda which, real, made: which - real - made),
            "labels are learnt, but V goes down: D would learn to lose the game.",
        ),
        (
            with_parts(lambda which, real, made: which + real - made),
            "the fakes' part has the wrong sign: D would be rewarded for high scores of fakes.",
        ),
        (
            with_parts(lambda which, real, made: which - real + made),
            "the real pictures' part has the wrong sign: D would be rewarded for low scores of real ones.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y)
                + F.softplus(-unlabelled.logsumexp(0)).mean()
                + F.softplus(fake.logsumexp(0)).mean()
            ),
            "Z adds up over the pictures of the batch. It is a sum over the classes of one picture.",
        ),
        (
            joint_batch,
            "one mean goes over real pictures and fakes together. V has a mean for each, whatever the sizes of the "
            "batches.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y, reduction="sum")
                + F.softplus(-unlabelled.logsumexp(1)).sum()
                + F.softplus(fake.logsumexp(1)).sum()
            ),
            "these are sums over the batches, where means belong.",
        ),
        (
            lambda labelled, y, unlabelled, fake: solve_loss(labelled, y, torch.cat([labelled, unlabelled]), fake),
            "the labelled pictures play in V, too. They only say which class.",
        ),
        (
            with_parts(lambda which, real, made: real + made - which),
            "the labels' part has the wrong sign: D would unlearn the classes.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                solve_loss(labelled, y, unlabelled, fake) + (len(y) - 1) * F.cross_entropy(labelled, y)
            ),
            "the labels' part is a sum over the batch, where a mean belongs.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y)
                + F.softplus(-unlabelled.logsumexp(1)).sum()
                + F.softplus(fake.logsumexp(1)).sum()
            ),
            "V's parts are sums over the batches, where means belong.",
        ),
        (
            of_scores(lambda logits: logits.logsumexp(1) - math.log(logits.shape[1])),
            "the score is the logarithm of a mean of exponentials. Z is their sum.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                solve_loss(labelled, y, unlabelled, fake) - labelled.logsumexp(1).mean()
            ),
            "the labels' part is −l_y alone. By (4) it is −log(e^{l_y} / Z): log Z is missing.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                solve_loss(labelled, y, unlabelled, fake)
                - F.cross_entropy(labelled, y)
                - labelled.softmax(1).gather(1, y[:, None]).mean()
            ),
            "the labels' part is a mean of probabilities. Their logarithm is missing.",
        ),
        (
            lambda labelled, y, unlabelled, fake: (
                F.cross_entropy(labelled, y)
                + F.softplus(-unlabelled.logsumexp(1)).mean()
                - F.softplus(-fake.logsumexp(1)).mean()
            ),
            "for a fake D earns log(1 − D), not −log D.",
        ),
        (
            guessed_labels,
            "an unlabelled picture is told to be of the class that D holds likeliest. All that is known is “one of the "
            "K”.",
        ),
    ),
    hints=(
        "By (3) t = log Z is a score: torch has the logarithm of a sum of exponentials, logsumexp. V is mean log "
        "sigmoid(t) of real ones plus mean log(1 − sigmoid(t)) of fakes.",
        "logsumexp takes the number of the dimension over which it adds: here that of the classes. And 1 − sigmoid(t) "
        "is sigmoid(−t), whose logarithm torch has, too.",
    ),
    insight="Only differences of the K logits say which class, and only log Z says real or fake: a K-way classifier "
    "has the second to spare, since a shift of all its logits changes no class.",
    reward=draw_loss,
)


# 13.2


def solve_features(D: ConvDiscriminator, x: Tensor) -> Tensor:
    mode = D.training
    D.eval()  # BatchNorm takes its running statistics now, and leaves them as they are
    with torch.no_grad():
        h = torch.cat([D.features(part) for part in x.split(4)])
    D.train(mode)
    return h


def solve_features_with_flags(D: ConvDiscriminator, x: Tensor) -> Tensor:
    modes = {module: module.training for module in D.modules()}
    for module in modes:
        module.training = False
    try:
        return torch.stack([D.features(x[k : k + 1])[0].detach() for k in range(len(x))])
    finally:
        for module, mode in modes.items():
            module.training = mode


def state_after(features: Callable, D: ConvDiscriminator, x: Tensor) -> Any:
    """The features, and all of D that they should leave alone."""
    value = features(D, x)
    if value is None or value is ...:
        return value
    return {
        "the features": value,
        "D's mode (1: training)": torch.tensor([float(module.training) for module in D.modules()]),
        "D's running statistics": torch.cat([b.double().flatten() for b in D.buffers()]),
        "D's weights": weights(D),
        "requires_grad of D's weights": torch.tensor([float(p.requires_grad) for p in D.parameters()]),
        "hooks left in D": sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in D.modules()),
        "gradients left in D": torch.tensor([0.0 if p.grad is None else 1.0 for p in D.parameters()]),
    }


def inputs_of_features() -> list[tuple]:
    cases = []
    for n, size, widths, training in ((9, 8, (3, 5), True), (9, 8, (3, 5), False), (7, 12, (2, 4, 3), True)):
        D = ConvDiscriminator(size, 1, widths, batch_norm=True)
        D(torch.rand(16, 1, size, size) * 2 - 1)  # running statistics of its own
        for p in D.parameters():
            p.data *= 1.5
        x = (torch.rand(n, 1, size, size) * 2 - 1) * torch.linspace(0.3, 1, n).view(n, 1, 1, 1)
        cases.append((D.train(training), x))
    return cases


def in_mode(training: bool | None, undo: bool | str = True, at_once: bool = False, detach: bool = True) -> Callable:
    """Features in a mode (None: as it is), which is put back, or left, or always set to "training"."""

    def features(D, x):
        mode = D.training
        if training is not None:
            D.train(training)
        h = torch.cat([D.features(part) for part in x.split(len(x) if at_once else 4)])
        if undo:
            D.train(mode if undo is True else True)
        return h.detach() if detach else h

    return features


def copy_in_training(at_once: bool) -> Callable:
    return lambda D, x: in_mode(None, at_once=at_once)(copy.deepcopy(D), x)


def norms_stay_in_eval(D: ConvDiscriminator, x: Tensor) -> Tensor:
    for module in D.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    return D.features(x).detach()


def frozen(D: ConvDiscriminator, x: Tensor) -> Tensor:
    h = in_mode(False)(D, x)
    D.requires_grad_(False)
    return h


def with_gradients(D: ConvDiscriminator, x: Tensor) -> Tensor:
    h = in_mode(False, detach=False)(D, x)
    h.sum().backward()
    return h.detach()


def with_forgotten_statistics(D: ConvDiscriminator, x: Tensor) -> Tensor:
    h = in_mode(False)(D, x)
    for module in D.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
    return h


def with_a_hook(D: ConvDiscriminator, x: Tensor) -> Tensor:
    D.register_forward_hook(lambda net, inputs, score: None)
    return in_mode(False)(D, x)


def use_features(features: Callable) -> str:
    from ..chapters.linear_probe import fit
    from ..pictures import fashion_mnist, unit
    from ..pretrained import load_discriminator

    D = load_discriminator().train()
    pixels, classes = fashion_mnist("test")
    each = torch.stack([(classes == k).nonzero()[:25, 0] for k in range(10)])
    rows, test = each[:, :10].T.flatten(), each[:, 10:].flatten()  # 100 labelled pictures; the others sorted by class
    mixed = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))
    taught = torch.as_tensor(features(D, unit(pixels[rows][:, None]))).float()
    centre, axes = taught.mean(0), torch.pca_lowrank(taught, 64)[2]
    scale = ((taught - centre) @ axes).square().sum(1).mean().sqrt()
    probe = fit((taught - centre) @ axes / scale, classes[rows], 1e-3)
    shares = []
    for places in (test, test[mixed]):
        h = torch.as_tensor(features(D, unit(pixels[places][:, None]))).float()
        answers = probe((h - centre) @ axes / scale).argmax(1)
        shares.append((answers == classes[places]).double().mean().item())
    return (
        f"Your features of the shipped D, a probe with 100 labels, 150 other pictures: {shares[0]:.1%} right "
        f"if they come sorted by class, {shares[1]:.1%} if mixed. D is in training mode again: {D.training}."
    )


features = Exercise(
    number="13.2",
    level="repair",
    minutes=6,
    solutions=(solve_features, solve_features_with_flags),
    inputs=inputs_of_features,
    outcome=state_after,
    changes=("D",),
    mistakes=(
        (
            in_mode(None),
            "a picture gets other features when others are in its batch, and D's running statistics have moved by "
            "being looked at. torch.no_grad() stops gradients, nothing else.",
            "Which layer of D looks at the whole batch, and in which mode does it not?",
        ),
        (
            in_mode(None, at_once=True),
            "the features depend on the batch, here all of x, and D's running statistics have moved. A larger batch "
            "does not change that.",
        ),
        (
            in_mode(False, undo=False),
            "the features are right, but D stays in eval mode. If training goes on, BatchNorm is no longer what it "
            "was.",
        ),
        (
            in_mode(False, undo="training"),
            "the features are right, but a D that came in eval mode goes away in training mode.",
        ),
        *(
            (
                copy_in_training(at_once),
                "D is as it was, but the features are those of training mode, which depend on the batch just the same.",
            )
            for at_once in (False, True)
        ),
        (norms_stay_in_eval, "the features are right, but D's BatchNorm layers stay in eval mode."),
        (
            frozen,
            "the features are right, but D's weights cannot learn any more: requires_grad is False for all of them.",
        ),
        (
            with_gradients,
            "the features are right, but gradients are left in D's weights, and its optimiser may take them.",
        ),
        (with_a_hook, "the features are right, but a hook is left in D, and runs whenever D is asked. Remove it."),
        (
            lambda D, x: (lambda h: (h - h.mean(0)) / h.std(0))(in_mode(False)(D, x)),
            "the features are standardised over the pictures of x, so each depends on the others.",
        ),
        (with_forgotten_statistics, "the features are right, but D's running statistics are forgotten."),
        (
            lambda D, x: in_mode(True)(D, x),
            "D is put into training mode: the features depend on the batch, and the running statistics move.",
        ),
        (
            lambda D, x: in_mode(False, undo="training")(D, x[:4]),
            "only the first four pictures are there, and D goes away in training mode, however it came.",
        ),
        (lambda D, x: in_mode(False)(D, x[:4]), "only the first four pictures are there."),
        (lambda D, x: in_mode(False)(D, x[: len(x) // 4 * 4]), "the last pictures, fewer than four, are missing."),
        (
            lambda D, x: (in_mode(False)(D, x) @ D.score.weight.T + D.score.bias).squeeze(1).detach(),
            "these are D's scores, one number a picture. The features are what the score is made of.",
        ),
        (
            lambda D, x: F.batch_norm(in_mode(False)(D, x), None, None, training=True),
            "the features are centred and scaled over the pictures of x, so each depends on the others.",
        ),
        (
            lambda D, x: F.normalize(in_mode(False)(D, x), dim=1),
            "the features are scaled to length 1. Give them as D has them.",
        ),
    ),
    hints=(
        "Call your function with x and with x.flip(0): does each picture keep its features? What is D.training "
        "afterwards?",
        "D.eval() before, and afterwards back to the mode in which D came: it may have been either. D.train(mode) does "
        "that.",
    ),
    insight="eval() and no_grad() are two things: one tells layers like BatchNorm and Dropout what to do, the other "
    "tells autograd to take no notes. Neither does the other's work.",
    reward=use_features,
)


# 13.3


def solve_error(first: Tensor, second: Tensor) -> Tensor:
    # per picture: +1 if only the first is right, -1 if only the second, 0 if they agree
    lead = first.double() - second.double()
    return lead.std() / len(lead) ** 0.5


def solve_error_without_bessel(first: Tensor, second: Tensor) -> Tensor:
    lead = first.double() - second.double()
    return lead.std(correction=0) / len(lead) ** 0.5


def solve_error_by_counts(first: Tensor, second: Tensor) -> float:
    n = len(first)
    up, down = (first & ~second).sum().item(), (~first & second).sum().item()
    return math.sqrt((up + down) / n - ((up - down) / n) ** 2) / math.sqrt(n)


def lead_of(first: Tensor, second: Tensor) -> Tensor:
    return first.double() - second.double()


def two_probes(n: int, easier: float, alike: float, seed: int) -> tuple[Tensor, Tensor]:
    """What is hard for one is hard for the other, more or less `alike`."""
    rng = torch.Generator().manual_seed(seed)
    ease, luck = torch.rand(n, generator=rng), torch.rand(2, n, generator=rng)
    return tuple(alike * ease + (1 - alike) * part > at for part, at in zip(luck, (0.3, 0.3 + easier), strict=True))


def draw_error(error: Callable):
    n, tries = 400, 300
    leads, said, apart = [], [], []
    for seed in range(tries):
        first, second = two_probes(n, 0.06, 0.8, seed)
        leads.append(100 * (first.double() - second.double()).mean().item())
        if seed < 20:
            said.append(100 * float(error(first, second)))
            apart.append(100 * ((first.double().var() + second.double().var()) / n).sqrt().item())
    figure, ax = plt.subplots(figsize=(6.5, 2.6), layout="constrained")
    ax.hist(leads, 30, color="0.7")
    middle, measured = sum(leads) / tries, torch.tensor(leads).std().item()
    widths = {"measured": measured, "your error": sum(said) / 20, "as if unpaired": sum(apart) / 20}
    for k, (name, width) in enumerate(widths.items()):
        ax.plot([middle - width, middle + width], [6 + 9 * k] * 2, "k", lw=2)
        ax.text(middle + width, 6 + 9 * k, f"  {name}: ± {width:.2f}", va="center")
    ax.set(xlabel=f"lead in points, {tries} test sets of {n} pictures", ylabel="test sets", xlim=(0, 15), ylim=(0, 45))
    plt.close(figure)
    return figure


error_of_lead = Exercise(
    number="13.3",
    level="derive",
    minutes=8,
    solutions=(solve_error, solve_error_without_bessel, solve_error_by_counts),
    derivation="The lead is the mean of n numbers d_i in {+1, 0, −1}. Its variance is var(d) / n, and var(d) is the "
    "share of pictures on which just one is right, less the square of the lead.",
    inputs=lambda: [
        two_probes(400, 0.1, 0.8, 0),
        two_probes(400, 0.25, 0.5, 1),
        two_probes(90, -0.2, 0.7, 2),
        two_probes(2500, 0.02, 0.9, 3),
    ],
    mistakes=(
        *(
            (
                lambda first, second, c=c: (
                    (first.double().var(correction=c) + second.double().var(correction=c)) / len(first)
                ).sqrt(),
                "this would be right for two sets of test pictures. Here both answer the same ones, and what is hard "
                "for one is hard for the other: take the difference picture by picture.",
            )
            for c in (1, 0)
        ),
        (
            lambda first, second: (first.double().std() + second.double().std()) / len(first) ** 0.5,
            "two errors are added up. And they are not those of independent numbers: both answer the same pictures.",
        ),
        (
            lambda first, second: lead_of(first, second).std(),
            "this is how much one picture scatters, not the mean of n.",
        ),
        (
            lambda first, second: lead_of(first, second).std() / len(first),
            "divided by n. The standard deviation of a mean of n falls more slowly.",
        ),
        (
            lambda first, second: lead_of(first, second).var() / len(first),
            "this is the variance of the mean. The error is its root.",
        ),
        (
            lambda first, second: lead_of(first, second).mean(),
            "this is the lead itself. How much would it scatter with other pictures?",
        ),
        (
            lambda first, second: lead_of(first, second).abs().std() / len(first) ** 0.5,
            "without its sign a picture that speaks for the second counts for the first.",
        ),
        (
            lambda first, second: lead_of(first, second).abs().std(correction=0) / len(first) ** 0.5,
            "this is the error of the share on which just one is right: without a sign all these speak for the first.",
        ),
        (
            lambda first, second: (lambda d: (d.abs() * (1 - d.abs()) / len(first)).sqrt())(
                lead_of(first, second).mean()
            ),
            "the lead is taken for a share of right answers, p (1 − p) / n. But a picture counts +1, 0 or −1.",
        ),
        (
            lambda first, second: (lambda d: d[d != 0].std() / (d != 0).sum() ** 0.5)(lead_of(first, second)),
            "only the pictures on which just one is right are counted. The others belong to the n, with 0.",
        ),
        *(
            (
                lambda first, second, size=size: size(first.double().std() - second.double().std()) / len(first) ** 0.5,
                "this is a difference of two errors. The error of a difference is another thing.",
            )
            for size in (torch.abs, torch.clone)
        ),
        (
            lambda first, second: lead_of(first, second).mean() / len(first) ** 0.5,
            "the lead is divided by √n. What falls with √n is the scatter of the differences.",
        ),
        (
            lambda first, second: lead_of(first, second).std() / (len(first) - 1) ** 0.5,
            "one is taken off n twice: std() has n − 1 in it already.",
        ),
        *(
            (
                lambda first, second, c=c: (lambda C: ((C[0, 0] + C[1, 1] + c * C[0, 1]) / len(first)).sqrt())(
                    torch.cov(torch.stack([first, second]).double())
                ),
                sentence,
            )
            for c, sentence in (
                (2, "the covariance has the wrong sign: this is the error of the sum of the two shares."),
                (-1, "the covariance comes twice into the variance of a difference."),
            )
        ),
        (
            lambda first, second: lead_of(first, second).mean() / (lead_of(first, second).std() / len(first) ** 0.5),
            "this is the lead in standard errors. The standard error itself is asked for.",
        ),
        *(
            (
                lambda first, second, n=n: lead_of(first, second).std() / n**0.5,
                f"this is for {n:,} test pictures, whatever n is.",
            )
            for n in (400, 10_000)
        ),
        (
            lambda first, second: lead_of(first, second).abs().mean() / len(first) ** 0.5,
            "this is the mean size of the differences. Their standard deviation is another number.",
        ),
        (
            lambda first, second: 100 * lead_of(first, second).std() / len(first) ** 0.5,
            "these are percentage points. Give a share.",
        ),
        (
            lambda first, second: (first ^ second).double().mean().sqrt() / len(first) ** 0.5,
            "this would be right if there were no lead. What of the mean square is the square of the mean?",
        ),
        (
            lambda first, second: first.double().std() / len(first) ** 0.5,
            "this is the error of the first probe's share of right answers, without the second.",
        ),
        (
            lambda first, second: lead_of(first, second).std() / (2 * len(first)) ** 0.5,
            "there are n differences, not 2n: each picture gives one.",
        ),
        (
            lambda first, second: (first ^ second).double().mean() / len(first),
            "this is a variance, and the one that belongs to no lead at all. The error is a root.",
        ),
        (
            lambda first, second: 1.96 * lead_of(first, second).std() / len(first) ** 0.5,
            "this is half a 95 % interval, 1.96 standard errors. One standard error is asked for.",
        ),
        (
            lambda first, second: 2 * lead_of(first, second).std() / len(first) ** 0.5,
            "these are two standard errors. One is asked for.",
        ),
    ),
    hints=(
        "Give each picture +1 if only the first is right, −1 if only the second is, 0 otherwise: their mean is the "
        "lead. (Booleans are subtracted after .double().)",
        "The mean of n independent numbers with standard deviation s has the standard deviation s / √n.",
    ),
    prediction=(
        "The standard error of a lead of 5 points, in points: 10,000 test pictures, just one is right on 15 %",
        lambda: 100 * math.sqrt(0.15 - 0.05**2) / 100,
    ),
    insight="Which scatter is larger? With 100 labels D's lead over pixels has a standard deviation of more than a "
    "point over the ten labelled sets of section 2, and on each a standard error of about 0.4 points from the test "
    "pictures: there it matters more which pictures you label.",
    reward=draw_error,
)


# 13.4, 13.5

where_the_points_come_from = Open(
    number="13.4",
    minutes=40,
    outline="""100 labels, 1,000 steps, right on the 10,000 test pictures; median (range) over five seeds:

labels alone, tuned (on file)                      {alone}
the same, 32 unlabelled pictures in each batch     {company}
K + 1 (on file)                                    {game}
without BatchNorm: labels alone, tuned             {bare_alone}
without BatchNorm: K + 1                           {bare_game}

Had the company of unlabelled pictures brought the six points, the second row would be at the third: it is level with
the first in the median, and no seed of it reaches K + 1. Were BatchNorm needed for them, the last two rows would be
level: they are about six points apart, and their ranges do not meet. So the points need no BatchNorm. Nor do they
come from K + 1's lack of Dropout and its larger learning rate: "labels alone", at 68.3 %, has both. What is left is the
game, that is what unlabelled pictures and fakes add to the loss. Whether K + 1 loses a point without BatchNorm these
seeds do not say.

What this does not show: other rates for D without BatchNorm, and what real unlabelled pictures do without any fakes in
the loss (D would have to say “real” to everything).""",
)

when_D_overtakes = Open(
    number="13.5",
    minutes=30,
    outline="""Seeds 0 to 2 of 07's recipe. D's three layers as in section 1, in eval mode, cut to 256 numbers (axes
from 1,500 pictures without labels), probes with 1,000 labels, 2,000 test pictures, one ridge for all (0.0001); median
(range):

pixels               {pixels}
D after     0 steps  {after_0}   lead {lead_0} points
D after   100 steps  {after_100}   lead {lead_100}
D after   500 steps  {after_500}   lead {lead_500}
D after 1,000 steps  {after_1000}   lead {lead_1000}

With random weights D is level with the pixels, after 500 steps about a point ahead, after 1,000 two or three, on
each of the three seeds. One does fall back: from 100 to 500 steps it loses half a point. If on a tenth of the 2,000
test pictures just one of two probes is right, the standard error of a difference is 0.7 points (13.3), so perhaps it is
chance. The shipped D, larger and after 30,000 steps, is four to five points ahead in section 2 with 1,000 labels.

What this does not show: a ridge chosen for each probe, and what comes after 1,000 steps.""",
)


recall = Recall(
    (
        "D with 1,000 labels beats pixels with 1,000 labels. Which control says how much of it training did, and not "
        "the architecture?",
        [
            ("a larger classifier with all labels", "It says that more is possible, not where D's lead comes from."),
            (
                "an untrained D with as many features",
                "Yes: the same layers without training. It has only a part of the gain.",
            ),
            ("more test pictures", "They make the lead more certain, whatever its cause."),
        ],
        1,
        "The untrained D has the same layers and as many numbers, and lacks only the training.",
    ),
    (
        "From 06: what does BatchNorm do with a picture in training mode?",
        [
            (
                "It takes the mean and the spread of each channel from the batch.",
                "Yes, so its features depend on the others.",
            ),
            ("It takes running statistics.", "That is eval mode."),
            ("It scales each picture by itself.", "That would be another layer: instance or layer normalisation."),
        ],
        0,
        "In training mode the statistics are those of the batch, in eval mode those collected while training.",
    ),
    (
        "Why can a classifier with K logits be a discriminator without a further output?",
        [
            ("Its largest probability says how real a picture is.", "Softmax may be sure of far-off pictures as well."),
            ("It cannot.", "It can: one number of its logits plays no part in the classes."),
            (
                "A shift of all logits does not change the classes, so log Z is free to say real or fake.",
                "Yes: “fake” has the logit 0, and t = log Z is a score.",
            ),
        ],
        2,
        "Fix the logit of “fake” at 0. Then D(x) = Z / (Z + 1) = sigmoid(log Z).",
    ),
)
