"""Answers to the exercises of notebook 11."""

import numpy as np
import torch
import torch.nn.functional as F

# 11.1


def projection_in_numpy(h, y, w, b, e):
    h, y, w, e = h.numpy(), y.numpy(), w.numpy(), e.numpy()
    return (h * (w + e[y])).sum(axis=1) + b


def projection_with_loops(h, y, w, b, e):
    return [sum(h[i, j] * (w[j] + e[y[i], j]) for j in range(len(w))) + b for i in range(len(h))]


def projection_centring(h, y, w, b, e):
    e += w
    return (e[y] * h).sum(1) + b


# 11.2


def turn_with_bce(G, D, opt_D, x, y, z, ordered):
    opt_D.zero_grad()
    with torch.no_grad():
        fake = G(z, ordered)
    t, s = D(x, y), D(fake, ordered)
    loss = F.binary_cross_entropy_with_logits(t, torch.ones_like(t))
    loss = loss + F.binary_cross_entropy_with_logits(s, torch.zeros_like(s))
    loss.backward()
    opt_D.step()


def turn_in_two_parts(G, D, opt_D, x, y, z, ordered):
    for weight in D.parameters():
        weight.grad = None
    (-F.logsigmoid(D(x, y)).mean()).backward()
    (-F.logsigmoid(-D(G(z, ordered).detach(), ordered)).mean()).backward()
    opt_D.step()


def turn_by_gradients(G, D, opt_D, x, y, z, ordered):
    V = D(x, y).sigmoid().log().mean() + (1 - D(G(z, ordered), ordered).sigmoid()).log().mean()
    for weight, slope in zip(D.parameters(), torch.autograd.grad(V, list(D.parameters())), strict=True):
        weight.grad = -slope
    opt_D.step()


def turn_by_einsum(G, D, opt_D, x, y, z, ordered):
    pairs = torch.cat([x, G(z, ordered).detach()]), torch.cat([y, ordered])
    signs = torch.cat([-torch.ones(len(x)), torch.ones(len(z))]).to(x)
    cost = torch.einsum("n->", F.softplus(signs * D(*pairs))) / len(x)
    opt_D.zero_grad(set_to_none=False)
    cost.backward()
    opt_D.step()


def turn(cost, *, made=None, before=None, after=None, detach=True):
    def turn_of_D(G, D, opt_D, x, y, z, ordered):
        if before:
            before(G, D)
        fake = G(z, ordered) if made is None else made(G, z, y, ordered)
        opt_D.zero_grad()
        cost(D, x, y, fake.detach() if detach else fake, ordered).backward()
        opt_D.step()
        if after:
            after(G, D)

    return turn_of_D


def usual(D, x, y, fake, ordered):
    return -F.logsigmoid(D(x, y)).mean() - F.logsigmoid(-D(fake, ordered)).mean()


def asking(of_real, of_fake):
    return lambda D, x, y, fake, ordered: (
        -F.logsigmoid(D(x, of_real(y, ordered))).mean() - F.logsigmoid(-D(fake, of_fake(y, ordered))).mean()
    )


def turn_of_both(G, D, opt_D, x, y, z, ordered):
    turn(usual)(G, D, opt_D, x, y, z, ordered)
    with torch.no_grad():
        for weight in G.parameters():
            weight += 0.1


def turn_relabelled(G, D, opt_D, x, y, z, ordered):
    ordered.copy_(y)
    turn(usual)(G, D, opt_D, x, y, z, ordered)


# 11.3


def best_D_with_loops(p, q, data, orders):
    D = [[0.0] * p.shape[1] for _ in range(len(p))]
    for i in range(len(p)):
        for j in range(p.shape[1]):
            real, fake = float(data[i] * p[i, j]), float(orders[i] * q[i, j])
            D[i][j] = real / (real + fake)
    return D


def joint(p, shares):
    return torch.einsum("y,yx->yx", shares, p)


def best_D_overwriting(p, q, data, orders):
    p *= data[:, None]
    return p / (p + orders[:, None] * q)


# 11.4


def truth_by_cramer(seen, confusion):
    found = []
    for k in range(len(seen)):
        other = confusion.clone()
        other[k] = seen
        found.append(torch.det(other) / torch.det(confusion))
    return found


