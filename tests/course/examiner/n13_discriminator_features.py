"""Answers to the exercises of notebook 13."""

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F

from gan_tutorial.exercises.n13_discriminator_features import lead_of as lead, parts_of_loss as three

# 13.1


def loss_with_bce(labelled, y, unlabelled, fake):
    real, made = unlabelled.logsumexp(1), fake.logsumexp(1)
    game = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
    game = game + F.binary_cross_entropy_with_logits(made, torch.zeros_like(made))
    return game + F.nll_loss(labelled.log_softmax(dim=1), y)


def loss_in_loops(labelled, y, unlabelled, fake):
    def log_z(row):
        top = max(row)
        return top + math.log(sum(math.exp(v - top) for v in row))

    def softplus(t):
        return max(t, 0.0) + math.log1p(math.exp(-abs(t)))

    which = [log_z(row) - row[k] for row, k in zip(labelled.tolist(), y.tolist(), strict=True)]
    real = [softplus(-log_z(row)) for row in unlabelled.tolist()]
    made = [softplus(log_z(row)) for row in fake.tolist()]
    return sum(which) / len(which) + sum(real) / len(real) + sum(made) / len(made)


def loss_in_numpy(labelled, y, unlabelled, fake):
    labelled, y, unlabelled, fake = (part.numpy() for part in (labelled, y, unlabelled, fake))

    def log_z(logits):
        return np.logaddexp.reduce(logits, axis=1)

    which = log_z(labelled) - labelled[np.arange(len(y)), y]
    return which.mean() + np.logaddexp(0, -log_z(unlabelled)).mean() + np.logaddexp(0, log_z(fake)).mean()


def loss_in_float32(labelled, y, unlabelled, fake):
    labelled, unlabelled, fake = labelled.float(), unlabelled.float(), fake.float()
    t = torch.logsumexp(torch.cat([unlabelled, fake]), 1)
    t_real, t_fake = t[: len(unlabelled)], t[len(unlabelled) :]
    value = F.logsigmoid(t_real).mean() + (F.logsigmoid(t_fake) - t_fake).mean()
    return F.cross_entropy(labelled, y) - value


def loss_down_the_batch(labelled, y, unlabelled, fake):
    return (
        F.cross_entropy(labelled, y)
        + F.softplus(-unlabelled.logsumexp(0)).mean()
        + F.softplus(fake.logsumexp(0)).mean()
    )


def loss_by_product(labelled, y, unlabelled, fake):
    labelled -= labelled.logsumexp(1, keepdim=True)
    which = -labelled.gather(1, y[:, None]).mean()
    return which + F.softplus(-unlabelled.logsumexp(1)).mean() + F.softplus(fake.logsumexp(1)).mean()


# 13.2


def features_by_a_copy(D, x):
    twin = copy.deepcopy(D).eval()
    return twin.features(x).detach()


def features_in_numpy(D, x):
    mode = D.training
    D.eval()
    with torch.inference_mode():
        parts = [D.features(x[k : k + 4]).numpy() for k in range(0, len(x), 4)]
    D.train(mode)
    return np.concatenate(parts)


def features_at_once_as_a_list(D, x):
    before = D.training
    try:
        D.train(False)
        return [h.tolist() for h in D.features(x)]
    finally:
        D.train(before)


def features_by_the_package(D, x):
    from gan_tutorial.sampling import at_rest

    with at_rest(D):
        return D.features(x)


def features_with_a_hook(D, x):
    seen, was = [], D.training
    handle = D.net.register_forward_hook(lambda net, inputs, h: seen.append(h.detach()))
    D.eval()
    for part in x.split(3):
        D(part)
    D.train(was)
    handle.remove()
    return torch.cat(seen)


def features_of(D, x, training=False):
    was = D.training
    D.train(training)
    h = D.features(x).detach()
    D.train(was)
    return h


