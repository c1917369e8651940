"""The exercises of notebook 15."""

import copy
import math
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn

from . import Exercise, Open, Recall, Refused
from .inputs import normal

# 15.1


def speed_up(n: int, step: float, message: float) -> float:
    return n * step / (step + 2 * (n - 1) / n * message)


def solve_processes(goal: float, step: float, message: float) -> int:
    # S falls at first if the message is long, so no shortcut: try one after the other
    n = 1
    while n * step / (step + 2 * (n - 1) / n * message) < goal:
        n += 1
    return n


def solve_processes_by_formula(goal: float, step: float, message: float) -> int:
    return 1 if goal <= 1 else math.ceil(larger_root(goal, step, message) - 1e-9)


def larger_root(goal: float, step: float, message: float) -> float:
    # S(n) >= goal is a quadratic inequality in n: step n² - goal (step + 2 message) n + 2 goal message >= 0
    b = goal * (step + 2 * message)
    return (b + math.sqrt(b * b - 8 * step * goal * message)) / (2 * step)


def first_with(s: Callable[[int, float, float], float], strict: bool = False, start: int = 1) -> Callable:
    """The first n whose speed-up, by a formula, is the goal."""

    def processes(goal, step, message):
        for n in range(start, 10_000):
            if s(n, step, message) > goal or (not strict and s(n, step, message) == goal):
                return n
        raise ValueError("never")

    return processes


def draw_processes(processes: Callable):
    figure, ax = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
    goals = (1.5, 2, 3, 4, 6, 8)
    for wire, style in ((1, "k:"), (10, "k--"), (100, "k-")):
        message = 30e6 * 32 / (wire * 1e9)  # 30 million weights of 32 bits
        ax.plot(
            goals, [int(processes(goal, 0.1, message)) for goal in goals], style, marker="o", label=f"{wire} Gbit/s"
        )
    ax.plot(goals, goals, color="0.7", label="nothing to send")
    ax.set(xlabel="times as many pictures a second", ylabel="processes", yscale="log", ylim=(1, 1000))
    ax.set_title("30 million weights, steps of 0.1 s", fontsize=10)
    ax.legend(fontsize=9, ncols=4, loc="upper left")
    plt.close(figure)
    return figure


