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


def projection_overwriting(h, y, w, b, e):
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
        lambda h, y, w, b, e: F.linear(h, w[None])[:, 0] + b + (F.one_hot(y, len(e)).to(h) * (h @ e.T)).sum(1),
        lambda h, y, w, b, e: h.mv(w) + b + torch.bmm(F.embedding(y, e)[:, None], h[:, :, None]).view(-1),
        lambda h, y, w, b, e: F.linear(h.float(), w.float()[None])[:, 0] + b + (F.embedding(y, e) * h).float().sum(1),
    ],
    "turn_of_D": [turn(usual), turn_with_bce, turn_in_two_parts, turn_by_gradients, turn_by_einsum],
    "best_D": [
        best_D_with_loops,
        lambda p, q, data, orders: 1 / (1 + joint(q, orders) / joint(p, data)),
        lambda p, q, data, orders: ((data * p.T) / (data * p.T + orders * q.T)).T.numpy(),
        lambda p, q, data, orders: np.exp(
            -np.logaddexp(0, np.log(q.numpy() / p.numpy()) + np.log(orders.numpy() / data.numpy())[:, None])
        ),
        lambda p, q, data, orders: torch.stack([joint(p, data), joint(q, orders)]).log().softmax(0)[0],
    ],
    "truth": [
        truth_by_cramer,
        lambda seen, confusion: torch.linalg.lu_solve(*torch.linalg.lu_factor(confusion.mT), seen[:, None])[:, 0],
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
        (
            lambda h, y, w, b, e: (torch.einsum("nf,nf->n", h, w + e[y]) + b).sigmoid(),
            "this is D(x, y), after the sigmoid",
        ),
        (
            lambda h, y, w, b, e: torch.einsum("nf,nf->n", h, w + e[y]) + len(w) * b,
            "b is added once for each feature",
        ),
        (lambda h, y, w, b, e: h @ (w + e.sum(0)) + b, "here every class asks its question at"),
        (lambda h, y, w, b, e: h @ w + b + (h @ e.T).diagonal(), "RuntimeError"),
        (
            lambda h, y, w, b, e: torch.einsum("nf,nf->n", h, w + e[y.flip(0)]) + b,
            "taken from the last to the first",
        ),
        (lambda h, y, w, b, e: h @ w + b + (e[: len(y)] * h).sum(1), "RuntimeError"),
        (lambda h, y, w, b, e: h @ w + b + h @ e[y].T @ torch.ones(len(y)).to(h), "the questions of the whole batch"),
        (lambda h, y, w, b, e: torch.stack([v @ (w + e[(e @ v).argmax()]) + b for v in h]), "the class that fits best"),
        (lambda h, y, w, b, e: h @ w + b + (h[y.argsort()] * e[y.sort().values]).sum(1), "you say"),
        (lambda h, y, w, b, e: h @ w + b + e[y, 0] * h.sum(1), "you say"),
        (lambda h, y, w, b, e: h @ w + b + (e[y] * h).sum(0), "RuntimeError"),
        (lambda h, y, w, b, e: h @ w + 0.7 + (e[y] * h).sum(1), "your answer stays the same, whatever b"),
        (lambda h, y, w, b, e: h @ w + b + torch.einsum("nf,nf->", e[y], h), "summed over the whole batch"),
        (lambda h, y, w, b, e: h @ w + b + torch.cdist(h, e).square()[range(len(y)), y], "the squared distance"),
        (lambda h, y, w, b, e: h @ (w + e).T + b, "this is a score for each class"),
        (lambda h, y, w, b, e: h @ w + b + (F.one_hot(y, 3).to(h) @ e * h).sum(1), "RuntimeError"),
        (lambda h, y, w, b, e: (h @ w + b + (e[y] * h).sum(1)).mean(), "I expected the shape (6,), you gave"),
        (projection_overwriting, "the value is right, but it overwrites"),
    ],
    "turn_of_D": [
        (turn(asking(lambda y, o: o, lambda y, o: o)), "G does not learn to obey"),
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
        (turn(usual, made=lambda G, z, y, o: G(z, o.flip(0))), "another sequence than D"),
        (turn(usual, made=lambda G, z, y, o: G(torch.zeros_like(z), o)), "comes out as"),
        (turn(usual, detach=False), "the value is right, but it leaves"),
        (turn(usual, after=lambda G, D: D.eval()), "D is left in eval mode"),
        (turn(usual, before=lambda G, D: G.eval()), "it leaves G in another mode"),
        (turn(usual, after=lambda G, D: D.requires_grad_(False)), "D's weights want no gradients any more"),
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
        (
            turn(lambda D, x, y, fake, o: usual(D, x, y, fake, o) - F.logsigmoid(-D(x, o)).mean()),
            "(1) has two kinds of pairs",
        ),
        (
            turn(asking(lambda y, o: y[torch.randperm(len(y))], lambda y, o: o)),
            "the labels are shuffled without their pictures",
        ),
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
