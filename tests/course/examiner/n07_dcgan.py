"""Answers to the exercises of notebook 07."""

import math

import numpy as np
import torch
import torch.nn.functional as F

# 07.1


def unit_in_numpy(pixels):
    return pixels.numpy().astype(np.float32)[:, np.newaxis] * (2 / 255) - 1


def unit_by_lerp(pixels):
    share = pixels.unsqueeze(1).to(torch.float32).div(255)
    return torch.lerp(torch.tensor(-1.0), torch.tensor(1.0), share)


def unit_by_list(pixels):
    return [[[[2 * v / 255 - 1 for v in row] for row in picture]] for picture in pixels.tolist()]


def unit_by_reshape(pixels):
    return (pixels.double() - 127.5).reshape(len(pixels), 1, 28, 28) / 127.5


def unit_by_table(pixels):
    return torch.linspace(-1, 1, 256)[pixels.long()][:, None]


# 07.2


def turn(
    cost=lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean(),
    pictures=lambda x, fake: (x, fake),
    before=lambda G, D: None,
    after=lambda G, D: None,
):
    def answer(G, D, opt_D, x, z):
        before(G, D)
        with torch.no_grad():
            fake = G(z)
        x, fake = pictures(x, fake)
        opt_D.zero_grad()
        cost(D(x), D(fake)).backward()
        opt_D.step()
        after(G, D)

    return answer


def turn_by_bce(G, D, opt_D, x, z):
    opt_D.zero_grad()
    step_of = F.binary_cross_entropy_with_logits
    t = D(x), D(G(z).detach())
    loss = step_of(t[0], torch.ones(len(x))) + step_of(t[1], torch.zeros(len(z)))
    loss.backward(inputs=list(D.parameters()))
    opt_D.step()


def turn_fake_first(G, D, opt_D, x, z):
    for p in D.parameters():
        p.grad = None
    fake = G(z)
    (-F.logsigmoid(-D(fake.data)).mean()).backward()
    (-F.logsigmoid(D(x)).mean()).backward()
    opt_D.step()


def turn_by_grad(G, D, opt_D, x, z):
    weights = list(D.parameters())
    V = F.logsigmoid(D(x)).mean() + torch.log(1 - torch.sigmoid(D(G(z)))).mean()
    for p, g in zip(weights, torch.autograd.grad(-V, weights), strict=True):
        p.grad = g
    opt_D.step()


def turn_joint_labels(G, D, opt_D, x, z):
    t = D(torch.cat([x, G(z).detach()]))
    labels = torch.cat([torch.ones(len(x)), torch.zeros(len(z))])
    opt_D.zero_grad()
    (2 * F.binary_cross_entropy_with_logits(t, labels)).backward()
    opt_D.step()


def turn_joint_mean(G, D, opt_D, x, z):
    t = D(torch.cat([x, G(z).detach()]))
    opt_D.zero_grad()
    F.binary_cross_entropy_with_logits(t, (torch.arange(len(t)) < len(x)).float()).backward()
    opt_D.step()


def turn_trains_G(G, D, opt_D, x, z):
    fake = G(z)
    opt_D.zero_grad()
    (F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()).backward()
    opt_D.step()


def turn_freezes_G(G, D, opt_D, x, z):
    turn()(G.requires_grad_(False), D, opt_D, x, z)


def turn_with_step_of_G(G, D, opt_D, x, z):
    fake = G(z)
    opt_D.zero_grad()
    (F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()).backward()
    opt_D.step()
    torch.optim.SGD(G.parameters(), 0.1).step()


def shuffled(x, fake):
    both = torch.cat([x, fake])[torch.arange(len(x) + len(fake)).view(2, -1).T.flatten()]
    return both[: len(x)], both[len(x) :]


def clamps_x(G, D, opt_D, x, z):
    turn()(G, D, opt_D, x, z)
    x.clamp_(0)


def step_of(D, opt, tr, tf):
    loss = F.softplus(-tr).mean() + F.softplus(tf).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()


def turn_by_logaddexp(G, D, o, x, z):
    bf = D(G(z).detach())
    br = D(x)
    loss = torch.logaddexp(torch.zeros_like(br), -br).sum() / len(br) + torch.logaddexp(
        torch.zeros_like(bf), bf
    ).sum() / len(bf)
    o.zero_grad(set_to_none=False)
    loss.backward()
    o.step()


# 07.3


def decay_by_steps(pictures, batch_size):
    steps = pictures / batch_size
    return 2 ** (-1 / steps)