processes = Exercise(
    number="15.1",
    level="complete",
    minutes=5,
    solutions=(solve_processes, solve_processes_by_formula),
    derivation="n step ≥ goal (step + 2 (n − 1) message / n), times n: a quadratic in n, and the larger root counts. "
    "For large n, S ≈ n / (1 + 2 message / step).",
    inputs=lambda: [
        (2.0, 0.1, 0.02),
        (2.0, 0.2, 0.0),
        (3.0, 0.1, 0.02),
        (3.0, 0.1, 0.3),
        (1.0, 0.05, 0.5),
        (20.0, 0.03, 0.001),
        (7.5, 0.1, 0.9),
        (1.2, 0.01, 0.08),
        (3.08, 0.1, 0.02),  # four are not enough: 3.077
        (1500.0, 0.1, 0.02),
    ],
    mistakes=(
        (
            first_with(speed_up, strict=True),
            "the goal itself is enough: S(n) ≥ goal, not S(n) > goal.",
        ),
        (
            first_with(lambda n, step, message: round(speed_up(n, step, message), 2)),
            "a little less than the goal passes for it. Is something rounded?",
        ),
        (lambda goal, step, message: solve_processes(goal, step, message) - 1, "one too few."),
        (
            lambda goal, step, message: solve_processes(goal, step, message) + 1,
            "one too many: with one process fewer the goal is reached as well.",
        ),
        (
            lambda goal, step, message: math.ceil(goal),
            "this is enough only if nothing has to be sent.",
        ),
        (
            first_with(lambda n, step, message: n * step / (step + message)),
            "here the message takes as long for two as for many, and one process sends to itself. Through each wire "
            "goes 2 (n − 1) / n of it.",
        ),
        (
            first_with(lambda n, step, message: n * step / (step + (n - 1) / n * message)),
            "there and back: each number is sent twice, once to add and once to tell.",
        ),
        *(
            (processes, "2 message is the limit for many processes. Of n it is 2 (n − 1) / n.")
            for processes in (
                first_with(lambda n, step, message: n * step / (step + 2 * message)),
                lambda goal, step, message: math.ceil(goal * (1 + 2 * message / step)),
                lambda goal, step, message: int(goal * (1 + 2 * message / step)),
            )
        ),
        (
            first_with(lambda n, step, message: n * step / (step + 2 * (n - 1) * message)),
            "through each wire goes 2 (n − 1) / n of the message, not 2 (n − 1): each of the n has a part of it.",
        ),
        (
            first_with(lambda n, step, message: n / (step + 2 * (n - 1) / n * message)),
            "this is how many steps' worth of pictures are made in a second. S is how many times as many as one "
            "process makes.",
        ),
        (
            first_with(lambda n, step, message: n * step / (step + 2 * message / n)),
            "through each wire goes 2 (n − 1) / n of the message, not 2 / n.",
        ),
        *(
            (
                lambda goal, step, message, whole=whole: 1 if goal <= 1 else whole(larger_root(goal, step, message)),
                f"the n of the formula is rounded {how}: sometimes that is one process too few.",
            )
            for whole, how in ((round, "to the nearest number"), (int, "down"))
        ),
        (
            lambda goal, step, message: math.ceil(larger_root(goal, step, message) - 1e-9),
            "a single process is enough for a goal of 1: it has nobody to send to.",
        ),
        (
            lambda goal, step, message: solve_processes(goal, message, step) if message else 1,
            "step and message are exchanged.",
        ),
        (
            first_with(speed_up, start=2),
            "a single process is enough for a goal of 1: it has nobody to send to.",
        ),
        (
            lambda goal, step, message: max(2, solve_processes(goal, step, message)),
            "a single process is enough for a goal of 1: it has nobody to send to.",
        ),
        *(
            (
                lambda goal, step, message, last=last: min(last, solve_processes(goal, step, message)),
                f"you stop at {last:,} processes; the goal may lie beyond.",
            )
            for last in (32, 64, 100, 999, 1000)
        ),
        *(
            (
                lambda goal, step, message, last=last: n if (n := solve_processes(goal, step, message)) <= last else 1,
                "your search ends before it has reached the goal, and you say 1. The goal may lie beyond.",
            )
            for last in (32, 64, 1000)
        ),
        (
            lambda goal, step, message: 2 ** math.ceil(math.log2(solve_processes(goal, step, message))),
            "rounded up to a power of two. Fewer are enough.",
        ),
        (
            lambda goal, step, message: speed_up(max(1, round(goal)), step, message),
            "this is a speed-up. How many processes does the goal take?",
        ),
        (
            lambda goal, step, message: speed_up(solve_processes(goal, step, message), step, message),
            "this is a speed-up, the one that is reached. How many processes reach it?",
        ),
    ),
    hints=(
        "S(n) of (3): the pictures of n steps, in the time of one step and of what goes through each wire.",
        "n * step, divided by step + 2 * (n - 1) / n * message.",
    ),
    prediction=(
        "Sending takes as long as a step: how many times as fast as one process are two",
        lambda: speed_up(2, 1, 1),
    ),
    insight="With message = step two processes are no faster than one, and the first that pays is the third: 1.29 "
    "times. For many, each further one adds step / (step + 2 message) of a process.",
    reward=draw_processes,
)


# 15.2


def solve_snapshot(net: nn.Module, optimizer: torch.optim.Optimizer, rng: torch.Generator) -> dict:
    state = {"net": net.state_dict(), "optimizer": optimizer.state_dict(), "rng": rng.get_state()}
    # state_dict() holds the weights themselves, which the next step changes: keep a copy
    return copy.deepcopy(state)


def solve_snapshot_as_bytes(net: nn.Module, optimizer: torch.optim.Optimizer, rng: torch.Generator) -> dict:
    import io

    file = io.BytesIO()
    torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "rng": rng.get_state()}, file)
    file.seek(0)
    return torch.load(file)


