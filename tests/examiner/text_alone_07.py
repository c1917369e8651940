"""Answers to the exercises of notebook 07, written from its text alone, without a look at the checks."""

# ruff: noqa
import math, copy
import numpy as np, torch
from torch import nn
import torch.nn.functional as F


def u1(p):
    return (p.float() / 127.5 - 1)[:, None]


def u2(p):
    return np.asarray(p)[:, np.newaxis].astype(np.float64) * (2 / 255) - 1


def u3(p):
    return torch.linspace(-1, 1, 256)[p.long()].unsqueeze(1)


def u4(p):
    return torch.lerp(torch.tensor(-1.0), torch.tensor(1.0), p.double().float() / 255).view(-1, 1, 28, 28)


def u5(p):
    return (
        torch.stack([(q.to(torch.float64) - 127.5) / 127.5 for q in p])[:, None]
        if len(p)
        else torch.zeros(0, 1, 28, 28)
    )


# turn of D
def bce(D, opt, tr, tf):
    loss = F.softplus(-tr).mean() + F.softplus(tf).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()


def d1(G, D, o, x, z):
    bce(D, o, D(x), D(G(z).detach()))


def d2(G, D, o, x, z):
    with torch.no_grad():
        fake = G(z)
    o.zero_grad()
    t = D(x)
    F.binary_cross_entropy_with_logits(t, torch.ones_like(t)).backward()
    t = D(fake)
    F.binary_cross_entropy_with_logits(t, torch.zeros_like(t)).backward()
    o.step()


def d3(G, D, o, x, z):
    with torch.no_grad():
        fake = G(z)
    V = F.logsigmoid(D(x)).mean() + F.logsigmoid(-D(fake)).mean()
    ps = list(D.parameters())
    for p, g in zip(ps, torch.autograd.grad(-V, ps)):
        p.grad = g
    o.step()


def d4(G, D, o, x, z):  # fakes first
    bf = D(G(z).detach())
    br = D(x)
    loss = torch.logaddexp(torch.zeros_like(br), -br).sum() / len(br) + torch.logaddexp(
        torch.zeros_like(bf), bf
    ).sum() / len(bf)
    o.zero_grad(set_to_none=False)
    loss.backward()
    o.step()


def dgen(fake=lambda G, z: G(z).detach(), score=None, loss=None, before=None, after=None, zero=True, steps=1):
    def f(G, D, o, x, z):
        if before:
            before(G, D)
        for _ in range(steps):
            fk = fake(G, z)
            tr, tf = score(D, x, fk) if score else (D(x), D(fk))
            L = loss(tr, tf) if loss else F.softplus(-tr).mean() + F.softplus(tf).mean()
            if zero:
                o.zero_grad()
            L.backward()
            o.step()
        if after:
            after(G, D)

    return f


def dw_evalG(G, z):
    t = G.training
    G.eval()
    with torch.no_grad():
        x = G(z)
    G.train(t)
    return x


def dw_two(G, D, o, x, z):
    fk = G(z).detach()
    o.zero_grad()
    F.softplus(-D(x)).mean().backward()
    o.step()
    o.zero_grad()
    F.softplus(D(fk)).mean().backward()
    o.step()


def dw_lost(G, D, o, x, z):
    fk = G(z).detach()
    o.zero_grad()
    F.softplus(-D(x)).mean().backward()
    o.zero_grad()
    F.softplus(D(fk)).mean().backward()
    o.step()


def dw_zerolate(G, D, o, x, z):
    (F.softplus(-D(x)).mean() + F.softplus(D(G(z).detach())).mean()).backward()
    o.zero_grad()
    o.step()


def dw_ret(G, D, o, x, z):
    L = F.softplus(-D(x)).mean() + F.softplus(D(G(z).detach())).mean()
    o.zero_grad()
    L.backward()
    o.step()
    return L


def sc_inter(D, x, f):
    b = torch.stack([x, f], 1).flatten(0, 1)
    t = D(b)
    return t[::2], t[1::2]