def truth_overwriting(seen, confusion):
    confusion.transpose_(0, 1)
    return torch.linalg.solve(confusion, seen)


RIGHT = {
    "projection": [
        projection_in_numpy,
        projection_with_loops,
        lambda h, y, w, b, e: torch.einsum("nf,nf->n", h, w + e[y]) + b,
        lambda h, y, w, b, e: (h @ (e + w).T + b).gather(1, y[:, None])[:, 0],
        lambda h, y, w, b, e: F.linear(h.float(), w.float()[None])[:, 0] + b + (F.embedding(y, e) * h).float().sum(1),
    ],
    "turn_of_D": [turn_with_bce, turn_in_two_parts, turn_by_gradients, turn_by_einsum],
    "best_D": [
        best_D_with_loops,
        lambda p, q, data, orders: 1 / (1 + joint(q, orders) / joint(p, data)),
        lambda p, q, data, orders: np.exp(
            -np.logaddexp(0, np.log(q.numpy() / p.numpy()) + np.log(orders.numpy() / data.numpy())[:, None])
        ),
        lambda p, q, data, orders: torch.stack([joint(p, data), joint(q, orders)]).log().softmax(0)[0],
    ],
    "truth": [
        truth_by_cramer,
        lambda seen, confusion: np.linalg.solve(confusion.numpy().T, seen.numpy()),
        lambda seen, confusion: torch.linalg.lstsq(confusion.T, seen[:, None]).solution[:, 0],
        lambda seen, confusion: torch.linalg.pinv(confusion.T.float()) @ seen.float(),
    ],
}