def small_net(inputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 6), nn.BatchNorm1d(6), nn.LeakyReLU(0.2), nn.Linear(6, 1)).double()


def learn(net: nn.Module, optimizer: torch.optim.Optimizer, rng: torch.Generator, steps: int) -> None:
    """D's turns against fixed fakes: everything random comes from rng."""
    for _ in range(steps):
        real, fake = torch.randn(2, 8, net[0].in_features, generator=rng, dtype=torch.float64) + 1
        optimizer.zero_grad()
        loss = nn.functional.softplus(-net(real)).mean() + nn.functional.softplus(net(-fake)).mean()
        loss.backward()
        optimizer.step()


def numbers_of(net: nn.Module) -> Tensor:
    return torch.cat([value.detach().double().flatten() for value in net.state_dict().values()]).clone()


def kill_and_go_on(snapshot: Callable, net: nn.Module, optimizer: torch.optim.Optimizer, rng: torch.Generator) -> Any:
    """Learn, take a snapshot, learn on; then put the snapshot into new objects and learn on once more."""
    before, after = net.steps  # how long to learn before and after the snapshot
    learn(net, optimizer, rng, before)
    slopes = [p.grad.clone() for p in net.parameters()]
    state = snapshot(net, optimizer, rng)
    if state is None or state is ...:
        return state
    if not isinstance(state, dict):
        raise Refused('a dict is asked for, with "net", "optimizer" and "rng".')
    if missing := [name for name in ("net", "optimizer", "rng") if name not in state]:
        raise Refused(f"your dict has no {', '.join(missing)}: the run cannot go on without.")
    if any(p.grad is None or not torch.equal(p.grad, slope) for p, slope in zip(net.parameters(), slopes, strict=True)):
        raise Refused("your snapshot changes the gradients of the network, which the run may need for its next step.")
    try:
        learn(net, optimizer, rng, after)
    except Exception as error:
        raise Refused(f"after your snapshot the run cannot go on: {type(error).__name__}: {str(error)[:150]}") from None
    again = small_net(net[0].in_features)
    with torch.no_grad():
        for p in again.parameters():
            p.fill_(0.1)
    other = torch.optim.Adam(again.parameters(), 0.02, (0.5, 0.99))
    new_rng = torch.Generator().manual_seed(999)
    try:
        again.load_state_dict(state["net"])
        other.load_state_dict(copy.deepcopy(state["optimizer"]))
        new_rng.set_state(state["rng"])
    except Exception as error:
        raise Refused(
            f"what your dict holds cannot be loaded again: {type(error).__name__}: {str(error)[:150]}"
        ) from None
    learn(again, other, new_rng, after)
    resumed, undisturbed = numbers_of(again), numbers_of(net)
    if torch.allclose(resumed, undisturbed) and not torch.equal(resumed, undisturbed):
        raise Refused("the run goes on nearly as it did, but not bit for bit. Is something rounded?")
    return {"a number of the resumed network": resumed, "a number of the undisturbed one": undisturbed}


def run_to_be_killed(seed: int, inputs: int, before: int, after: int) -> tuple:
    torch.manual_seed(seed)
    net = small_net(inputs)
    net.steps = before, after
    optimizer = torch.optim.Adam(net.parameters(), 0.02, (0.5, 0.99))
    return net, optimizer, torch.Generator().manual_seed(seed)


def inputs_of_snapshot() -> list[tuple]:
    return [run_to_be_killed(0, 2, 2, 2), run_to_be_killed(1, 3, 3, 1), run_to_be_killed(2, 2, 1, 3)]


def snapshot_with(**parts: Callable) -> Callable:
    """The right snapshot, but for some parts: name=function of that object and its right state."""

    def snapshot(net, optimizer, rng):
        state = solve_snapshot(net, optimizer, rng)
        given = {"net": net, "optimizer": optimizer, "rng": rng}
        return state | {name: change(given[name], state[name]) for name, change in parts.items()}

    return snapshot


def without_moments(optimizer: torch.optim.Optimizer, state: dict) -> dict:
    return state | {"state": {}}