def sc_shuffle(D, x, f):
    b = torch.cat([x, f])
    i = torch.randperm(len(b))
    t = torch.empty(len(b)).index_put((i,), D(b[i]).view(-1))
    return t[: len(x)], t[len(x) :]


def sc_evalfake(D, x, f):
    a = D(x)
    D.eval()
    b = D(f)
    D.train()
    return a, b


def sc_eval(D, x, f):
    t = D.training
    D.eval()
    r = D(x), D(f)
    D.train(t)
    return r


def sc_halves(D, x, f):
    n = len(x) // 2
    return torch.cat([D(torch.cat([x[:n], f[:n]]))[:n], D(torch.cat([x[n:], f[n:]]))[: len(x) - n]]), torch.cat(
        [D(torch.cat([x[:n], f[:n]]))[n:], D(torch.cat([x[n:], f[n:]]))[len(x) - n :]]
    )


def sc_ones(D, x, f):  # one by one
    return torch.cat([D(a[None]).view(-1) for a in x]), torch.cat([D(a[None]).view(-1) for a in f])


def sc_realsep(D, x, f):
    return D(x), D(torch.cat([x, f]))[len(x) :]


def sc_fakesep(D, x, f):
    return D(torch.cat([x, f]))[: len(x)], D(f)


def dw_inpl(G, D, o, x, z):
    x.clamp_(-0.9, 0.9)
    d1(G, D, o, x, z)


def dw_gstep(G, D, o, x, z):
    d1(G, D, o, x, z)
    D.zero_grad()
    F.softplus(-D(G(z))).mean().backward()


def dw_gzero(G, D):
    G.zero_grad()


def dw_bnrestore(G, D, o, x, z):
    s = {k: v.clone() for k, v in D.named_buffers()}
    d1(G, D, o, x, z)
    for k, v in D.named_buffers():
        v.copy_(s[k])


def dw_momentum(G, D, o, x, z):
    for m in D.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            m.eval()
    t = D(torch.cat([x, G(z).detach()]))
    a, b = t.chunk(2)
    bce(D, o, a, b)
    D.train()


# decay
# rarest
def q1(l):
    return torch.bincount(l.argmax(1), minlength=l.shape[1]).min() / len(l)


def q2(l):
    return F.one_hot(l.argmax(1), l.shape[1]).double().mean(0).min()


def q3(l):
    a = np.asarray(l).argmax(1)
    return min(float((a == k).mean()) for k in range(l.shape[1]))


def q4(l):
    c = [0] * l.shape[1]
    for row in l.softmax(1).tolist():
        c[max(range(len(row)), key=row.__getitem__)] += 1
    return min(c) / len(l)


def q5(l):
    return torch.histc(l.argmax(1).double(), bins=l.shape[1], min=-0.5, max=l.shape[1] - 0.5).min().item() / l.shape[0]


def qw_inpl(l):
    r = q1(l)
    l -= l.max(1, keepdim=True).values
    return r


def qw_soft(l):
    e = l.exp()
    p = e / e.sum(1, keepdim=True)
    return torch.bincount(p.argmax(1), minlength=l.shape[1]).min() / len(l)


def qw_thr(l):
    p = l.softmax(1)
    return (p > 0.5).double().mean(0).min()