def features_with_momentum_0(D, x):
    for m in D.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.momentum = 0.0
    return torch.cat([D.features(part).detach() for part in x.split(4)])


def features_and_a_hook(D, x):
    seen = []
    D.score.register_forward_pre_hook(lambda score, inputs: seen.append(inputs[0].detach()))
    was = D.training
    D.eval()(x)
    D.train(was)
    return seen[0]


def features_that_overwrite(D, x):
    h = features_of(D, x)
    x.clamp_(0, 1)
    return h


def features_decayed(D, x):
    h = features_of(D, x)
    with torch.no_grad():
        for p in D.parameters():
            p.mul_(0.5)
    return h


# 13.3


def error_in_numpy(first, second):
    d = first.numpy().astype(float) - second.numpy().astype(float)
    return d.std(ddof=1) / np.sqrt(d.size)


def error_by_covariance(first, second):
    C = torch.cov(torch.stack([first, second]).double())
    return ((C[0, 0] + C[1, 1] - 2 * C[0, 1]) / len(first)).sqrt()


def error_in_loops(first, second):
    d = [int(a) - int(b) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    mean = sum(d) / len(d)
    return (sum((v - mean) ** 2 for v in d) / (len(d) - 1) / len(d)) ** 0.5


def error_in_float32(first, second):
    return torch.std(first.float() - second.float(), unbiased=False) / math.sqrt(first.numel())


def filled_in(score, fakes):
    """The frame of the notebook with answers in the place of its dots."""

    def loss(labelled, y, unlabelled, fake):
        which = F.cross_entropy(labelled, y)
        V = F.logsigmoid(score(unlabelled)).mean() + fakes(score(fake))
        return which - V

    return loss


def log_z(logits):
    return logits.logsumexp(1)


def of_fakes(t):
    return F.logsigmoid(-t).mean()


RIGHT = {
    "loss_of_D": [
        lambda *given: sum(three(*given)),
        loss_with_bce,
        loss_in_loops,
        loss_in_numpy,
        loss_in_float32,
        filled_in(log_z, of_fakes),
    ],
    "features": [
        features_of,
        features_by_a_copy,
        features_in_numpy,
        features_at_once_as_a_list,
        features_by_the_package,
        features_with_a_hook,
    ],
    "error_of_lead": [error_in_numpy, error_by_covariance, error_in_loops, error_in_float32],
}

WRONG = {
    "loss_of_D": [
        (lambda labelled, y, unlabelled, fake: torch.stack(three(labelled, y, unlabelled, fake)), "shape"),
        (lambda *given: sum(three(*given)) / 2, "0.5 times"),
        (lambda *given: -sum(three(*given)), "minus it"),
        (lambda *given: sum(three(*given)) / 3, "times the right answer"),
        (lambda *given: three(*given)[0] - three(*given)[1] - three(*given)[2], "lose the game"),
        (lambda *given: 2 * three(*given)[0] + three(*given)[1] + three(*given)[2], "you say"),
        (lambda *given: three(*given)[0] + three(*given)[1] - three(*given)[2], "high scores of fakes"),
        (loss_down_the_batch, "over the pictures of the batch"),
        (filled_in(log_z, lambda t: F.logsigmoid(1 - t).mean()), "which is log sigmoid(−t)"),
        (filled_in(log_z, lambda t: F.logsigmoid(-t)), "I expected the shape"),
        (filled_in(log_z, lambda t: F.logsigmoid(-t).sum()), "the fakes' part is a sum"),
        (filled_in(log_z, lambda t: (1 - t.sigmoid()).log().mean()), "no room for it"),
        (filled_in(lambda logits: logits.exp().sum(1).log(), of_fakes), "no room for it"),
        (filled_in(lambda logits: logits.exp().sum(1), of_fakes), "the score is Z itself"),
        (loss_by_product, "overwrites its input labelled"),
        (lambda labelled, y, unlabelled, fake: sum(three(labelled, 0 * y, unlabelled, fake)), "whatever y is"),
        (lambda labelled, y, unlabelled, fake: sum(three(labelled, y, labelled, fake)), "whatever unlabelled is"),
        (lambda labelled, y, unlabelled, fake: sum(three(labelled, y, unlabelled, unlabelled)), "whatever fake is"),
        (lambda labelled, y, unlabelled, fake: F.cross_entropy(y, labelled), "Error"),
        (lambda labelled, y, unlabelled, fake: 1.0, "whatever"),
        (lambda labelled, y, unlabelled: 1.0, "it is called with"),
        (lambda *given: sum(three(*given)).log(), "logarithm"),
        (lambda *given: sum(three(*given)).detach(), "cut off from the logits"),
        (lambda labelled, *rest: sum(three(labelled[:, :10], *rest)), "Error"),
        (lambda *given: -three(*given)[0] + three(*given)[1] + three(*given)[2], "unlearn the classes"),
        (
            lambda labelled, y, unlabelled, fake: sum(three(labelled, y, torch.cat([labelled, unlabelled]), fake)),
            "play in V, too",
        ),
    ],
    "features": [
        (lambda D, x: D.features(x), "running statistics have moved"),
        (lambda D, x: D.eval().features(x).detach(), "stays in eval mode"),
        (lambda D, x: (D.eval().features(x).detach(), D.train())[0], "goes away in training mode"),
        (lambda D, x: copy.deepcopy(D).features(x).detach(), "those of training mode"),
        (features_with_momentum_0, "comes out as"),
        (features_and_a_hook, "a hook is left in D"),
        (features_that_overwrite, "overwrites its input x"),
        (features_decayed, "comes out as"),
        (lambda D, x: features_of(D, x).mean(0), "I expected the shape"),
        (lambda D, x: features_of(D, x).T, "I expected the shape"),
        (lambda D, x: features_of(D, x).flip(0), "in another order"),
        (lambda D, x: features_of(D, x).norm(dim=1), "I expected the shape"),
        (lambda D, x: D.features(x, training=False), "TypeError"),
        (lambda D, x: features_of(D, 0 * x), "whatever x is"),
        (lambda D, x: (features_of(D, x), None)[1], "returned nothing"),
    ],
    "error_of_lead": [
        (lambda first, second: lead(first, second), "shape"),
        (lambda first, second: (first - second).std(), "RuntimeError"),
        (lambda first, second: lead(first, second).std() / math.sqrt(400), "400 test pictures"),
        (lambda first, second: second.double().std() / len(first) ** 0.5, "whatever first is"),
        (lambda first, second: -lead(first, second).std() / len(first) ** 0.5, "sign"),
        (lambda first, second: len(first) ** 0.5 / lead(first, second).std(), "upside down"),
        (lambda first, second: lead(first, second).std() / (len(first) / 2) ** 0.5, "1.414 times"),
        (lambda first, second: lead(first, second).square().mean() / len(first), "belongs to no lead"),
        (lambda first, second: 0.5 / len(first) ** 0.5, "whatever first is"),
        (lambda first, second: torch.tensor(0.0), "whatever first is"),
        (
            lambda first, second: lead(first, second).abs().mean() / len(first) ** 0.5,
            "the mean size of the differences",
        ),
        (lambda first, second: lead(first, second).sum() / len(first), "the lead itself"),
        (
            lambda first, second: lead(first, second).mean() / error_in_numpy(first, second),
            "the lead in standard errors",
        ),
        (lambda first, second: error_in_numpy(first, ~second), "wrong sign"),
        (lambda first, second: lead(first, second).std().clamp(max=0.5) / len(first) ** 0.5, "you say"),
        (lambda first, second: float("inf"), "infinity"),
        (lambda first, second: (first.logical_not_(), 1.0)[1], "overwrites its input first"),
    ],
}
