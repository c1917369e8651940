"""Several processes, one run. Each plays with batches of its own, and before an optimiser takes its step the
gradients are averaged:

    dL/dw = (1/N) sum_i dL_i/dw     i = 1 ... N processes

A loss is a mean over a batch, so this is the gradient on the N batches together: N processes play as one would
with N times the batch, and their weights stay equal. One thing differs: batch normalisation sees the batch of its own
process only.

    torchrun --standalone --local-addr 127.0.0.1 --nproc-per-node 2 -m gan_tutorial train ...

starts them on one machine, with or without a network; on several, leave out the first two options, and name a place to
meet. A process that was started without torchrun is alone, and nothing here changes what it does.
"""

import os
import time
from textwrap import shorten

import torch
import torch.distributed as dist
from torch.optim import Optimizer

from .training import Players


def join(device: str) -> str:
    """Meet the other processes, if torchrun started any. Returns the device of this one.

    ValueError for a device that is not there.
    """
    together = int(os.environ.get("WORLD_SIZE", 1)) > 1
    if together and device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
    try:
        torch.rand(1, device=device, generator=torch.Generator(device)).item()
    except (RuntimeError, AssertionError) as error:
        here = ["cpu", *(f"cuda:{k}" for k in range(torch.cuda.device_count()))]
        here += ["mps"] * torch.backends.mps.is_available()
        raise ValueError(
            f"the device {device} cannot be used; here are {', '.join(here)} ({shorten(str(error), 120)})"
        ) from error
    if not together:
        return device
    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return device


def leave() -> None:
    """Leave together, when no message is under way: a process that ends while gloo holds one may be aborted."""
    if dist.is_initialized():
        dist.barrier()
        time.sleep(0.1)  # gloo's threads let go of the barrier; one that held the group last would abort the process
        dist.destroy_process_group()


def rank() -> int:
    """The number of this process, from 0; the first one speaks and writes for all."""
    return dist.get_rank() if dist.is_initialized() else 0


def size() -> int:
    """The number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def share(players: Players) -> None:
    """From now on these players, built alike in each process, learn from the batches of all."""
    if size() == 1:
        return
    for optimizer in (players.opt_G, players.opt_D):
        optimizer.register_step_pre_hook(lambda optimizer, args, kwargs: average_gradients(optimizer))
    seeds = torch.randint(2**31, (size(),), generator=players.rng, device=players.rng.device)
    players.rng.manual_seed(int(seeds[rank()]))  # other data and latents in each


def anyone(yes: bool) -> bool:
    """Whether it is so in at least one of the processes, all of which ask; each gets the same answer."""
    if size() == 1:
        return yes
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    answers = torch.tensor(float(yes), device=device)
    dist.all_reduce(answers)
    return answers.item() > 0


def average_gradients(optimizer: Optimizer) -> None:
    """Replace each gradient by its mean over the processes: all in one message."""
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"]]
    message = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(message)
    for g, total in zip(gradients, message.split([g.numel() for g in gradients]), strict=True):
        g.copy_(total.view_as(g) / size())


class Everyone:
    """The players of all processes, as one thing to save and load.

    Their weights are equal, but their random numbers and the statistics of batch normalisation are not. Each
    process must call; what one process of its own saves is as if there were no Everyone.
    """

    def __init__(self, players: Players):
        self.players, self.rng = players, players.rng
        self.opt_G, self.opt_D = players.opt_G, players.opt_D

    def state_dict(self) -> dict:
        if size() == 1:
            return self.players.state_dict()
        states = [None] * size()
        dist.all_gather_object(states, self.players.state_dict())
        return {"processes": states}

    def load_state_dict(self, state: dict) -> None:
        states = state.get("processes", [state])
        if len(states) != size():
            raise ValueError(f"it was saved by {len(states)} processes, and now there are {size()}; start as many")
        self.players.load_state_dict(states[rank()])
