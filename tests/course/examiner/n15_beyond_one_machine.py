"""Answers to the exercises of notebook 15."""

import copy
import io
import itertools
import math
import pickle

import numpy as np
import torch

from gan_tutorial.exercises.n15_beyond_one_machine import speed_up

# 15.1


def processes_in_numpy(goal, step, message):
    n = np.arange(1, 10_000)
    return int(n[np.argmax(n * step / (step + 2 * (n - 1) / n * message) >= goal)])


def processes_by_range(goal, step, message):
    return next(n for n in range(1, 10**6) if n**2 * step >= goal * (n * step + 2 * (n - 1) * message))


def processes_in_torch(goal, step, message):
    n = torch.arange(1, 10_000, dtype=torch.float64)
    return n[n * step / (step + 2 * (n - 1) / n * message) >= goal].min()


def processes_by_filter(goal, step, message):
    return next(filter(lambda n: speed_up(n, step, message) >= goal, itertools.count(1)))


def filled_in(s):
    """The frame of the notebook with a formula in the place of its dots."""

    def processes(goal, step, message):
        for n in range(1, 10_001):
            if s(n, step, message) >= goal:
                return n
        raise ValueError("no N up to 10,000 reaches the goal")

    return processes


def never_ends(goal, step, message):
    n = 1
    while speed_up(n, step, message) < goal:
        pass
    return n


def bisected(goal, step, message):
    low, high = 1, 4096
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if speed_up(middle, step, message) >= goal else (middle + 1, high)
    return low


# 15.2


def snapshot_by_pickle(net, optimizer, rng):
    parts = {"net": net.state_dict(), "optimizer": optimizer.state_dict(), "rng": rng.get_state()}
    return pickle.loads(pickle.dumps(parts))


def snapshot_by_clones(net, optimizer, rng):
    moments = optimizer.state_dict()
    state = {k: {n: v.clone() for n, v in one.items()} for k, one in moments["state"].items()}
    weights = {name: value.detach().clone() for name, value in net.state_dict().items()}
    groups = [dict(group) for group in moments["param_groups"]]
    return {"net": weights, "optimizer": {"state": state, "param_groups": groups}, "rng": rng.get_state()}


def snapshot_of_copies(net, optimizer, rng):
    twin = copy.deepcopy({"net": net, "optimizer": optimizer})
    return dict(net=twin["net"].state_dict(), optimizer=twin["optimizer"].state_dict(), rng=rng.get_state().clone())


def snapshot_in_a_file(net, optimizer, rng):
    file = io.BytesIO()
    torch.save([net.state_dict(), optimizer.state_dict(), rng.get_state()], file)
    file.seek(0)
    return dict(zip(("net", "optimizer", "rng"), torch.load(file), strict=True))


def right_snapshot(net, optimizer, rng, /, **other):
    return copy.deepcopy({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "rng": rng.get_state()}) | other


def shallow(net, optimizer, rng):
    return copy.copy({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "rng": rng.get_state()})


def listed(net, optimizer, rng):
    return [net.state_dict(), optimizer.state_dict(), rng.get_state()]


def without_slopes(net, optimizer, rng):
    optimizer.zero_grad()
    return right_snapshot(net, optimizer, rng)


def without_gradients(net, optimizer, rng):
    for p in net.parameters():
        p.requires_grad_(False)
    return right_snapshot(net, optimizer, rng)


def parameters_only(net, optimizer, rng):
    weights = {name: p.detach().clone() for name, p in net.named_parameters()}
    return right_snapshot(net, optimizer, rng, net=weights)


# 15.3


def joined_in_numpy(gradients, pictures):
    return np.average(np.stack([g.numpy() for g in gradients]), axis=0, weights=pictures)


def joined_in_loops(gradients, pictures):
    total = [0.0] * len(gradients[0])
    for g, n in zip(gradients, pictures, strict=True):
        total = [a + n * float(b) for a, b in zip(total, g, strict=True)]
    return [a / sum(pictures) for a in total]


def joined_by_einsum(gradients, pictures):
    n = torch.tensor(pictures, dtype=gradients[0].dtype)
    return torch.einsum("i,ip->p", n / n.sum(), torch.stack(gradients))


def joined_running(gradients, pictures):
    mean, seen = gradients[0].clone(), pictures[0]
    for g, n in zip(gradients[1:], pictures[1:], strict=True):
        mean, seen = mean + (g - mean) * n / (seen + n), seen + n
    return mean.float()


def joined_in_place(gradients, pictures):
    total = gradients[0]
    total *= pictures[0]
    for g, n in zip(gradients[1:], pictures[1:], strict=True):
        total += n * g
    return total / sum(pictures)


def joined(gradients, pictures):
    return sum(n * g for n, g in zip(pictures, gradients, strict=True)) / sum(pictures)


RIGHT = {
    "processes": [processes_in_numpy, processes_by_range, processes_in_torch, processes_by_filter, filled_in(speed_up)],
    "snapshot": [snapshot_by_pickle, snapshot_by_clones, snapshot_of_copies, snapshot_in_a_file],
    "joined": [joined_in_numpy, joined_in_loops, joined_by_einsum, joined_running],
}