def without_count(optimizer: torch.optim.Optimizer, state: dict) -> dict:
    new = copy.deepcopy(state)
    for moments in new["state"].values():
        moments["step"] = torch.tensor(0.0)
    return new


def fresh_statistics(net: nn.Module, state: dict) -> dict:
    return (
        state
        | dict(small_net(net[0].in_features)[1].state_dict(prefix="1."))
        | {name: value for name, value in state.items() if "running" not in name and "tracked" not in name}
    )


def fresh_weights(net: nn.Module, state: dict) -> dict:
    return {
        name: torch.full_like(value, 0.1) if "running" not in name and "tracked" not in name else value
        for name, value in state.items()
    }


def rounded(net: nn.Module, state: dict) -> dict:
    return {name: value.bfloat16() if value.is_floating_point() else value for name, value in state.items()}


def disturbing(net: nn.Module, optimizer: torch.optim.Optimizer, rng: torch.Generator) -> dict:
    torch.randn(1, generator=rng)
    return solve_snapshot(net, optimizer, rng)


def disturbing_uniformly(net: nn.Module, optimizer: torch.optim.Optimizer, rng: torch.Generator) -> dict:
    torch.rand(1, generator=rng)
    return solve_snapshot(net, optimizer, rng)


def seeding(net: nn.Module, optimizer: torch.optim.Optimizer, rng: torch.Generator) -> dict:
    rng.manual_seed(0)
    return solve_snapshot(net, optimizer, rng)


def stepping(net: nn.Module, optimizer: torch.optim.Optimizer, rng: torch.Generator) -> dict:
    optimizer.step()
    return solve_snapshot(net, optimizer, rng)


def shared_count(optimizer: torch.optim.Optimizer, state: dict) -> dict:
    new = copy.deepcopy(state)
    for k, moments in optimizer.state_dict()["state"].items():
        new["state"][k]["step"] = moments["step"]
    return new


def usual_settings(optimizer: torch.optim.Optimizer, state: dict) -> dict:
    some = torch.optim.Adam(optimizer.param_groups[0]["params"])
    return state | {"param_groups": some.state_dict()["param_groups"]}


def usual_rate(optimizer: torch.optim.Optimizer, state: dict) -> dict:
    return state | {"param_groups": [group | {"lr": 1e-3} for group in state["param_groups"]]}


def shortened(dtype: torch.dtype) -> Callable:
    """The network and the moments, rounded."""

    def short(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: short(part) for name, part in value.items()}
        return value.to(dtype) if isinstance(value, Tensor) and value.is_floating_point() else value

    return snapshot_with(net=lambda net, state: short(dict(state)), optimizer=lambda optimizer, state: short(state))


def stays_in_eval(net: nn.Module, optimizer: torch.optim.Optimizer, rng: torch.Generator) -> dict:
    net.eval()
    return solve_snapshot(net, optimizer, rng)


def use_snapshot(snapshot: Callable) -> str:
    off = {}
    for name, function in (
        ("your snapshot", snapshot),
        ("one without Adam's moments", snapshot_with(optimizer=without_moments)),
    ):
        ends = kill_and_go_on(function, *run_to_be_killed(0, 2, 30, 30))
        a, b = ends.values()
        off[name] = f"equal bit for bit: {torch.equal(a, b)} (largest difference {(a - b).abs().max():.2g})"
    return "A D learns 30 steps, is killed, and learns 30 more; beside it one that was left alone.\n" + "\n".join(
        f"  with {name}: {text}" for name, text in off.items()
    )