WRONG = {
    "projection": [
        (lambda h, y, w, b, e: torch.einsum("nf,nf->n", h, w + e[y]), "b is missing"),
        (lambda h, y, w, b, e: torch.einsum("nf,nf->n", h, w - e[y]) + b, "the part of the label is added,"),
        (lambda h, y, w, b, e: -torch.einsum("nf,nf->n", h, w + e[y]) - b, "the sign is turned, everywhere"),
        (lambda h, y, w, b, e: torch.einsum("nf,nf->n", h, w + e[y]).sigmoid() + b, "for h = (-0"),
        (
            lambda h, y, w, b, e: (torch.einsum("nf,nf->n", h, w + e[y]) + b).sigmoid(),
            "this is D(x, y), after the sigmoid",
        ),
        (lambda h, y, w, b, e: (h * (w + e[y])).mean(1) + b, "inner products are sums over the features,"),
        (lambda h, y, w, b, e: (h * (w + e[y]) + b).sum(1), "b is added once for each feature"),
        (lambda h, y, w, b, e: h @ w + b + e[y].mean(1), "this adds a number for each class,"),
        (lambda h, y, w, b, e: h @ (w + e.sum(0)) + b, "here every class asks its question at"),
        (lambda h, y, w, b, e: h @ w + b + (h @ e.T).diagonal(), "RuntimeError"),
        (lambda h, y, w, b, e: h @ w + b + (e[y.flip(0)] * h).sum(1), "right for some inputs, but"),
        (lambda h, y, w, b, e: h @ w + b + (e[y.sort().values] * h).sum(1), "right for some inputs, but"),
        (lambda h, y, w, b, e: h @ w + b + (e[y] * h).sum(0), "RuntimeError"),
        (lambda h, y, w, b, e: h @ w + 0.7 + (e[y] * h).sum(1), "your answer stays the same, whatever b"),
        (lambda h, y, w, b, e: h @ w + b + (e[y] * h).sum(), "right for some inputs, but"),
        (lambda h, y, w, b, e: (e[y] * h).sum(1) * (h @ w) + b, "for h = (0"),
        (lambda h, y, w, b, e: h @ w + b + (e[y] - h).square().sum(1), "for h = (0"),
        (lambda h, y, w, b, e: h @ w + 2 * b + (e[y] * h).sum(1), "b is added twice."),
        (lambda h, y, w, b, e: h @ (w + e).T + b, "this is a score for each class"),
        (lambda h, y, w, b, e: h @ w + b + (F.one_hot(y, 3).to(h) @ e * h).sum(1), "RuntimeError"),
        (lambda h, y, w, b, e: (h @ w + b + (e[y] * h).sum(1)).mean(), "I expected the shape (6,), you gave"),
        (projection_centring, "the value is right, but it overwrites"),
    ],
    "turn_of_D": [
        (turn(asking(lambda y, o: o, lambda y, o: o)), "the fakes come out well, but G"),
        (turn(asking(lambda y, o: y, lambda y, o: y)), "D is asked whether the fakes fit"),
        (
            turn(asking(lambda y, o: y[torch.arange(len(y)).flip(0)], lambda y, o: o)),
            "the real samples are shown with labels",
        ),
        (
            turn(asking(lambda y, o: torch.zeros_like(y), lambda y, o: torch.zeros_like(y))),
            "D is told class 0 for everything,",
        ),
        (turn(usual, made=lambda G, z, y, o: G(z, y)), "the fakes are made for the labels"),
        (turn(usual, made=lambda G, z, y, o: G(z, o.flip(0))), "right for some inputs, but"),
        (turn(usual, made=lambda G, z, y, o: G(torch.zeros_like(z), o)), "for x of shape (5, 2), y"),
        (turn(usual, detach=False), "the value is right, but it leaves"),
        (turn(usual, after=lambda G, D: D.eval()), "D is left in eval mode"),
        (turn(usual, before=lambda G, D: G.eval()), "the value is right, but it leaves"),
        (turn(usual, after=lambda G, D: D.requires_grad_(False)), "D's weights want no gradients any more"),
        (turn(lambda *given: usual(*given) / 2), "the two means are averaged"),
        (turn(lambda *given: -usual(*given)), "D descends V here"),
        (
            turn(lambda D, x, y, fake, o: F.softplus(-D(x, y)).mean() + F.softplus(-D(fake, o)).mean()),
            "D learns to call everything real",
        ),
        (turn(lambda D, x, y, fake, o: F.softplus(-D(x, y)).mean()), "D learns from the real pairs only"),
        (
            turn(lambda D, x, y, fake, o: -D(x, y).mean() + D(fake, o).mean()),
            "this cost has no logarithms: a critic's,",
        ),
        (
            turn(lambda D, x, y, fake, o: F.softplus(-D(x, y)).mean() + F.softplus(D(fake, o)).mean().detach()),
            "D learns from the real pairs only",
        ),
        (
            turn(lambda D, x, y, fake, o: (1 - D(x, y)).square().mean() + D(fake, o).square().mean()),
            "this is the least-squares cost",
        ),
        (
            lambda G, D, opt_D, x, y, z, ordered: turn(usual)(
                G, D, torch.optim.SGD(D.parameters(), 0.0), x, y, z, ordered
            ),
            "D's weights have not moved",
        ),
        (
            lambda G, D, opt_D, x, y, z, ordered: usual(D, x, y, G(z, ordered).detach(), ordered),
            "D's weights have not moved",
        ),
        (lambda G, D, opt_D, x, y, z, ordered: opt_D.step(), "for x of shape (5, 2), y"),
        (turn_of_both, "it changes weights or running averages of"),
        (turn_relabelled, "the orders play no part"),
    ],
    "best_D": [
        (lambda p, q, data, orders: torch.sigmoid((p / q).log()), "this is (2)"),
        (
            lambda p, q, data, orders: joint(q, orders) / (joint(p, data) + joint(q, orders)),
            "this is the probability that the pair",
        ),
        (lambda p, q, data, orders: joint(p, data) / joint(q, orders), "these are the odds, real against fake"),
        (lambda p, q, data, orders: (joint(p, data) / joint(q, orders)).log(), "this is the score t*"),
        (
            lambda p, q, data, orders: joint(p, orders) / (joint(p, orders) + joint(q, data)),
            "data and orders are exchanged",
        ),
        (lambda p, q, data, orders: joint(p, data) - joint(q, orders), "this is how much more often the"),
        (lambda p, q, data, orders: (joint(p, data) > joint(q, orders)).float(), "this says which is likelier"),
        (
            lambda p, q, data, orders: joint(p, data).sum(0) / (joint(p, data) + joint(q, orders)).sum(0),
            "this is the best D that does",
        ),
        (
            lambda p, q, data, orders: joint(p, data) / (joint(p, data) + joint(q, orders)).sum(),
            "your answer stays the same, whatever orders",
        ),
        (
            lambda p, q, data, orders: joint(p, data) / (joint(p, data) + joint(q, 1 - data)),
            "your answer stays the same, whatever orders",
        ),
        (
            lambda p, q, data, orders: (p / (p + q)) * (data / (data + orders))[:, None],
            "this multiplies two probabilities",
        ),
        (
            lambda p, q, data, orders: (p / (p + q) + (data / (data + orders))[:, None]) / 2,
            "this is the mean of two probabilities.",
        ),
        (
            lambda p, q, data, orders: (
                joint(p, data.softmax(0)) / (joint(p, data.softmax(0)) + joint(q, orders.softmax(0)))
            ),
            ", you say ",
        ),
        (lambda p, q, data, orders: 0.9 * p / (0.9 * p + 0.5 * q), "your answer stays the same, whatever data"),
        (
            lambda p, q, data, orders: (joint(p, data) / (joint(p, data) + joint(q, orders))).T,
            "I expected the shape (2, 3), you",
        ),
        (lambda p, q, data, orders: data * p / (data * p + orders * q), "RuntimeError"),
        (lambda p, q, data, orders: torch.full_like(p, 0.5), "your answer stays the same, whatever data"),
        (lambda p, q, data, orders: joint(p, data), "your answer stays the same, whatever orders"),
        (lambda p, q, data, orders: joint(p, data) / (joint(p, data) + joint(q, orders)).clamp(min=0.3), ", you say "),
        (best_D_overwriting, "the value is right, but it overwrites"),
    ],
    "truth": [
        (lambda seen, confusion: seen.clone(), "this is what the classifier sees, its"),
        (lambda seen, confusion: confusion.T @ seen, "this puts the mistakes in a second"),
        (lambda seen, confusion: torch.linalg.inv(confusion) @ seen, "rows and columns are exchanged"),
        (lambda seen, confusion: confusion @ seen, "this does not undo the table"),
        (lambda seen, confusion: seen @ confusion.T, "this does not undo the table"),
        (lambda seen, confusion: (seen / confusion.diagonal()).numpy(), "this undoes what the classifier misses, but"),
        (lambda seen, confusion: (seen / confusion.diagonal()).softmax(0), ", you say "),
        (
            lambda seen, confusion: (seen @ torch.linalg.inv(confusion)).softmax(0),
            "these are already shares, up to chance",
        ),
        (
            lambda seen, confusion: torch.linalg.solve(confusion.T, seen).flip(0),
            "these are the right numbers in another",
        ),
        (lambda seen, confusion: torch.linalg.solve(confusion.T, seen).argmax(), "I expected the shape (3,), you gave"),
        (lambda seen, confusion: 100 * torch.linalg.solve(confusion.T, seen), "yours is 100 times the right answer,"),
        (
            lambda seen, confusion: torch.linalg.solve(confusion.T, seen).clamp(max=0.5),
            "right for some inputs, but",
        ),
        (lambda seen, confusion: torch.diag(seen) @ torch.linalg.inv(confusion), "I expected the shape (3,), you gave"),
        (lambda seen, confusion: seen @ (2 * torch.eye(len(seen)) - confusion), "this takes the mistakes out once, to"),
        (lambda seen, confusion: torch.full_like(seen, 1 / len(seen)), "your answer stays the same, whatever seen"),
        (lambda seen, confusion: torch.tensor([0.6, 0.3, 0.1]), "I expected the shape (2,), you gave"),
        (lambda seen, confusion: torch.linalg.solve(confusion.T, seen)[:2], "I expected the shape (3,), you gave"),
        (
            lambda seen, confusion: seen - confusion.T @ seen + confusion.diagonal() * seen,
            "this takes off what is mistaken for",
        ),
        (lambda seen, confusion: torch.linalg.solve(confusion, seen[:, None]), "I expected the shape (3,), you gave"),
        (lambda seen, confusion: seen * (1 + 1 - confusion.diagonal()), ", you say "),
        (truth_overwriting, "the value is right, but it overwrites"),
        (lambda seen, confusion: torch.linalg.cholesky_solve(seen[:, None], confusion)[:, 0], "AttributeError"),
    ],
}