def decay_by_search(pictures, batch_size):
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if middle ** (pictures / batch_size) < 0.5 else (low, middle)
    return low


def decay_by_tensor(pictures, batch_size):
    return torch.tensor(0.5, dtype=torch.float64).pow(batch_size / pictures)


def decay_by_numpy(pictures, batch_size):
    return np.exp2(np.float32(-batch_size / pictures))


# 07.4


def rarest_in_numpy(logits):
    return np.bincount(logits.numpy().argmax(1), minlength=logits.shape[1]).min() / len(logits)


def rarest_by_loop(logits):
    count = [0] * logits.shape[1]
    for row in logits.tolist():
        count[row.index(max(row))] += 1
    return min(count) / len(logits)


def rarest_by_comparison(logits):
    classes = torch.arange(logits.shape[1])
    return (logits.argmax(1)[:, None] == classes).float().mean(0).amin()


def rarest_by_histogram(logits):
    k = logits.shape[1]
    return torch.histc(logits.max(1).indices.float(), k, 0, k - 1).min() / logits.shape[0]


def counts(logits, **how):
    return logits.argmax(1).bincount(**how)


def rarest_by_exp(logits):
    e = logits.exp()
    p = e / e.sum(1, keepdim=True)
    return torch.bincount(p.argmax(1), minlength=logits.shape[1]).min() / len(logits)


