"""Nothing is lost, nothing foreign is run, nothing damaged is believed."""

import copy
import os
import pickle
import random
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from gan_tutorial import distributions, files
from gan_tutorial.chapters.one_network import Learner
from gan_tutorial.checkpoints import load, load_weights, read_header, save, save_weights
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.training import Players, train


def players(width=8, **rates):
    return Players.create(MLPGenerator(widths=(width,)), MLPDiscriminator(widths=(width,)), **rates)


def play(some, steps):
    for _ in islice(train(some, distributions.ring(), OBJECTIVES["hinge"], batch_size=4), steps):
        pass
    return some


def equal(a, b):
    """Two states, nested as they may be."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(equal, a, b))
    return a == b


# Whole files

KILLED = """
import sys, torch
from gan_tutorial.checkpoints import save
from tests.test_checkpoints import players
p = players(400)
while True:
    p.step += 1
    torch.nn.init.constant_(p.G.net[0].weight, p.step)
    save(sys.argv[1], p)
    print(p.step, flush=True)
"""


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_at_any_moment_the_last_good_one_loads(tmp_path):
    path = tmp_path / "run.pt"
    saver = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE)
    saver.stdout.readline()
    p = players(400)
    for k in range(20):  # frozen at any moment, as good as killed
        time.sleep(0.003 + 0.001 * k)
        os.kill(saver.pid, signal.SIGSTOP)
        load(path, p)
        assert (p.G.net[0].weight == p.step).all()
        os.kill(saver.pid, signal.SIGCONT)
    saver.kill()
    done = saver.communicate()[0].split()
    load(path, p)
    assert p.step >= int(done[-1]) and (p.G.net[0].weight == p.step).all()


def test_a_save_that_fails_says_so_and_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    save(path, players())
    old = path.read_bytes()

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for write in (lambda: save(path, players(16)), lambda: save_weights(path, MLPGenerator())):
        with pytest.raises(OSError, match=r"run.pt cannot be written \(No space left on device; \d+\.\d MiB are free"):
            write()
        assert path.read_bytes() == old and os.listdir(tmp_path) == ["run.pt"]


def test_writers_of_one_file_do_not_disturb_each_other(tmp_path):
    contents = [bytes([k]) * 100_000 for k in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: [files.write(tmp_path / "file", content) for _ in range(10)], contents))
    assert (tmp_path / "file").read_bytes() in contents and os.listdir(tmp_path) == ["file"]


def test_places_where_nothing_can_be_written_are_refused(tmp_path):
    (tmp_path / "file").touch()
    files.check_place(tmp_path / "file")
    files.check_place(tmp_path / "new" / "deeper" / "file")
    assert sorted(os.listdir(tmp_path)) == ["file", "new"] and not os.listdir(tmp_path / "new" / "deeper")
    with pytest.raises(ValueError, match="new is a folder; name a file"):
        files.check_place(tmp_path / "new")
    for below in ("file/x", "file/x/y"):
        with pytest.raises(OSError, match=f"{below} cannot be written: .*file is no folder"):
            files.check_place(tmp_path / below)
    with pytest.raises(ValueError, match="is no ordinary file"):
        files.check_place(os.devnull)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a place where even root may not write")
def test_a_place_without_permission_is_refused():
    with pytest.raises(OSError, match="/proc/run.pt cannot be written .* are free in /proc"):
        files.check_place("/proc/run.pt")


# What is loaded


def test_a_checkpoint_runs_no_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "pwned"),)

    for write in (pickle.dump, torch.save):
        with open(tmp_path / "evil.pt", "wb") as file:
            write({"G": Evil()}, file)
        with pytest.raises(ValueError, match="evil.pt is not a checkpoint"):
            load(tmp_path / "evil.pt", players())
    assert not (tmp_path / "pwned").exists()


def test_wrong_files_are_named(tmp_path):
    save(tmp_path / "wide.pt", players(16))
    small = players()
    before = [p.clone() for p in small.G.parameters()]
    with pytest.raises(ValueError, match="(?s)wide.pt holds other players.*build them"):
        load(tmp_path / "wide.pt", small)
    assert all(torch.equal(a, b) for a, b in zip(before, small.G.parameters(), strict=True))
    raw = (tmp_path / "wide.pt").read_bytes()
    (tmp_path / "half.pt").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(ValueError, match="half.pt is not a checkpoint, or a damaged one"):
        load(tmp_path / "half.pt", small)
    torch.save(torch.zeros(2), tmp_path / "tensor.pt")
    with pytest.raises(ValueError, match="tensor.pt is not a checkpoint, or a damaged one"):
        load(tmp_path / "tensor.pt", small)
    with pytest.raises(FileNotFoundError, match="there is no file.*nothing.pt$"):
        load(tmp_path / "nothing.pt", small)


def test_weights_come_back_with_their_words(tmp_path):
    path = tmp_path / "deeper" / "G.safetensors"
    a, b = MLPGenerator(), MLPGenerator()
    words = {"command": "make weights", "build": {"data_dim": 2, "widths": [64, 64]}}
    save_weights(path, a, **words)
    assert read_header(path) == words
    assert load_weights(path, b) is b and equal(a.state_dict(), b.state_dict())
    built = load_weights(path, lambda words: MLPGenerator(**words["build"]))
    assert equal(a.state_dict(), built.state_dict())
    with pytest.raises(ValueError, match="(?s)does not fit this MLPDiscriminator.*build it as"):
        load_weights(path, MLPDiscriminator())
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load_weights(tmp_path / "none.safetensors", b)


def test_weights_that_others_wrote_load(tmp_path):
    a, b = MLPGenerator(), MLPGenerator()
    save_file(a.state_dict(), tmp_path / "plain.safetensors", metadata={"format": "pt"})
    assert equal(load_weights(tmp_path / "plain.safetensors", b).state_dict(), a.state_dict())
    with pytest.raises(ValueError, match="the header of .*plain.safetensors holds other words than ours"):
        read_header(tmp_path / "plain.safetensors")


@pytest.mark.parametrize("read", [read_header, lambda path: load_weights(path, MLPGenerator())])
def test_a_damaged_file_of_the_tutorial_comes_back_from_git_and_one_of_yours_does_not(read, tmp_path, monkeypatch):
    ours, yours = tmp_path / "data" / "weights" / "G.safetensors", tmp_path / "G.safetensors"
    (tmp_path / "data" / "fashion-mnist").mkdir(parents=True)
    monkeypatch.setenv("GAN_TUTORIAL_DATA", str(tmp_path / "data"))
    for path, remedy in ((ours, "git checkout -- data"), (yours, "train again")):
        save_weights(path, MLPGenerator())
        path.write_bytes(path.read_bytes()[:100])
        with pytest.raises(ValueError, match=f"G.safetensors is not a file of weights, or a damaged one.*{remedy}"):
            read(path)
        path.unlink()
    with pytest.raises(FileNotFoundError, match="G.safetensors; restore it with `git checkout -- data`$"):
        read(ours)
    with pytest.raises(FileNotFoundError, match="G.safetensors$"):
        read(yours)


@pytest.mark.parametrize("read", [read_header, lambda path: load_weights(path, MLPGenerator())])
def test_a_file_is_opened_once(read, tmp_path, monkeypatch):
    save_weights(tmp_path / "G.safetensors", MLPGenerator())
    opened, whole = [], files.read
    monkeypatch.setattr(files, "read", lambda path: opened.append(path) or whole(path))
    read(tmp_path / "G.safetensors")
    assert opened == [tmp_path / "G.safetensors"]


# Damage


def damaged(raw, luck):
    """One bit, or some bytes, that are other than they were."""
    raw, k = bytearray(raw), luck.randrange(len(raw))
    if luck.random() < 0.7:
        raw[k] ^= 1 << luck.randrange(8)
    else:
        for j in range(k, min(k + luck.randrange(1, 50), len(raw))):
            raw[j] ^= luck.randrange(1, 256)
    return bytes(raw)


@pytest.mark.parametrize("times", [80, pytest.param(4000, marks=pytest.mark.nightly)])
def test_damaged_weights_are_refused(times, tmp_path):
    path, network, luck = tmp_path / "G.safetensors", MLPGenerator(widths=(4,)), random.Random(0)
    save_weights(path, network, recipe={"widths": [4]}, command="train")
    good = path.read_bytes()
    for _ in range(times):
        path.write_bytes(damaged(good, luck))
        with pytest.raises(ValueError, match=r"G.safetensors is not a file of weights, or a damaged one|other words"):
            load_weights(path, lambda words: MLPGenerator(widths=words["recipe"]["widths"]))
    path.write_bytes(good)
    load_weights(path, network)


@pytest.mark.parametrize("times", [80, pytest.param(4000, marks=pytest.mark.nightly)])
def test_damaged_checkpoints_are_refused(times, tmp_path):
    path, luck = tmp_path / "run.pt", random.Random(0)
    save(path, players(2), run={"seed": 0})
    good = path.read_bytes()
    for _ in range(times):
        path.write_bytes(damaged(good, luck))
        with pytest.raises(ValueError, match="run.pt is not a checkpoint, or a damaged one"):
            load(path, players(2))
    path.write_bytes(good)
    assert load(path, players(2)) == {"run": {"seed": 0}}


def test_other_programs_read_what_is_written_with_a_checksum(tmp_path):
    p = play(players(), 1)
    save(tmp_path / "run.pt", p)
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    assert state.pop("words") == {} and equal(state, p.state_dict())
    with zipfile.ZipFile(tmp_path / "run.pt") as archive:
        assert archive.comment.startswith(b"sha256 ") and archive.testzip() is None


# Numbers that are not finite

POISONS = {
    "a weight": lambda p: p.G.net[0].weight.data,
    "an average": lambda p: p.G_ema.net[0].bias.data,
    "what Adam remembers": lambda p: next(iter(p.opt_D.state.values()))["exp_avg"],
}


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
@pytest.mark.parametrize("where", POISONS)
def test_exploded_players_are_not_saved_over_the_last_good_ones(where, number, tmp_path):
    p = play(players(), 1)
    save(tmp_path / "run.pt", p)
    POISONS[where](p).view(-1)[0] = number
    with pytest.raises(FloatingPointError, match="no longer finite everywhere.*smaller learning rate"):
        save(tmp_path / "run.pt", p)
    load(tmp_path / "run.pt", p)
    assert all(w.isfinite().all() for w in [*p.G.parameters(), *p.D.parameters(), *p.G_ema.parameters()])


def test_exploded_weights_are_not_saved(tmp_path):
    network = MLPGenerator()
    network.net[0].weight.data[0, 0] = float("inf")
    with pytest.raises(FloatingPointError, match="net.0.weight is no longer finite everywhere"):
        save_weights(tmp_path / "G.safetensors", network)
    assert not os.listdir(tmp_path)


# Going on


def test_rates_are_those_that_were_saved_unless_others_are_given(tmp_path):
    def numbers(p):
        return [(opt.param_groups[0]["lr"], opt.param_groups[0]["betas"]) for opt in (p.opt_G, p.opt_D)]

    save(tmp_path / "run.pt", play(players(lr_G=1e-3, lr_D=2e-3, betas=(0.1, 0.9)), 1))
    new = players(lr_G=7.0, lr_D=7.0)
    load(tmp_path / "run.pt", new)
    assert numbers(new) == [(1e-3, (0.1, 0.9)), (2e-3, (0.1, 0.9))]
    load(tmp_path / "run.pt", new, lr_D=1e-5)
    assert numbers(new) == [(1e-3, (0.1, 0.9)), (1e-5, (0.1, 0.9))]
    load(tmp_path / "run.pt", new, lr_G=1e-4, betas=(0.5, 0.99))
    assert numbers(new) == [(1e-4, (0.5, 0.99)), (2e-3, (0.5, 0.99))]


def test_other_rates_are_those_that_are_played_with(tmp_path):
    save(tmp_path / "run.pt", play(players(lr_G=1e-2), 2))
    slow, as_before = players(), players(lr_G=1e-6)
    load(tmp_path / "run.pt", slow, lr_G=1e-6)
    load(tmp_path / "run.pt", as_before)
    before = slow.G.net[0].weight.clone()
    assert 0 < (play(slow, 1).G.net[0].weight - before).abs().max() < 1e-5
    assert (play(as_before, 1).G.net[0].weight - before).abs().max() > 1e-4


def test_rates_that_cannot_be_are_refused(tmp_path):
    save(tmp_path / "run.pt", players())
    for wrong in ({"lr_G": 0.0}, {"lr_D": -1.0}, {"betas": (0.5, 1.0)}, {"betas": (0.5,)}):
        with pytest.raises(ValueError):
            load(tmp_path / "run.pt", players(), **wrong)
    alone = Learner.create(MLPGenerator())
    save(tmp_path / "alone.pt", alone)
    load(tmp_path / "alone.pt", alone)
    with pytest.raises(TypeError, match="for two players; Learner is one"):
        load(tmp_path / "alone.pt", alone, lr_G=1e-3)


def test_whoever_loads_may_refuse_by_the_words_before_anything_changes(tmp_path):
    save(tmp_path / "run.pt", play(players(), 1), run={"widths": (8,)}, changes=["one"])
    p = players()
    before = copy.deepcopy(p.state_dict())

    def refuse(words):
        assert words == {"run": {"widths": (8,)}, "changes": ["one"]}
        raise ValueError("of another run")

    with pytest.raises(ValueError, match="of another run"):
        load(tmp_path / "run.pt", p, accept=refuse)
    assert equal(p.state_dict(), before)
    assert load(tmp_path / "run.pt", p)["changes"] == ["one"] and p.step == 1


def test_random_numbers_of_another_kind_of_device_are_replaced_the_same_way_each_time(tmp_path):
    """A GPU's state of random numbers has 16 bytes, a CPU's 5,056."""
    p = play(players(), 1)
    drawn = []
    for last in (1, 1, 2):
        state = p.state_dict() | {"rng": torch.tensor([0] * 15 + [last], dtype=torch.uint8)}
        torch.save(state, tmp_path / "gpu.pt")
        load(tmp_path / "gpu.pt", p)
        drawn.append(torch.rand(1, generator=p.rng).item())
    assert drawn[0] == drawn[1] != drawn[2]