# written from the text alone
# ruff: noqa: B905, E731, E741


def blind_q_lin(h, y, w, b, e):
    return h @ w + b + (e[y] * h).sum(1)


def blind_q_einsum(h, y, w, b, e):
    return torch.einsum("nf,nf->n", h, w + e[y]) + b


def blind_q_onehot(h, y, w, b, e):
    return F.linear(h, w[None], None)[:, 0] + b + (F.one_hot(y, len(e)).to(h.dtype) * (h @ e.T)).sum(1)


def blind_q_loop(h, y, w, b, e):
    return torch.stack([torch.dot(h[i], w + e[int(y[i])]) + b for i in range(len(h))])


def blind_q_emb(h, y, w, b, e):
    return h.mv(w) + b + torch.bmm(F.embedding(y, e)[:, None], h[:, :, None]).view(-1)


def blind_q_np(h, y, w, b, e):
    return h.numpy() @ w.numpy() + float(b) + (e.numpy()[y.numpy()] * h.numpy()).sum(1)


def blind_q_gather(h, y, w, b, e):
    return h @ w + b + (h @ e.T).gather(1, y[:, None]).squeeze(1)


def blind_q_row(h, y, w, b, e):
    return h @ w + b + (e[: len(h)] * h).sum(1) if len(e) >= len(h) else h @ w + b + h @ e[0]