RIGHT = {
    "unit_pixels": [u1, u2, u3, u4, u5],
    "turn_of_D": [d1, d2, d3, d4],
    "decay_of_average": [
        lambda p, b: 0.5 ** (b / p),
        lambda p, b: math.exp(-math.log(2) * b / p),
        lambda p, b: torch.tensor(2.0, dtype=torch.float64) ** (-b / p),
        lambda p, b: np.exp2(-np.float64(b) / p),
        lambda p, b: math.pow(1 / 2, 1 / (p / b)),
    ],
    "rarest_class": [q1, q2, q3, q4, q5],
}
c = lambda p: p[:, None].float()
WRONG = {
    "unit_pixels": [
        (lambda p: c(p) / 128 - 1, "/128"),
        (lambda p: c(p) / 255, "0 ... 1"),
        (lambda p: (p * 2)[:, None] / 255 - 1, "uint8 times 2 wraps"),
        (lambda p: (p - 128)[:, None] / 128, "uint8 minus 128 wraps"),
        (lambda p: (p[:, None] - 127) / 127.5, "uint8 minus 127 wraps"),
        (lambda p: 2 * (c(p) - c(p).min()) / (c(p).max() - c(p).min()).clamp(min=1) - 1, "stretched to the batch"),
        (lambda p: 2 * c(p) / c(p).amax((1, 2, 3), keepdim=True).clamp(min=1) - 1, "stretched to each picture"),
        (lambda p: 2 * c(p) / c(p).max().clamp(min=1) - 1, "by the batch's maximum"),
        (lambda p: c(p)[:, 0] / 127.5 - 1, "no channel"),
        (lambda p: p[..., None].float() / 127.5 - 1, "channel last"),
        (lambda p: p[None].float() / 127.5 - 1, "channel first"),
        (lambda p: (c(p) - c(p).mean()) / c(p).std(), "standardised"),
        (lambda p: (c(p) - 0.2860 * 255) / (0.353 * 255), "Fashion-MNIST's mean and deviation"),
        (lambda p: 1 - c(p) / 127.5, "inverted"),
        (lambda p: (p[:, None].to(torch.int8)).float() / 128, "as int8"),
        (lambda p: c(p) // 127.5 - 1, "whole numbers"),
        (lambda p: (c(p) / 127.5 - 1).tanh(), "tanh"),
        (lambda p: (c(p) / 127.5 - 1).round(), "rounded"),
        (lambda p: c(p) / 127.5 - 0.5, "minus a half"),
        (lambda p: c(p) / 255 - 0.5, "-1/2 ... 1/2"),
        (lambda p: 2 * c(p) / 256 - 1, "/256"),
        (lambda p: c(p) / 127 - 1, "/127"),
        (lambda p: (c(p) / 127 - 1).clamp(-1, 1), "/127, clamped"),
        (lambda p: (c(p) + 0.5) / 128 - 1, "bin centres"),
        (lambda p: u1(p).half(), "half precision"),
        (lambda p: u1(p).permute(0, 1, 3, 2), "transposed"),
        (lambda p: u1(p).expand(-1, 3, -1, -1), "three channels"),
        (lambda p: u1(p).flip(2), "upside down"),
        (lambda p: u1(p[:64]), "64 pictures at most"),
        (lambda p: c(p).sub(127.5).sign(), "black and white"),
        (lambda p: torch.where(c(p) == 0, -1.0, c(p) / 255), "black -1, the rest 0 ... 1"),
    ],
    "turn_of_D": [
        (dgen(fake=lambda G, z: G(z)), "no detach: G gets gradients"),
        (dgen(fake=dw_evalG), "G draws in eval mode"),
        (dgen(score=sc_eval), "D in eval mode"),
        (dgen(score=sc_evalfake), "fakes in D's eval mode"),
        (dgen(score=sc_inter), "interleaved"),
        (dgen(score=sc_shuffle), "shuffled"),
        (dgen(score=sc_halves), "two half-and-half batches"),
        (dgen(score=sc_realsep), "fakes still among real ones"),
        (dgen(score=sc_fakesep), "real ones still among fakes"),
        (dgen(score=sc_ones), "one by one"),
        (
            dgen(loss=lambda a, b: (F.softplus(-a).mean() + F.softplus(b).mean()) / 2),
            "half the gradient (mean over all)",
        ),
        (dgen(loss=lambda a, b: F.softplus(-a).sum() + F.softplus(b).sum()), "sums"),
        (dgen(loss=lambda a, b: F.softplus(a).mean() + F.softplus(-b).mean()), "D descends V"),
        (dgen(loss=lambda a, b: F.softplus(-a).mean()), "fakes left out"),
        (dgen(loss=lambda a, b: F.relu(1 - a).mean() + F.relu(1 + b).mean()), "hinge"),
        (dgen(loss=lambda a, b: b.mean() - a.mean()), "Wasserstein"),
        (
            dgen(
                loss=lambda a, b: F.binary_cross_entropy_with_logits(a, torch.full_like(a, 0.9)) + F.softplus(b).mean()
            ),
            "smoothed labels",
        ),
        (
            dgen(loss=lambda a, b: -(a.sigmoid().log().mean() + (1 - b.sigmoid()).log().mean())),
            "log of sigmoid: not finite for sure scores",
        ),
        (
            dgen(loss=lambda a, b: -((a.sigmoid() + 1e-3).log().mean() + (1 - b.sigmoid() + 1e-3).log().mean())),
            "log with 1e-3",
        ),
        (dgen(loss=lambda a, b: -(a.sigmoid().mean() + (1 - b.sigmoid()).mean())), "without log"),
        (dgen(loss=lambda a, b: F.softplus(-(a - b)).mean()), "relativistic"),
        (dgen(loss=lambda a, b: (a - 1).square().mean() + b.square().mean()), "least squares"),
        (dgen(loss=lambda a, b: F.softplus(-a).mean() - F.softplus(-b).mean()), "wrong sign for fakes"),
        (dgen(loss=lambda a, b: F.softplus(-a.mean()) + F.softplus(b.mean())), "of the mean score"),
        (dgen(after=lambda G, D: G.requires_grad_(False)), "G frozen for ever"),
        (dgen(before=dw_gzero), "G's gradients deleted"),
        (dgen(after=lambda G, D: D.eval()), "D left in eval"),
        (dgen(after=lambda G, D: G.eval()), "G left in eval"),
        (dgen(zero=False), "no zero_grad"),
        (dgen(steps=2), "two steps"),
        (dw_two, "a step for each half"),
        (dw_lost, "real ones' gradient deleted"),
        (dw_zerolate, "zero_grad before step"),
        (dw_inpl, "x in place"),
        (dw_gstep, "G's gradients filled"),
        (dw_bnrestore, "D's averages put back"),
        (dw_momentum, "one batch, D's BatchNorm in eval"),
        (dgen(fake=lambda G, z: G(torch.randn_like(z)).detach()), "other latents"),
        (dgen(fake=lambda G, z: G(z[: len(z) // 2]).detach()), "half of the fakes"),
        (dgen(fake=lambda G, z: copy.deepcopy(G).eval()(z).detach()), "fakes of a copy in eval"),
        (dgen(score=lambda D, x, f: (D(x), D(x))), "real twice"),
        (dgen(score=lambda D, x, f: (D(x).detach(), D(f))), "real scores detached"),
        (dgen(fake=lambda G, z: G(z).detach() + 0.1 * torch.randn(())), "noise on fakes"),
        (dgen(before=lambda G, D: torch.manual_seed(0)), "seeds"),
        (
            dgen(
                loss=lambda a, b: (
                    F.softplus(-a).mean() + F.softplus(b).mean() + 1e-2 * (a.square().mean() + b.square().mean())
                )
            ),
            "penalty on scores",
        ),
    ],
    "decay_of_average": [
        (lambda p, b: 1 - b / p, "1 - b/p"),
        (lambda p, b: 0.5 ** (p / b), "exponent upside down"),
        (lambda p, b: 1 - math.log(2) * b / p, "first order"),
        (lambda p, b: math.exp(-b / p), "1/e"),
        (lambda p, b: 1 - 0.5 * b / p, "linear"),
        (lambda p, b: 0.5 ** (1 / p), "batch ignored"),
        (lambda p, b: 0.995, "the recipe's"),
        (lambda p, b: 0.5 ** (1 / max(1, p // b)), "whole steps"),
        (lambda p, b: 0.5 ** (1 / math.ceil(p / b)), "steps rounded up"),
        (lambda p, b: round(0.5 ** (b / p), 3), "three digits"),
        (lambda p, b: max(0.5, 0.5 ** (b / p)), "at least 1/2"),
        (lambda p, b: min(0.999, 0.5 ** (b / p)), "at most 0.999"),
        (lambda p, b: 10 ** (-b / p), "tenth"),
        (lambda p, b: 0.5 ** (b / 60000), "Fashion-MNIST's size"),
        (lambda p, b: 0.5 ** (b / p / 2), "half the exponent"),
        (lambda p, b: 0.5 ** (32 / p), "batch of 32"),
        (lambda p, b: 0.5 ** (1 / (p * b)), "p times b"),
        (lambda p, b: 1 - 0.5 ** (b / p), "the complement"),
        (lambda p, b: 1 / (1 + b / p), "1/(1 + b/p)"),
        (lambda p, b: math.log(0.5) / math.log(0.995), "the guess"),
        (lambda p, b: 0.5 * b / p, "half per step"),
        (lambda p, b: (1 - 0.5) ** (b // p or b / p), "whole division"),
        (lambda p, b: math.exp(-math.log(2) / 10 * b / p), "log 10"),
        (lambda p, b: 0.5 ** (1 / (p / b + 1)), "one step more"),
        (lambda p, b: 0.5 ** (1 / (p / b - 1)) if p > b else 0.25, "one step fewer"),
        (lambda p, b: 0.5 ** (math.sqrt(b / p)), "root"),
        (lambda p, b: 2 ** (b / p) - 1 if b < p else 0.5, "2^x - 1"),
        (lambda p, b: (1 - b / p) ** math.log(2) if b < p else 0.5, "(1 - b/p)^ln 2"),
        (lambda p, b: 0.5 ** (p / b / 2500), "steps of the recipe"),
        (lambda p, b: 1 - b / (2 * p), "1 - b/2p"),
        (lambda p, b: 0.25 ** (b / p), "a quarter"),
        (lambda p, b: 1 - 1 / (p / b), "1 - 1/steps"),
    ],
    "rarest_class": [
        (lambda l: torch.bincount(l.argmax(1)).min() / len(l), "no minlength"),
        (lambda l: l.softmax(1).mean(0).min(), "mean probability"),
        (lambda l: l.argmax(1).unique(return_counts=True)[1].min() / len(l), "unique"),
        (lambda l: torch.bincount(l.argmax(1), minlength=10).min() / len(l), "ten classes"),
        (lambda l: torch.bincount(l.argmax(1), minlength=l.shape[1]).min(), "count"),
        (lambda l: torch.bincount(l.argmax(1), minlength=l.shape[1]).argmin(), "which class"),
        (lambda l: torch.bincount(l.argmax(1), minlength=l.shape[1]).min() / l.shape[1], "divided by K"),
        (lambda l: torch.bincount(l.argmax(0), minlength=len(l)).min() / len(l), "argmax over fakes"),
        (lambda l: torch.bincount(l.argmax(1), minlength=l.shape[1]).max() / len(l), "commonest"),
        (lambda l: torch.bincount(l.argmin(1), minlength=l.shape[1]).min() / len(l), "least likely class"),
        (lambda l: torch.bincount(l.argmax(1), minlength=l.shape[1]).min() / 2000, "N = 2000"),
        (
            lambda l: torch.bincount(l.argmax(1), minlength=l.shape[1]).min() / len(l) * l.shape[1],
            "relative to uniform",
        ),
        (qw_inpl, "in place"),
        (qw_soft, "exp overflows"),
        (qw_thr, "probability above 1/2"),
        (lambda l: l.softmax(1).amin(1).mean(), "mean least probability"),
        (lambda l: 1 - torch.bincount(l.argmax(1), minlength=l.shape[1]).max() / len(l), "1 minus commonest"),
        (lambda l: 100 * q1(l), "percent"),
        (lambda l: torch.bincount(l.argmax(1), minlength=l.shape[1] + 1).min() / len(l), "one class too many"),
        (lambda l: torch.bincount(l.argmax(1), minlength=l.shape[1]).sort().values[1] / len(l), "second rarest"),
        (lambda l: torch.bincount(l.abs().argmax(1), minlength=l.shape[1]).min() / len(l), "largest |logit|"),
        (lambda l: (l > 0).double().mean(0).min(), "logit above 0"),
        (lambda l: (l.sigmoid() > 0.5).double().mean(0).min(), "sigmoid above 1/2"),
        (lambda l: torch.bincount(l.argmax(1), minlength=l.shape[1]).double().median() / len(l), "median"),
        (lambda l: F.one_hot(l.argmax(1)).double().mean(0).min(), "one_hot without K"),
        (lambda l: l.mean(0).softmax(0).min(), "softmax of the mean logits"),
        (lambda l: 0.0 if len(l.argmax(1).unique()) < l.shape[1] else 1 / l.shape[1], "uniform, or lost"),
        (lambda l: torch.bincount(l[:, :-1].argmax(1), minlength=l.shape[1] - 1).min() / len(l), "last class left out"),
        (
            lambda l: torch.bincount(l.topk(2).indices.flatten(), minlength=l.shape[1]).min() / len(l) / 2,
            "the likeliest two",
        ),
        (lambda l: torch.bincount(l[:500].argmax(1), minlength=l.shape[1]).min() / min(500, len(l)), "first 500"),
        (
            lambda l: (
                torch.bincount(torch.distributions.Categorical(logits=l).sample(), minlength=l.shape[1]).min() / len(l)
            ),
            "sampled classes",
        ),
        (lambda l: torch.histc(l.argmax(1).double(), bins=10).min() / len(l), "histogram over the found range"),
    ],
}
# of the wrong ones those that were accepted or not named at first, with the words of the sentence that must come
SAID = {
    "unit_pixels": {
        3: "whole numbers of 8 bits go round: 100 − ",
        4: "whole numbers of 8 bits go round: 100 − ",
        12: "mean and deviation of Fashion-MNIST are ",
        14: "as int8 the bright pixels become negativ",
        16: "tanh is the end of G, not of the data: b",
        17: " is ",
        21: "nearly: white, 255, becomes 1.008, which",
        22: "nearly: with 127 two shades become white",
        24: " is ",
        28: "I expected the shape (70, 1, 28, 28), yo",
        29: "only black and white are left. The greys",
        30: " is ",
    },
    "turn_of_D": {
        3: "the fakes are scored in eval mode. In G'",
        6: "comes out as",
        7: "the fakes still go through D together wi",
        8: "the real pictures still go through D tog",
        9: "pictures go through D one by one: BatchN",
        17: "where D is sure, sigmoid is exactly 0 or",
        18: "comes out as",
        19: "the logarithms are missing: D climbs log",
        22: "for a fake D earns −log D here. It earns",
        23: "the mean of the scores is taken first. V",
        25: "G's gradients are deleted. Leave them as",
        30: "D makes a step for the real pictures and",
        34: "D is right, but then G's own gradients a",
        38: "comes out as",
        42: "comes out as",
        44: "comes out as",
    },
    "decay_of_average": {
        11: "right for some inputs, but for pictures ",
        16: "pictures and batch_size are multiplied, ",
        21: "right for some inputs, but for pictures ",
        22: " is ",
        28: " is ",
    },
    "rarest_class": {
        13: "exp of a large logit is infinite. argmax",
        16: "this is the share of all classes but the",
        27: "the logits of the last class are left ou",
        29: "right for some inputs, but for logits of",
    },
}
WRONG = {name: [(WRONG[name][k][0], words) for k, words in rows.items()] for name, rows in SAID.items()}