snapshot = Exercise(
    number="15.2",
    level="repair",
    minutes=8,
    solutions=(solve_snapshot, solve_snapshot_as_bytes),
    inputs=inputs_of_snapshot,
    outcome=kill_and_go_on,
    changes=("net", "optimizer", "rng"),
    mistakes=(
        (
            lambda net, optimizer, rng: {
                "net": net.state_dict(),
                "optimizer": optimizer.state_dict(),
                "rng": rng.get_state(),
            },
            "the network that goes on from the snapshot is not the one of that moment: the snapshot has moved on with "
            "the training.",
            "Take state = net.state_dict(), train a step, and look at state again. What does it hold: numbers, or the "
            "weights themselves?",
        ),
        (
            snapshot_with(net=lambda net, _: net.state_dict()),
            "the optimiser and the random numbers are those of that moment, but the weights have moved on with the "
            "training.",
        ),
        (
            snapshot_with(optimizer=lambda optimizer, _: optimizer.state_dict()),
            "the weights are those of that moment, but Adam's moments have moved on with the training.",
        ),
        (
            snapshot_with(optimizer=without_moments),
            "Adam's moments are lost. Nothing fails, but the steps after the resume are others.",
        ),
        (
            snapshot_with(optimizer=without_count),
            "Adam's count of steps begins anew: its first steps are corrected once more.",
        ),
        (
            snapshot_with(rng=lambda rng, _: torch.Generator().manual_seed(rng.initial_seed()).get_state()),
            "the random numbers begin anew at the seed: the run sees its first batches a second time.",
        ),
        (
            snapshot_with(rng=lambda rng, _: torch.get_rng_state()),
            "these are PyTorch's global random numbers. The run draws from its own rng.",
        ),
        (
            snapshot_with(net=fresh_statistics),
            "the weights are right, but BatchNorm's running statistics begin anew: buffers belong to the state, too.",
        ),
        (snapshot_with(net=fresh_weights), "the weights themselves are not kept."),
        (
            snapshot_with(net=rounded),
            "the weights were rounded to bfloat16: what is added up over many steps needs all its digits.",
        ),
        (
            snapshot_with(
                net=lambda net, state: {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
            ),
            "the weights were rounded to float16: what is added up over many steps needs all its digits.",
        ),
        (
            shortened(torch.bfloat16),
            "weights and moments were rounded to bfloat16: what is added up over many steps needs all its digits.",
        ),
        (
            shortened(torch.float16),
            "weights and moments were rounded to float16: what is added up over many steps needs all its digits.",
        ),
        (
            snapshot_with(rng=lambda rng, _: torch.Generator().manual_seed(0).get_state()),
            "the random numbers are those of a new generator with the seed 0, not those at which the run is.",
        ),
        (seeding, "the snapshot seeds the run's own generator: the run that it is taken of goes on differently."),
        (
            disturbing_uniformly,
            "the snapshot draws a random number, and the run that it is taken of goes on differently.",
        ),
        (
            snapshot_with(optimizer=shared_count),
            "weights and moments are those of that moment, but Adam's count of steps has moved on with the training.",
        ),
        (
            snapshot_with(optimizer=usual_settings),
            "Adam's settings (its rate, its betas) are the usual ones, not those of the run.",
        ),
        (snapshot_with(optimizer=usual_rate), "the rate is 0.001, not that of the run."),
        (disturbing, "the snapshot draws from rng, and the run that it is taken of goes on differently."),
        (stepping, "your snapshot lets the optimiser take a step of its own. It should only look."),
        (
            stays_in_eval,
            "the snapshot leaves the network in eval mode: the run that it is taken of goes on differently.",
        ),
    ),
    hints=(
        "Take state = net.state_dict(), print a weight in it, train a step, and print it again.",
        "copy.deepcopy makes new tensors all the way down. Is one of the three the only one to need it?",
    ),
    insight="On disk this bug cannot happen: to write is to copy. It lurks where “the best weights so far” are kept in "
    "memory, and are then always the last ones.",
    reward=use_snapshot,
)


# 15.3


def solve_joined(gradients: list[Tensor], pictures: list[int]) -> Tensor:
    # each gradient is a mean: times its pictures it is a sum, and sums add up
    return torch.stack([n * g for n, g in zip(pictures, gradients, strict=True)]).sum(0) / sum(pictures)


def solve_joined_by_weights(gradients: list[Tensor], pictures: list[int]) -> Tensor:
    shares = torch.tensor(pictures) / sum(pictures)
    return shares.to(gradients[0].dtype) @ torch.stack(gradients)


def some_gradients(count: int, length: int, seed: int) -> list[Tensor]:
    return list(normal(count, length, seed=seed))


def weighted(weights: Callable[[list[int]], list[float]]) -> Callable:
    return lambda gradients, pictures: sum(w * g for w, g in zip(weights(pictures), gradients, strict=True))


def only(*places: int) -> Callable:
    def joined(gradients, pictures):
        kept = [(pictures[k], gradients[k]) for k in places]
        return sum(n * g for n, g in kept) / sum(n for n, _ in kept)

    return joined


def use_joined(joined: Callable) -> str:
    from ..networks import ConvDiscriminator
    from ..pictures import fashion_mnist, unit

    torch.manual_seed(0)
    D, x = ConvDiscriminator(28, 1, (8, 16)), unit(fashion_mnist("test")[0][:40, None])

    def gradient(part: Tensor) -> Tensor:
        loss = nn.functional.softplus(-D(part)).mean()
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(D.parameters()))])

    whole, parts = gradient(x), x.split((24, 12, 4))
    gradients = [gradient(part) for part in parts]
    off = {
        "by your function": torch.as_tensor(joined(gradients, [24, 12, 4])),
        "by their mean": torch.stack(gradients).mean(0),
    }
    return "D's gradient on 40 pictures, joined from processes with 24, 12 and 4, is off by " + ", ".join(
        f"{((value - whole).norm() / whole.norm()).item():.1e} of its length {name}" for name, value in off.items()
    )