def blind_q_nob(h, y, w, b, e):
    return (h * (w + e[y])).sum(1)


def blind_q_now(h, y, w, b, e):
    return b + (h * e[y]).sum(1)


def blind_q_noe(h, y, w, b, e):
    return h @ w + b


def blind_q_first(h, y, w, b, e):
    return h @ w + b + h @ e[y[0]]


def blind_q_mean(h, y, w, b, e):
    return h @ w + b + h @ e[y].mean(0)


def blind_q_batchsum(h, y, w, b, e):
    return h @ w + b + (h @ e[y].T).sum(1)


def blind_q_diag(h, y, w, b, e):
    return h @ w + b + (h @ e[y].T).sum(0)


def blind_q_meanf(h, y, w, b, e):
    return h @ w + b + (h * e[y]).mean(1)


def blind_q_prod(h, y, w, b, e):
    return (h @ w + b) * (h * e[y]).sum(1)


def blind_q_bmul(h, y, w, b, e):
    return b * (h * (w + e[y])).sum(1)


def blind_q_cos(h, y, w, b, e):
    return h @ w + b + F.cosine_similarity(h, e[y], dim=1)


def blind_q_ew(h, y, w, b, e):
    return b + (h * w * e[y]).sum(1)


def blind_q_col(h, y, w, b, e):
    return h @ w + b + (h * e[:, :1][y]).sum(1)


def blind_q_col2(h, y, w, b, e):
    return h @ w + b + (e[y] * h).sum(1)[:, None].squeeze(1).flip(0)


def blind_q_max(h, y, w, b, e):
    return h @ w + b + (h @ e.T).amax(1)


def blind_q_argmax(h, y, w, b, e):
    return h @ w + b + (h * e[(h @ e.T).argmax(1)]).sum(1)


def blind_q_scale(h, y, w, b, e):
    return h @ w + b + (h * e[y]).sum(1) / h.shape[1] ** 0.5


def blind_q_off(h, y, w, b, e):
    return h @ w + b + (h * e[y - 1]).sum(1)


def blind_q_sorted(h, y, w, b, e):
    o = y.argsort()
    return h @ w + b + (h[o] * e[y[o]]).sum(1)


def blind_q_centre(h, y, w, b, e):
    return h @ w + b + (h * (e[y] - e.mean(0))).sum(1)


def blind_q_relu(h, y, w, b, e):
    return (h.relu() * (w + e[y])).sum(1) + b


def blind_q_norm(h, y, w, b, e):
    v = e / e.norm(dim=1, keepdim=True)
    return h @ w + b + (h * v[y]).sum(1)