WRONG = {
    "processes": [
        (never_ends, "stopped after"),
        (filled_in(lambda n, step, message: n * step / (step + 2 * (n - 1) * message)), "not 2 (n − 1)"),
        (filled_in(lambda n, step, message: n / (step + 2 * (n - 1) / n * message)), "in a second"),
        (filled_in(lambda n, step, message: step / (step + 2 * (n - 1) / n * message)), "no N up to 10,000 reaches"),
        (bisected, "a single process is enough"),
        (lambda goal, step, message: 4, "whatever goal is"),
        (lambda goal, step, message: goal, "whatever step is"),
        (lambda goal, step, message: processes_by_range(goal, 0.1, message), "whatever step is"),
        (lambda goal, step, message: processes_by_range(goal, step, 0.02), "whatever message is"),
        (lambda goal, step, message: processes_by_range(3.0, step, message), "whatever goal is"),
        (lambda goal, step, message: -processes_by_range(goal, step, message), "sign"),
        (lambda goal, step, message: 2 * processes_by_range(goal, step, message), "2 times"),
        (
            lambda goal, step, message: speed_up(processes_by_range(goal, step, message), step, message),
            "this is a speed-up",
        ),
        (
            lambda goal, step, message: np.argmax([speed_up(n, step, message) >= goal for n in range(1, 1000)]) + 1,
            "your search ends before",
        ),
        (lambda goal, step, message: goal + 2 * message / step, "right where"),
        (lambda goal, step, message: math.ceil(goal * step / message), "ZeroDivisionError"),
        (lambda goal, step, message: [n for n in range(99) if speed_up(n, step, message) > goal], "ZeroDivisionError"),
        (lambda goal, step, message: [n for n in range(1, 999) if speed_up(n, step, message) >= goal], "shape"),
        (lambda goal, step, message: np.maximum(processes_by_range(goal, step, message), 2), "a single process"),
        (lambda goal, step, message: processes_by_range(goal - 0.01, step, message), "a little less than the goal"),
        (lambda goal, step, message: next(n for n in range(1, 1001) if speed_up(n, step, message) >= goal), "StopIter"),
        (
            lambda goal, step, message: ([n for n in range(1, 1001) if speed_up(n, step, message) >= goal] or [1000])[
                0
            ],
            "you stop at 1,000",
        ),
        (lambda goal, step, message: float("inf"), "infinity"),
        (lambda goal, step, message: processes_by_range(goal, step, message / 2), "there and back"),
    ],
    "snapshot": [
        (shallow, "has moved on with the training"),
        (listed, "a dict is asked for"),
        (lambda net, optimizer, rng: {"net": copy.deepcopy(net.state_dict())}, "no optimizer, rng"),
        (lambda net, optimizer, rng: copy.deepcopy({"net": net, "optimizer": optimizer, "rng": 0}), "cannot be loaded"),
        (lambda net, optimizer, rng: right_snapshot(net, optimizer, rng, rng=rng.initial_seed()), "cannot be loaded"),
        (lambda net, optimizer, rng: right_snapshot(net, optimizer, rng, optimizer={}), "cannot be loaded"),
        (lambda net, optimizer, rng: right_snapshot(net, optimizer, rng, rng=rng), "cannot be loaded"),
        (parameters_only, "cannot be loaded"),
        (
            lambda net, optimizer, rng: right_snapshot(
                net, optimizer, rng, net={k: v.float() for k, v in net.state_dict().items()}
            ),
            "not bit for bit",
        ),
        (without_slopes, "changes the gradients"),
        (without_gradients, "cannot go on"),
        (lambda net, optimizer, rng: net.state_dict, "a dict is asked for"),
        (lambda net, optimizer, rng: torch.save(net.state_dict(), io.BytesIO()), "returned nothing"),
        (lambda net, optimizer: {}, "it is called with"),
    ],
    "joined": [
        (lambda gradients, pictures: torch.stack(gradients), "shape"),
        (lambda gradients, pictures: joined(gradients, pictures).mean(), "shape"),
        (lambda gradients, pictures: joined(gradients, [32, 8]), "ValueError"),
        (lambda gradients, pictures: (32 * gradients[0] + 8 * gradients[1]) / 40, "whatever pictures is"),
        (lambda gradients, pictures: joined(gradients[:2], pictures[:2]), "the first two"),
        (lambda gradients, pictures: -joined(gradients, pictures), "sign"),
        (lambda gradients, pictures: joined(gradients, pictures).abs(), "sign is lost"),
        (lambda gradients, pictures: joined(gradients, pictures) / 2, "0.5 times"),
        (lambda gradients, pictures: gradients[-1], "whatever pictures is"),
        (lambda gradients, pictures: gradients[0].sum(), "shape"),
        (lambda gradients, pictures: joined(gradients, [n + 1 for n in pictures]), "you say"),
        (lambda gradients, pictures: joined(gradients, pictures) * sum(pictures) / (32 * len(pictures)), "32 pictures"),
        (lambda gradients, pictures: torch.stack(gradients).sum(0) / sum(pictures), "come back first"),
        (lambda gradients, pictures: joined(gradients, sorted(pictures, reverse=True)), "sorted without"),
        (joined_in_place, "overwrites its input gradients"),
    ],
}
