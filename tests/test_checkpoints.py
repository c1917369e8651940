"""Nothing is lost, nothing foreign is run."""

import os
import pickle
import signal
import subprocess
import sys
import time

import pytest
import torch

from gan_tutorial.checkpoints import load, load_weights, read_header, save, save_weights
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator
from gan_tutorial.training import Players


def players(width=8):
    return Players.create(MLPGenerator(widths=(width,)), MLPDiscriminator(widths=(width,)))


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


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    p = players()
    save(path, p)
    old = path.read_bytes()

    def full(state, name):
        with open(name, "wb") as file:
            file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space"):
        save(path, p)
    assert path.read_bytes() == old


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
    with pytest.raises(FileNotFoundError, match="there is no file.*nothing.pt"):
        load(tmp_path / "nothing.pt", small)


def test_weights_come_back_with_their_words(tmp_path):
    path = tmp_path / "deeper" / "G.safetensors"
    a, b = MLPGenerator(), MLPGenerator()
    save_weights(path, a, command="make weights", build={"data_dim": 2, "widths": [64, 64]})
    assert read_header(path) == {"command": "make weights", "build": {"data_dim": 2, "widths": [64, 64]}}
    assert load_weights(path, b) is b
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))
    with pytest.raises(ValueError, match="(?s)does not fit this MLPDiscriminator.*build it as"):
        load_weights(path, MLPDiscriminator())
    path.write_bytes(path.read_bytes()[:100])
    for read in (lambda: read_header(path), lambda: load_weights(path, b)):
        with pytest.raises(ValueError, match="G.safetensors.*git checkout -- data"):
            read()
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load_weights(tmp_path / "none.safetensors", b)