def blind_q_lsm(h, y, w, b, e):
    return h @ w + b + (h @ e.T).log_softmax(1).gather(1, y[:, None])[:, 0]


def blind_t(real, fake, scale=None, mk=None):

    def f(G, D, opt_D, x, y, z, ordered):
        with torch.enable_grad():
            g = G(z, ordered).detach() if mk is None else mk(G, z, ordered, y)
            opt_D.zero_grad()
            c = real(D, x, y, ordered, g) + fake(D, g, y, ordered, x)
            (c if scale is None else scale * c).backward()
            opt_D.step()

    return f


blind_R = lambda D, x, y, o, g: F.softplus(-D(x, y)).mean()


blind_K = lambda D, g, y, o, x: F.softplus(D(g, o)).mean()


blind_td_ok = blind_t(blind_R, blind_K)


blind_td_bce = blind_t(
    lambda D, x, y, o, g: F.binary_cross_entropy_with_logits(D(x, y), torch.ones(len(x))),
    lambda D, g, y, o, x: F.binary_cross_entropy_with_logits(D(g, o), torch.zeros(len(g))),
)


blind_td_log = blind_t(
    lambda D, x, y, o, g: -F.logsigmoid(D(x, y)).mean(), lambda D, g, y, o, x: -F.logsigmoid(-D(g, o)).mean()
)


def blind_td_nograd(G, D, opt_D, x, y, z, ordered):
    with torch.no_grad():
        fake = G(z, ordered)
    opt_D.zero_grad()
    F.softplus(-D(x, y)).mean().backward()
    F.softplus(D(fake, ordered)).mean().backward()
    opt_D.step()


def blind_td_orderfirst(G, D, opt_D, x, y, z, ordered):
    fake = G(z, ordered)
    fc = F.softplus(D(fake.detach(), ordered))
    rc = F.softplus(-D(x, y))
    opt_D.zero_grad()
    (rc.mean() + fc.mean()).backward()
    opt_D.step()
    return rc


blind_td_both = blind_t(
    lambda D, x, y, o, g: F.softplus(-D(x, o)).mean(), lambda D, g, y, o, x: F.softplus(D(g, y)).mean()
)


blind_td_zero = blind_t(lambda D, x, y, o, g: F.softplus(-D(x, torch.zeros_like(y))).mean(), blind_K)


blind_td_shuffle = blind_t(lambda D, x, y, o, g: F.softplus(-D(x, y[torch.randperm(len(y))])).mean(), blind_K)


blind_td_sorted = blind_t(lambda D, x, y, o, g: F.softplus(-D(x, y.sort().values)).mean(), blind_K)


blind_td_signR = blind_t(
    lambda D, x, y, o, g: F.softplus(D(x, y)).mean(), lambda D, g, y, o, x: F.softplus(-D(g, o)).mean()
)


blind_td_noreal = blind_t(lambda D, x, y, o, g: 0, blind_K)


blind_td_sum = blind_t(
    lambda D, x, y, o, g: F.softplus(-D(x, y)).sum(), lambda D, g, y, o, x: F.softplus(D(g, o)).sum()
)


blind_td_swapped3 = blind_t(blind_R, lambda D, g, y, o, x: F.softplus(D(g, o)).mean() + F.softplus(D(x, o)).mean())


def blind_b_ok(p, q, data, orders):
    a = data[:, None] * p
    return a / (a + orders[:, None] * q)


def blind_b_np(p, q, data, orders):
    p, q, d, o = (t.double().numpy() for t in (p, q, data, orders))
    return (d * p.T / (d * p.T + o * q.T)).T


def blind_b_sig(p, q, data, orders):
    return torch.sigmoid((data[:, None] * p).log() - (orders[:, None] * q).log())


def blind_b_einsum(p, q, data, orders):
    a, c = (torch.einsum("kx,k->kx", p, data), torch.diag(orders) @ q)
    return a.div(a + c)


def blind_b_loop(p, q, data, orders):
    return torch.tensor(
        [
            [float(data[k] * p[k, i] / (data[k] * p[k, i] + orders[k] * q[k, i])) for i in range(p.shape[1])]
            for k in range(len(p))
        ]
    )