RIGHT = {
    "unit_pixels": [
        unit_in_numpy,
        unit_by_lerp,
        unit_by_list,
        unit_by_reshape,
        unit_by_table,
    ],
    "turn_of_D": [
        turn(),
        turn_by_bce,
        turn_fake_first,
        turn_by_logaddexp,
    ],
    "decay_of_average": [
        decay_by_steps,
        decay_by_search,
        decay_by_tensor,
        decay_by_numpy,
    ],
    "rarest_class": [
        rarest_in_numpy,
        rarest_by_loop,
        rarest_by_comparison,
        rarest_by_histogram,
    ],
}
WRONG = {
    "unit_pixels": [
        (lambda x: x[:, None] / x.max() * 2 - 1, "the brightest pixel of this batch"),
        (lambda x: (x[:, None] - x.min()) / (x.max() - x.min()) * 2.0 - 1, "of this batch"),
        (lambda x: F.normalize(x[:, None].float()), "between black and white"),
        (lambda x: x[:, None].float() * 2 / 256 - 1, "nearly: white, 255, becomes 0.992. Then a"),
        (lambda x: x[:, None] * 2 / 255 - 1, "whole numbers of 8 bits go round"),
        (lambda x: x[:, None] / 255 * 2, "these pixels lie in [0, 2]. Move them down."),
        (lambda x: (x / 127.5 - 1).permute(1, 2, 0)[None], "I expected the shape"),
        (lambda x: (x / 127.5 - 1).flatten(1), "I expected the shape"),
        (lambda x: (x / 127.5 - 1)[:, None].repeat(1, 3, 1, 1), "I expected the shape"),
        (lambda x: x.sub_(128)[:, None] / 127.5, "go round"),
        (lambda x: x.view(-1, 1, 16, 16) / 127.5 - 1, "RuntimeError"),
        (lambda x: (x[:, None] / 127.5 - 1).clamp(0, 1), "all that is darker than the middle becomes"),
        (lambda x: (x[:, None] / 127.5 - 1).flip(2), "another order"),
        (lambda x: torch.zeros(len(x), 1, 28, 28), "every pixel becomes 0, black and white"),
        (lambda p: unit_by_reshape(p[:64]), "I expected the shape (70, 1, 28, 28), yo"),
    ],
    "turn_of_D": [
        (turn_joint_labels, "half real and half fake"),
        (turn_by_grad, "of the score does not round"),
        (turn_joint_mean, "one batch, and one mean"),
        (turn_trains_G, "gradients are left in G"),
        (turn_freezes_G, "switched off in G"),
        (turn_with_step_of_G, "G has moved"),
        (turn(pictures=shuffled), "the two batches are mixed before they are"),
        (turn(pictures=lambda x, fake: (fake, x)), "labels are exchanged"),
        (turn(cost=lambda real, fake: F.softplus(fake).mean() - F.softplus(-real).mean()), "the wrong sign"),
        (turn(cost=lambda real, fake: (real - 1).square().mean() + fake.square().mean()), "least squares"),
        (turn(cost=lambda real, fake: F.softplus(fake - real).mean()), "relativistic"),
        (
            turn(cost=lambda real, fake: (1 - real).relu().mean() + (1 + fake).relu().mean()),
            "this is the hinge game. In this recipe D",
        ),
        (turn(after=lambda G, D: D.eval()), "D is left in eval mode"),
        (turn(after=lambda G, D: G.eval()), "G is left in eval mode"),
        (clamps_x, "overwrites its input x"),
        (lambda G, D, opt_D, x, z: opt_D.zero_grad(), "D has not moved"),
        (lambda G, D, opt_D, x, z: opt_D.step(), "the gradients of the last turn alone"),
        (lambda G, D, x, z: D.train(), "it is called with (G, D, opt_D, x, z)"),
        (lambda G, D, opt_D, x, z: D(x, z), "your function stops in the line `(lambda G"),
        (
            turn(cost=lambda real, fake: -((real.sigmoid() + 0.001).log() + (1 - fake.sigmoid() + 0.001).log()).mean()),
            "comes out as",
        ),
        (turn(pictures=lambda x, fake: (x, fake + 0.1 * torch.randn(()))), "comes out as"),
        (
            turn(cost=lambda real, fake: (F.softplus(-real) + F.softplus(fake) + 0.01 * (real**2 + fake**2)).mean()),
            "comes out as",
        ),
    ],
    "decay_of_average": [
        (lambda pictures, batch_size: 0.995, "whatever pictures is"),
        (lambda pictures, batch_size: 0.5 ** (32 / pictures), "whatever batch_size is"),
        (lambda pictures, batch_size: 0.5 ** (batch_size / 4000), "whatever pictures is"),
        (lambda pictures, batch_size: math.log(0.5) / (pictures / batch_size), "the logarithm of the right answer"),
        (lambda pictures, batch_size: -(0.5 ** (batch_size / pictures)), "the sign is turned"),
        (lambda pictures, batch_size: 0.25 ** (batch_size / pictures), "a quarter is left"),
        (lambda pictures, batch_size: 0.5 ** (batch_size / pictures / 2), "the square root"),
        (lambda pictures, batch_size: [0.5 ** (batch_size / pictures)] * 2, "I expected the shape ()"),
        (lambda pictures, batch_size: print(0.5 ** (batch_size / pictures)), "prints its answer"),
        (lambda pictures: 0.5 ** (32 / pictures), "it is called with (pictures, batch_size)"),
        (lambda pictures, batch_size: pictures.shape[0] / batch_size, "AttributeError"),
        (lambda p, b: 0.5 ** (1 / (p * b)), "pictures and batch_size are multiplied, "),
        (lambda p, b: (1 - 0.5) ** (b // p or b / p), "right where"),
        (lambda p, b: math.exp(-math.log(2) / 10 * b / p), "you say"),
        (lambda p, b: 0.5 ** (p / b / 2500), "you say"),
    ],
    "rarest_class": [
        (lambda t: t.argmax(1).unique(return_counts=True)[1].min() / len(t), "a class that never comes"),
        (lambda t: counts(t, minlength=10).min() / len(t), "counted over ten classes"),
        (lambda t: counts(t, minlength=t.shape[1]).min() / 500, "divided by 500"),
        (lambda t: counts(t, minlength=t.shape[1]).double().mean() / len(t), "equal share"),
        (lambda t: 1 - counts(t, minlength=t.shape[1]).min() / len(t), "1 minus the right answer"),
        (lambda t: counts(t, minlength=t.shape[1]).min() > 0, "this says whether every class comes. A"),
        (lambda t: 0.1, "whatever logits is"),
        (
            lambda t: t.argmax(0).bincount(minlength=len(t)).min() / len(t),
            "this is 0, whatever the logits are. If you do",
        ),
        (
            lambda t: t.softmax(0).argmax(1).bincount(minlength=t.shape[1]).min() / len(t),
            "softmax goes over the pictures. The classes",
        ),
        (lambda t: counts(t, minlength=t.shape[1]) / len(t), "shares of all classes"),
        (
            lambda t: t.sub_(t.mean(0)).argmax(1).bincount(minlength=t.shape[1]).min() / len(t),
            "overwrites its input logits",
        ),
        (lambda t: sum(counts(t)) / len(t), "whatever logits is"),
        (lambda t: t.bincount().min(), "RuntimeError"),
        (lambda t: min(t.argmax(1).tolist().count(k) for k in range(1, t.shape[1])) / len(t), "number 0, is left out"),
        (rarest_by_exp, "exp of a large logit is infinite. argmax"),
    ],
}