joined = Exercise(
    number="15.3",
    level="derive",
    minutes=6,
    solutions=(solve_joined, solve_joined_by_weights),
    derivation="With L_i the mean over n_i pictures, the mean over all is Σ n_i L_i / Σ n_i, and so are the gradients.",
    inputs=lambda: [
        (some_gradients(2, 3, 0), [32, 8]),
        (some_gradients(3, 3, 1), [32, 16, 5]),
        (some_gradients(5, 4, 2), [7, 32, 1, 32, 20]),
        (some_gradients(3, 2, 3), [4, 100, 9]),
    ],
    mistakes=(
        (
            weighted(lambda n: [1 / len(n)] * len(n)),
            "the plain mean: a picture of a small batch counts more than one of a large batch. Weigh by the pictures.",
        ),
        (weighted(lambda n: [1.0] * len(n)), "this is a sum of means."),
        (weighted(lambda n: n), "this is the sum over all pictures. The loss is a mean over them."),
        (weighted(lambda n: [k / len(n) for k in n]), "divide by the number of pictures, not of processes."),
        (weighted(lambda n: [k / sum(n) for k in reversed(n)]), "the weights are in the wrong order."),
        *(
            (weighted(weights), "the weights are upside down: here the smallest batch weighs most.")
            for weights in (lambda n: [1 / k / sum(1 / j for j in n) for k in n], lambda n: [sum(n) / k for k in n])
        ),
        (
            weighted(lambda n: [1 / k for k in n]),
            "each gradient is a mean already; you divide it by its pictures again.",
        ),
        (
            weighted(lambda n: [1 / sum(n)] * len(n)),
            "the gradients are means, not sums: each has been divided by its pictures, which have to come back first.",
        ),
        (weighted(lambda n: [k / max(n) for k in n]), "divided by the largest batch, not by all pictures."),
        (
            weighted(lambda n: [k**0.5 / sum(j**0.5 for j in n) for k in n]),
            "the weights grow with the root of the pictures. A sum over pictures grows with the pictures.",
        ),
        (
            weighted(lambda n: [k**2 / sum(j**2 for j in n) for k in n]),
            "the pictures count twice: n of them weigh n².",
        ),
        (
            weighted(lambda n: [k / (len(n) * max(n)) for k in n]),
            "divided as if all batches were as large as the largest.",
        ),
        (weighted(lambda n: [k / (32 * len(n)) for k in n]), "divided as if all batches were of 32 pictures."),
        (
            weighted(lambda n: [float(k == max(n)) for k in n]),
            "only the process with the most pictures is heard.",
        ),
        (
            lambda gradients, pictures: gradients[pictures.index(max(pictures))],
            "only the process with the most pictures has a say.",
        ),
        (only(0, -1), "only the first and the last process are heard."),
        (only(0), "only the first process is heard."),
        (only(0, 1), "only the first two processes are heard."),
        *(
            (
                weighted(lambda n, down=down: [k / sum(n) for k in sorted(n, reverse=down)]),
                "the pictures are sorted without their gradients. Each process has its own number.",
            )
            for down in (False, True)
        ),
        (
            weighted(lambda n: [1 / (len(n) - 1)] * (len(n) - 1) + [0.0]),
            "the last process is left out. Its pictures count as well.",
        ),
        (
            lambda gradients, pictures: torch.stack(gradients).median(0).values,
            "a median is robust, but it is not the gradient of the mean loss.",
        ),
    ),
    hints=(
        "The loss of process i is a mean over n_i pictures. What is the sum over them, and the sum over all?",
        "n_i times the gradient, added up, divided by the number of all pictures.",
    ),
    insight="PyTorch's DistributedDataParallel takes the plain mean, whatever the batches. Its samplers make the "
    "batches equal instead: they repeat or drop pictures at the end.",
    reward=use_joined,
)