def blind_b_ratio(p, q, data, orders):
    return 1 / (1 + (orders / data)[:, None] * q / p)


def blind_u_solve(seen, confusion):
    return torch.linalg.solve(confusion.T, seen)


def blind_u_np(seen, confusion):
    return np.linalg.solve(confusion.double().numpy().T, seen.double().numpy())


def blind_u_inv(seen, confusion):
    return seen @ confusion.inverse()


def blind_u_lstsq(seen, confusion):
    return torch.linalg.lstsq(confusion.T.double(), seen.double()[:, None]).solution.squeeze(1)


def blind_u_lu(seen, confusion):
    LU, piv = torch.linalg.lu_factor(confusion.mT)
    return torch.linalg.lu_solve(LU, piv, seen[:, None])[:, 0]


def blind_u_list(seen, confusion):
    blind_K = len(seen)
    A = [[float(confusion[i, j]) for i in range(blind_K)] + [float(seen[j])] for j in range(blind_K)]
    for c in range(blind_K):
        r = max(range(c, blind_K), key=lambda i: abs(A[i][c]))
        A[c], A[r] = (A[r], A[c])
        for i in range(blind_K):
            if i != c:
                f = A[i][c] / A[c][c]
                A[i] = [a - f * b for a, b in zip(A[i], A[c])]
    return [A[i][blind_K] / A[i][i] for i in range(blind_K)]


RIGHT["projection"] += [
    blind_q_lin,
    blind_q_einsum,
    blind_q_onehot,
    blind_q_loop,
    blind_q_emb,
    blind_q_np,
    blind_q_gather,
]
RIGHT["turn_of_D"] += [blind_td_ok, blind_td_bce, blind_td_log, blind_td_nograd, blind_td_orderfirst]
RIGHT["best_D"] += [blind_b_ok, blind_b_np, blind_b_sig, blind_b_einsum, blind_b_loop, blind_b_ratio]
RIGHT["truth"] += [blind_u_solve, blind_u_np, blind_u_inv, blind_u_lstsq, blind_u_lu, blind_u_list]
WRONG["projection"] += [
    (blind_q_row, "your answer stays the same, whatever y is."),
    (blind_q_nob, "b is missing."),
    (blind_q_now, "the part without a label, ⟨w, h⟩, is"),
    (blind_q_noe, "this D is deaf: y makes no difference."),
    (blind_q_first, "the first label is taken for all. Each"),
    (blind_q_mean, "right for some inputs, but"),
    (blind_q_batchsum, "each picture is asked the questions of the"),
    (blind_q_diag, "right for some inputs, but"),
    (blind_q_meanf, "an inner product is a sum over the"),
    (blind_q_prod, "the two parts are multiplied. They are added."),
    (blind_q_bmul, "b is multiplied here. It is added."),
    (blind_q_cos, "this is the cosine of e_y and h."),
    (blind_q_ew, "w and e_y are multiplied. They are added:"),
    (blind_q_col, ", you say "),
    (blind_q_col2, "right for some inputs, but"),
    (blind_q_max, "this takes the class that fits best. The"),
    (blind_q_argmax, "this takes the class that fits best. The"),
    (blind_q_scale, "there is no √F in (4)."),
    (blind_q_off, "the labels count from 0: class y has"),
    (blind_q_sorted, "right for some inputs, but"),
    (blind_q_centre, ", you say "),
    (blind_q_relu, ", you say "),
    (blind_q_norm, "each e_y is made 1 long. (4) takes"),
    (blind_q_lsm, "a softmax over the classes is in the"),
]
WRONG["turn_of_D"] += [
    (blind_td_both, "y and ordered are exchanged in both questions"),
    (blind_td_zero, "every real sample is shown as one of"),
    (blind_td_shuffle, "right for some inputs, but"),
    (blind_td_sorted, "the labels are sorted without their pictures. Each"),
    (blind_td_signR, "D learns to call the fakes real and"),
    (blind_td_noreal, "D learns from the fakes only."),
    (blind_td_sum, "the costs are summed over the batch. V"),
    (blind_td_swapped3, "(1) has two kinds of pairs. Real samples"),
]
