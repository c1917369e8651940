"""Several processes, started by torchrun on this machine: two agents, as on two machines, of one process each."""

import os
import socket
import subprocess
import sys

import pytest
import torch

from gan_tutorial import checkpoints, distributions
from gan_tutorial.distributed import Everyone
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.penalties import R1
from gan_tutorial.pretrained import load_generator
from gan_tutorial.recipe import Recipe
from gan_tutorial.training import Players, train

SMALL = ["--widths-g", "8", "4", "--widths-d", "4", "8", "--batch-size", "8"]


def torchrun(*args, cwd):
    """The same command under two agents; the exit status and what was said, of both."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    agent = [sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"]
    agent += ["--master-addr", "127.0.0.1", "--master-port", port]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    started = [
        subprocess.Popen(
            [*agent, "--node-rank", str(rank), *map(str, args)],
            cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    said = [process.communicate(timeout=240)[0] for process in started]
    return max(process.returncode for process in started), "\n".join(said)


class Half(Players):
    """Latents of the batch of all: those of this process."""

    part, parts = 0, 1

    def latent(self, n):
        return super().latent(n * self.parts)[self.part * n :][:n]


def played(part=0, parts=1, prepare=lambda players: None):
    """Weights and, of the last step, gradients: of players in the plane whose batch of 16 is divided."""
    torch.manual_seed(0)
    players = Half.create(MLPGenerator(), MLPDiscriminator(), seed=5)
    prepare(players)
    players.rng.manual_seed(5)
    players.part, players.parts = part, parts

    def distribution(n, rng):
        return (distributions.ring()(n * parts, rng)[0][part * n :][:n],)

    steps = train(players, distribution, OBJECTIVES["hinge"], [R1(0.1)], batch_size=16 // parts, critic_steps=2)
    for _ in range(4):
        next(steps)
    everything = [p for network in (players.G, players.D, players.G_ema) for p in network.parameters()]
    return [p.detach() for p in everything] + [p.grad for p in everything if p.grad is not None]


PLAYED = """
import sys, torch
sys.path.append({tests!r})
from test_distributed import played
from gan_tutorial import distributed
distributed.join("cpu")
found = played(distributed.rank(), distributed.size(), distributed.share)
torch.save(found, f"{{distributed.rank()}}.pt")
distributed.leave()
"""


def test_two_processes_play_as_one_with_twice_the_batch(tmp_path):
    (tmp_path / "play.py").write_text(PLAYED.format(tests=os.path.dirname(__file__)))
    code, said = torchrun("play.py", cwd=tmp_path)
    assert code == 0, said
    alone = played()
    for rank in range(2):
        found = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        for ours, theirs in zip(found, alone, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_a_run_of_two_processes_goes_on_bit_for_bit(tmp_path):
    options = ["-m", "gan_tutorial", "train", *SMALL, "--device", "cpu", "--save-every", 3]
    assert torchrun(*options, "--steps", 5, "--out", "a.safetensors", cwd=tmp_path)[0] == 0
    parts = [*options, "--out", "b.safetensors", "--checkpoint", "run.pt"]
    assert torchrun(*parts, "--steps", 3, cwd=tmp_path)[0] == 0
    code, said = torchrun(*parts, "--steps", 5, cwd=tmp_path)
    assert code == 0 and said.count("going on from step 3 of run.pt") == 1, said
    a, b = (load_generator(tmp_path / f"{name}.safetensors").state_dict() for name in "ab")
    assert all(torch.equal(a[k], b[k]) for k in a)

    first, second = torch.load(tmp_path / "run.pt", weights_only=True)["processes"]
    weights = [k for k in first["G"] if k.endswith(("weight", "bias"))]
    assert weights and all(torch.equal(first["G"][k], second["G"][k]) for k in weights)
    assert not torch.equal(first["rng"], second["rng"])
    norms = [k for k in first["G"] if k.endswith("running_mean")]
    assert norms and not all(torch.equal(first["G"][k], second["G"][k]) for k in norms)


def test_a_checkpoint_of_other_many_processes_is_refused(tmp_path):
    players = Recipe(widths_G=(8, 4), widths_D=(4, 8)).players()
    state = players.state_dict()
    torch.save({"processes": [state, state]}, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="saved by 2 processes, and now there are 1; start as many"):
        checkpoints.load(tmp_path / "run.pt", Everyone(players))


def test_one_process_saves_as_if_there_were_no_others(tmp_path):
    players = Recipe(widths_G=(8, 4), widths_D=(4, 8)).players()
    checkpoints.save(tmp_path / "a.pt", Everyone(players))
    checkpoints.load(tmp_path / "a.pt", players)
    checkpoints.save(tmp_path / "b.pt", players)
    checkpoints.load(tmp_path / "b.pt", Everyone(players))
