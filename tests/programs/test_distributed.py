"""Several processes, started by torchrun on this machine: two agents, as on two machines, of one process each."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan_tutorial import checkpoints, distributed, distributions
from gan_tutorial.distributed import Everyone
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.penalties import R1
from gan_tutorial.pictures import images
from gan_tutorial.pretrained import load_generator
from gan_tutorial.recipe import Recipe
from gan_tutorial.training import Players, train

ROOT = Path(__file__).parents[2]
SMALL = ["--device", "cpu", "--latent-dim", "4", "--widths-G", "4", "2", "--full-size-maps", "2"]
SMALL += ["--widths-D", "2", "4", "--batch-size", "4"]
RECIPE = Recipe(latent_dim=4, widths_G=(4, 2), full_size_maps=2, widths_D=(2, 4), batch_size=4)
TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]
HERE = ["--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", "2"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def two_agents(*args, cwd):
    """The same command under two agents; the exit status and what was said, of both."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    agent = [*TORCHRUN, "--nnodes", "2", "--nproc-per-node", "1", "--local-addr", "127.0.0.1"]
    agent += ["--master-addr", "127.0.0.1", "--master-port", port]
    environment = ENVIRONMENT | {"GLOO_SOCKET_IFNAME": "lo"}
    started = [
        subprocess.Popen(
            [*agent, "--node-rank", str(rank), *map(str, args)],
            cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    said = [process.communicate(timeout=240)[0] for process in started]
    return max(process.returncode for process in started), "\n".join(said)


def one_agent(*args, cwd):
    """The command of README, two processes on one machine."""
    command = [*TORCHRUN, *HERE, "-m", "gan_tutorial", "train", *SMALL, *map(str, args)]
    return subprocess.Popen(
        command, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


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
from test_distributed import goes_on, played
from gan_tutorial import distributed
distributed.join("cpu")
rank = distributed.rank()
found = played(rank, distributed.size(), distributed.share)
answers = [distributed.anyone(yes) for yes in (False, rank == 1, True)]
went_on = goes_on("run.pt", distributed.share)
torch.save({{"found": found, "answers": answers, "went on": went_on}}, f"{{rank}}.pt")
distributed.leave()
"""


def goes_on(path, prepare=lambda players: None):
    """Whether a saved run of the recipe goes on bit for bit; and the weights and statistics of G."""
    rng = torch.Generator().manual_seed(0)
    data = images(torch.randint(256, (40, 28, 28), generator=rng, dtype=torch.uint8))
    first, second = RECIPE.players(), replace(RECIPE, seed=1).players()
    for players in (first, second):
        prepare(players)
    steps = RECIPE.train(first, data)
    next(steps)
    checkpoints.save(path, Everyone(first))
    distributed.anyone(True)  # wait until the first process has written
    next(steps)
    checkpoints.load(path, Everyone(second))
    next(RECIPE.train(second, data))
    a, b = first.G.state_dict(), second.G.state_dict()
    return all(torch.equal(a[k], b[k]) for k in a), a


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What both processes found."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "play.py").write_text(PLAYED.format(tests=os.path.dirname(__file__)))
    code, said = two_agents("play.py", cwd=folder)
    assert code == 0, said
    saved = torch.load(folder / "run.pt", weights_only=True)["processes"]
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)], saved


def test_two_processes_play_as_one_with_twice_the_batch(found):
    alone = played()
    for one in found[0]:
        for ours, theirs in zip(one["found"], alone, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_what_one_process_says_all_hear(found):
    assert [one["answers"] for one in found[0]] == 2 * [[False, True, True]]
    assert distributed.anyone(True) and not distributed.anyone(False)


def test_a_run_of_two_processes_goes_on_bit_for_bit(found, tmp_path):
    assert all(one["went on"][0] for one in found[0]) and goes_on(tmp_path / "run.pt")[0]
    first, second = found[1]
    weights = [k for k in first["G"] if k.endswith(("weight", "bias"))]
    assert weights and all(torch.equal(first["G"][k], second["G"][k]) for k in weights)
    assert not torch.equal(first["rng"], second["rng"])
    norms = [k for k in first["G"] if k.endswith("running_mean")]
    assert norms and not all(torch.equal(first["G"][k], second["G"][k]) for k in norms)


def weights(folder, name):
    return load_generator(folder / f"{name}.safetensors").state_dict()


@pytest.mark.nightly
def test_the_command_of_two_processes_goes_on_bit_for_bit(tmp_path):
    options = ["-m", "gan_tutorial", "train", *SMALL, "--save-every", 3]
    assert two_agents(*options, "--steps", 5, "--out", "a.safetensors", cwd=tmp_path)[0] == 0
    parts = [*options, "--out", "b.safetensors", "--checkpoint", "run.pt"]
    assert two_agents(*parts, "--steps", 3, cwd=tmp_path)[0] == 0
    code, said = two_agents(*parts, "--steps", 5, cwd=tmp_path)
    assert code == 0 and said.count("going on from step 3 of run.pt; steps 3 -> 5") == 1, said
    a, b = weights(tmp_path, "a"), weights(tmp_path, "b")
    assert all(torch.equal(a[k], b[k]) for k in a)


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT")
def test_ctrl_c_stops_all_processes_after_the_same_step(tmp_path):
    undisturbed = one_agent("--steps", 300, "--out", "a.safetensors", cwd=tmp_path)
    said = undisturbed.communicate(timeout=240)[0]
    assert undisturbed.returncode == 0, said
    parts = ["--steps", 300, "--out", "b.safetensors", "--checkpoint", "run.pt", "--save-every", 7]
    stopped = one_agent(*parts, cwd=tmp_path)
    while not (tmp_path / "run.pt").exists() and stopped.poll() is None:
        time.sleep(0.01)
    stopped.send_signal(signal.SIGINT)  # torchrun passes it on
    said = stopped.communicate(timeout=240)[0]
    step = re.search(r"stopped at step (\d+), which is in run.pt; go on with: the same torchrun command", said)
    assert step and not (tmp_path / "b.safetensors").exists(), said
    first, second = torch.load(tmp_path / "run.pt", weights_only=True)["processes"]
    assert first["step"] == second["step"] == int(step[1])
    again = one_agent(*parts, cwd=tmp_path)
    said = again.communicate(timeout=240)[0]
    assert again.returncode == 0 and f"going on from step {step[1]} of run.pt" in said, said
    a, b = weights(tmp_path, "a"), weights(tmp_path, "b")
    assert all(torch.equal(a[k], b[k]) for k in a)


@pytest.mark.nightly
def test_two_processes_meet_without_a_network_where_no_name_resolves(tmp_path):
    offline = ["unshare", "--net", "--uts", "bash", "-c"]
    alone = "ip link set lo up && hostname laptop-without-name"
    if not shutil.which("unshare") or subprocess.run([*offline, alone], capture_output=True).returncode:
        pytest.skip("unshare, as root, is not permitted here")
    line = shlex.join([*TORCHRUN, *HERE, "-m", "gan_tutorial", "train", *SMALL, "--steps", "2"])
    done = subprocess.run(
        [*offline, f"{alone} && {line}"], cwd=tmp_path, env=ENVIRONMENT, timeout=240, capture_output=True, text=True
    )
    assert done.returncode == 0 and weights(tmp_path, "dcgan"), done.stderr


def test_wherever_processes_are_started_on_one_machine_they_need_no_name():
    told, places = 0, (ROOT / name for name in ("gan_tutorial", "notebooks", "benchmarks"))
    for path in [ROOT / "README.md", *(path for place in places for path in place.rglob("*.[pi][yp]*"))]:
        if path.suffix not in (".py", ".ipynb", ".md"):
            continue
        for line in path.read_text("utf-8").splitlines():
            if re.search(r"standalone.*nproc", line):
                told += 1
                assert re.search(r"local-addr\W+127.0.0.1", line), f"{path.name}: {line}"
    assert told >= 4  # README, the docstring of distributed.py, notebook 15, a benchmark


def test_a_checkpoint_of_other_many_processes_is_refused(tmp_path):
    players = RECIPE.players()
    state = players.state_dict()
    torch.save({"processes": [state, state]}, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="saved by 2 processes, and now there are 1; start as many"):
        checkpoints.load(tmp_path / "run.pt", Everyone(players))


def test_one_process_saves_as_if_there_were_no_others(tmp_path):
    players = RECIPE.players()
    checkpoints.save(tmp_path / "a.pt", Everyone(players))
    checkpoints.load(tmp_path / "a.pt", players)
    checkpoints.save(tmp_path / "b.pt", players)
    checkpoints.load(tmp_path / "b.pt", Everyone(players))