# 15.4

mirror_images = Open(
    number="15.4",
    minutes=40,
    outline="""200 grey garments (28 x 28, for speed), 500 steps of the recipe, three seeds; how much D knows by heart
(mean of the last three looks, asked in eval mode and without mirroring), and the share of fakes whose mirror image is
nearer to real pictures than they are (500 fakes, 2,500 real pictures); median (range):

                                 by heart                wrong way round
D sees the pictures as they are  {heart_plain}    {wrong_plain}
real pictures mirrored           {heart_real}    {wrong_real}
real and fake mirrored           {heart_both}    {wrong_both}
new real pictures                                        {wrong_new}

Mirroring the real pictures helps D not to know them by heart, but not enough at 200. And it leaks: D is shown
garments that face either way, so G draws them, about as many one way as the other. (Shirts are nearly symmetric, so
the measure is not 0 for new real pictures.) With both mirrored D cannot tell a garment from its mirror image, and
nothing tells G which way is right: in one seed more than half are turned, in another no more than without mirroring.
So: where left and right do not matter, mirror; where they do, do not mirror every second picture. With another share
than one half the real and the fake mixtures differ unless q is right, and mirroring both leaks no more (Karras et al.
2020 have the argument; we did not try).

What this does not show: what comes after 500 steps, and what mirroring does to the quality of the fakes.""",
)


recall = Recall(
    (
        "D gives new real pictures the scores of fakes. What has happened?",
        [
            ("G has become perfect.", "Then D's own pictures would get the scores of fakes as well."),
            ("D knows its own pictures by heart.", "Yes: too few pictures, or too many steps. More of them help."),
            ("D is too weak.", "It tells its own pictures from all others only too well."),
        ],
        1,
        "Watch the scores of pictures that were kept back: near those of D's own all is well, near the fakes' it "
        "overfits.",
    ),
    (
        "From 06: N processes with the mean of their gradients are one with N times the batch, but for one layer. "
        "Which?",
        [
            ("the last convolution", "It looks at each picture by itself, in whatever batch."),
            ("LeakyReLU", "It looks at each number by itself."),
            (
                "BatchNorm",
                "Yes: in training mode it takes mean and spread from the batch of its own process.",
            ),
        ],
        2,
        "With BatchNorm a score depends on the batch in which it is asked, and each process sees its own only.",
    ),
    (
        "Why do averaged weights stay in float32 where products are in bfloat16?",
        [
            (
                "A small step added to a large number is rounded away.",
                "Yes: 0.005 of the distance is soon less than half a unit.",
            ),
            ("bfloat16 overflows.", "It reaches as far as float32. It has few digits."),
            ("Products need more digits than sums.", "The other way round: errors of one product do not pile up."),
        ],
        0,
        "What is added up over many steps needs its digits, or it stops on the way. No error, no NaN.",
    ),
)
