"""`python -m gan_tutorial`: runs that are stopped and gone on with, files that can be written, mistakes."""

import json
import os
import shlex
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_tutorial import __main__ as command_line, checkpoints, pictures as data, runs
from gan_tutorial.checkpoints import read_header
from gan_tutorial.observers import Progress
from gan_tutorial.pretrained import load_discriminator, load_generator
from gan_tutorial.recipe import Recipe
from gan_tutorial.sampling import sample

SMALL = "--device cpu --latent-dim 4 --widths-G 4 2 --full-size-maps 2 --widths-D 2 4 --batch-size 4"
RECIPE = Recipe(latent_dim=4, widths_G=(4, 2), full_size_maps=2, widths_D=(2, 4), batch_size=4)


@cache
def few():
    pixels, labels = data.fashion_mnist("test")
    return pixels[:200], labels[:200]


@pytest.fixture
def command(tmp_path, monkeypatch, capfd):
    """Run a command line in a folder of its own: its exit status, and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runs, "fashion_mnist", few)

    def run(line):
        status = 0
        try:
            command_line.main(shlex.split(line))
        except SystemExit as stop:
            status = stop.code
        out, err = capfd.readouterr()
        return (1, out, status) if isinstance(status, str) else (status, out, err)

    return run


def train(command, options, *, status=0):
    found, out, err = command(f"train {SMALL} {options}")
    assert found == status, err
    return out if status == 0 else err


def states(*names):
    """The weights of both players of each."""
    for name in names:
        both = load_generator(f"{name}.safetensors"), load_discriminator(f"{name}-discriminator.safetensors")
        yield [t for network in both for t in network.state_dict().values()]


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(*states(a, b), strict=True))


def rates(path):
    state = torch.load(path, weights_only=True)
    return [state[k]["param_groups"][0]["lr"] for k in ("opt_G", "opt_D")]


# A run


def test_a_run_stopped_and_gone_on_with_makes_the_same_weights(command):
    train(command, "--steps 7 --out a.safetensors")
    part = "--out b.safetensors --checkpoint run.pt --save-every 2"
    train(command, f"--steps 5 {part}")
    assert "going on from step 4 of run.pt; steps 5 -> 7" in train(command, f"--steps 7 {part}")
    assert same("a", "b")


def test_the_same_command_makes_the_same_weights_and_another_seed_others(command):
    for options in ("--out a.safetensors", "--out b.safetensors", "--out c.safetensors --seed 1"):
        train(command, f"--steps 3 {options}")
    assert same("a", "b") and not same("a", "c")


def test_the_header_says_how_the_weights_were_made(command):
    options = "--steps 3 --lr-G 1e-3 --out deeper/a.safetensors"
    train(command, options)
    for name in ("a", "a-discriminator"):
        words = read_header(f"deeper/{name}.safetensors")
        assert words["command"] == f"python -m gan_tutorial train {SMALL} {options}"
        assert Recipe.from_dict(words["recipe"]) == Recipe(**RECIPE.to_dict() | {"steps": 3, "lr_G": 1e-3})
        assert (words["step"], words["data"], words["changes"]) == (3, "fashion-mnist", [])


def test_a_run_may_start_from_the_weights_of_another(command):
    train(command, "--steps 2 --out a.safetensors")
    again = "--seed 1 --start a.safetensors --out b.safetensors"
    train(command, f"{again} --steps 0")
    assert same("a", "b")
    train(command, f"{again} --steps 1")
    assert not same("a", "b")
    err = train(command, "--latent-dim 5 --start a.safetensors --steps 1", status=1)  # another pair's
    assert "does not fit" in err


def test_a_checkpoint_needs_the_first_weights_no_longer(command):
    train(command, "--steps 2 --out a.safetensors")
    options = "--start a.safetensors --out b.safetensors --checkpoint run.pt --save-every 1"
    train(command, f"{options} --steps 1")
    os.remove("a.safetensors")
    train(command, f"{options} --steps 2")


def test_a_run_takes_pictures_of_your_own(command):
    os.mkdir("mine")
    for k in range(3):
        Image.new("RGB", (20, 30), (80 * k, 0, 255)).save(f"mine/{k}.jpg")
    options = "--folder mine --size 32 --channels 3 --steps 2 --out mine.safetensors"
    train(command, options)
    assert sample(load_generator("mine.safetensors"), 2)[0].shape == (2, 3, 32, 32)
    assert train(command, f"{options} --classes 10", status=1).startswith("error: the pictures in mine have no labels")
    err = train(command, "--size 32 --channels 3 --steps 2", status=1)
    assert "G makes samples of shape (3, 32, 32), but the data have (1, 32, 32)" in err


def test_both_players_of_a_run_with_labels_are_kept_and_measured(command, monkeypatch):
    class Measures:
        def report(self, G):
            x, labels = sample(G, 20)
            return {"brightest": 1.23456 * len(x), "last": labels[-1].item()}

    monkeypatch.setattr(command_line, "Evaluator", Measures)
    train(command, "--classes 10 --steps 2 --out pair.safetensors")
    x, labels = sample(load_generator("pair.safetensors"), 20)
    assert load_discriminator("pair-discriminator.safetensors")(x, labels).shape == (20,)
    status, out, err = command("evaluate pair.safetensors pair.safetensors")
    assert status == 0, err
    assert [json.loads(line) for line in out.splitlines()] == 2 * [
        {"file": "pair.safetensors", "brightest": 24.69, "last": 9}
    ]


# Going on with a run

CHECKPOINT = "--checkpoint run.pt --save-every 1 --out b.safetensors"


def test_rates_may_change_on_the_way_and_the_header_says_when(command):
    train(command, f"--lr 1e-3 --steps 2 {CHECKPOINT}")
    assert rates("run.pt") == [1e-3, 1e-3]
    out = train(command, f"--lr-G 1e-3 --lr-D 1e-5 --steps 3 {CHECKPOINT}")
    assert "going on from step 2 of run.pt; " in out and "lr_D 0.001 -> 1e-05" in out and "lr_G" not in out
    assert rates("run.pt") == [1e-3, 1e-5]
    train(command, f"--lr-G 1e-3 --lr-D 1e-5 --betas 0.5 0.9 --steps 4 {CHECKPOINT}")
    words = read_header("b.safetensors")
    assert words["step"] == 4 and words["recipe"]["lr_D"] == 1e-5
    assert words["changes"] == [
        "from step 2: lr_D 0.001 -> 1e-05", "from step 2: steps 2 -> 3",
        "from step 3: betas (0.0, 0.99) -> (0.5, 0.9)", "from step 3: steps 3 -> 4",
    ]  # fmt: skip


def test_rates_that_do_not_change_are_no_change(command):
    """As the product advises: the same checkpoint, with smaller rates, is played with these from the next step on."""
    train(command, f"--lr 1e-3 --steps 3 {CHECKPOINT}")
    torch_state = torch.load("run.pt", weights_only=True)
    players = RECIPE.players()
    checkpoints.load("run.pt", players, lr_G=1e-3, lr_D=1e-3)
    assert torch.equal(players.G.net[0].weight, torch_state["G"]["net.0.weight"])
    out = train(command, f"--lr 1e-3 --steps 3 {CHECKPOINT}")
    assert "going on from step 3 of run.pt\n" in out


OTHERS = {
    "--objective hinge": "objective non-saturating -> hinge",
    "--seed 7": "seed 0 -> 7",
    "--batch-size 8": "batch_size 4 -> 8",
    "--decay 0.5": "decay 0.995 -> 0.5",
    "--widths-G 6 2": "widths_G (4, 2) -> (6, 2)",
    "--widths-D 2 6": "widths_D (2, 4) -> (2, 6)",
    "--full-size-maps 0": "full_size_maps 2 -> 0",
    "--latent-dim 5": "latent_dim 4 -> 5",
    "--classes 10": "classes 0 -> 10",
    "--size 32": "size 28 -> 32",
    "--start b.safetensors": "start None -> b.safetensors",
}


def test_another_run_is_refused_and_nothing_is_written(command):
    train(command, f"--steps 2 {CHECKPOINT}")
    before = {name: Path(name).read_bytes() for name in os.listdir()}
    for option, said in OTHERS.items():
        err = train(command, f"--steps 3 {CHECKPOINT} {option}", status=1)
        assert f"of another run (saved -> asked): {said}. Ask for what was saved, or name" in err
    assert {name: Path(name).read_bytes() for name in os.listdir()} == before


def test_other_pictures_make_another_run(command):
    os.mkdir("mine")
    options = f"--folder mine --channels 1 {CHECKPOINT}"
    Image.new("L", (28, 28), 90).save("mine/a.png")
    train(command, f"--steps 1 {options}")
    os.rename("mine/a.png", "mine/other name.png")
    train(command, f"--steps 2 {options}")
    Image.new("L", (28, 28), 91).save("mine/b.png")
    assert "data 1 pictures, sha256 " in train(command, f"--steps 3 {options}", status=1)
    os.remove("mine/other name.png")
    assert "data 1 pictures, sha256 " in train(command, f"--steps 3 {options}", status=1)
    assert "-> fashion-mnist" in train(command, f"--steps 3 {CHECKPOINT}", status=1)


def test_files_that_are_left_out_are_named(command):
    os.mkdir("mine")
    Image.radial_gradient("L").resize((28, 28)).save("mine/a.png")
    Path("mine/list.txt").write_text("no picture")
    said = train(command, "--folder mine --channels 1 --steps 0")
    assert "1 picture" in said and "list.txt" in said and "a.png" not in said


def test_every_field_of_a_recipe_identifies_the_run_unless_it_may_change():
    """A field that is new tomorrow, too."""
    saved = RECIPE.to_dict()
    assert set(runs.MAY_CHANGE) - saved.keys() == {"device"}
    for field in saved:
        asked = saved | {field: "another"}
        if field in runs.MAY_CHANGE:
            assert runs.changes(saved, asked) == [f"{field} {saved[field]} -> another"]
        else:
            with pytest.raises(ValueError, match=f"{field} .* -> another"):
                runs.changes(saved, asked)
    assert runs.changes(saved, saved) == []
    with pytest.raises(ValueError, match="newer 1 -> None"):
        runs.changes(saved | {"newer": 1}, saved)


@pytest.mark.parametrize("path", ["version 0.1", "Python"])
def test_a_checkpoint_that_does_not_say_what_run_it_is_of_loads_with_a_warning(path, command, tmp_path):
    if path == "Python":
        checkpoints.save("run.pt", RECIPE.players())
        line = f"train {SMALL} --steps 1 --checkpoint run.pt --lr 1e-4 --save-every 1"
    else:
        old = Path(__file__).parent / "version_0_1" / "run.pt"
        Path("run.pt").write_bytes(old.read_bytes())
        line = "train --device cpu --latent-dim 1 --widths-g 4 2 --fine 2 --widths-d 2 4 --classes 10 --batch-size 2"
        line += " --seed 3 --steps 3 --checkpoint run.pt --lr 1e-4 --save-every 1"
    status, out, err = command(line)
    assert status == 0 and "warning: run.pt does not say of what run it is" in err
    assert rates("run.pt") == [1e-4, 1e-4]
    assert "warning" not in command(line)[2]


def test_steps_that_are_behind_already_write_nothing(command):
    train(command, f"--steps 3 {CHECKPOINT}")
    os.remove("b.safetensors")
    err = train(command, f"--steps 2 {CHECKPOINT}", status=1)
    assert "run.pt is at step 3, beyond --steps 2" in err and not os.path.exists("b.safetensors")
    train(command, f"--steps 3 {CHECKPOINT}")
    assert read_header("b.safetensors")["step"] == 3


# Files that can be written


@pytest.fixture
def no_step(monkeypatch):
    def play(*_):
        raise AssertionError("a step was taken")

    monkeypatch.setattr(Recipe, "train", play)


@pytest.mark.parametrize("option", ["--out", "--checkpoint"])
@pytest.mark.parametrize("path", ["results", "results/", "new/", ".", "file/x", os.devnull, "/proc/x"])
def test_impossible_outputs_are_refused_before_the_first_step(option, path, command, no_step):
    if path.startswith("/proc") and not os.path.exists("/proc/self"):
        pytest.skip("a place where even root may not write")
    os.mkdir("results")
    Path("file").touch()
    status, _, err = command(f"train {SMALL} --steps 1 {option} {path}")
    assert status in (1, 2) and path.rstrip("/") in err and "name" in err
    assert sorted(os.listdir()) == ["file", "results"]


def test_the_opponent_s_file_is_looked_at_too(command, no_step):
    os.mkdir("a-discriminator.safetensors")
    assert "a-discriminator.safetensors is a folder" in train(command, "--out a.safetensors --steps 1", status=1)


@pytest.mark.parametrize("checkpoint", ["a.safetensors", "./a.safetensors", "a-discriminator.safetensors"])
def test_weights_are_not_written_over_the_checkpoint(checkpoint, command, no_step):
    err = train(command, f"--out a.safetensors --checkpoint {checkpoint} --steps 1", status=1)
    assert "the weights would be written over the checkpoint" in err


def test_the_classifier_looks_at_its_file_first(command, no_step):
    assert "is a folder" in command("classifier --out .")[2]


@pytest.mark.nightly
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount")
def test_a_full_disk_ends_in_a_sentence(command):
    os.mkdir("tiny")
    if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=60k", "tmpfs", "tiny"], stderr=subprocess.DEVNULL):
        pytest.skip("mount is not permitted here")
    try:
        err = train(command, "--steps 2 --save-every 1 --checkpoint tiny/run.pt", status=1)
        left = os.listdir("tiny")
        checkpoints.load("tiny/run.pt", RECIPE.players())  # there was room for one, but not for a second beside it
    finally:
        subprocess.check_call(["umount", "tiny"])
    assert err.startswith("error: tiny/run.pt cannot be written (No space left on device; 0.")
    assert left == ["run.pt"]


@pytest.mark.nightly
def test_two_runs_with_one_checkpoint_do_not_destroy_each_other(tmp_path):
    line = [sys.executable, "-m", "gan_tutorial", "train", *SMALL.split(), "--steps", "200", "--save-every", "1"]
    both = [
        subprocess.Popen([*line, "--checkpoint", "run.pt", "--out", name], cwd=tmp_path, stderr=subprocess.PIPE)
        for name in ("a.safetensors", "b.safetensors")
    ]
    said = [run.communicate()[1] for run in both]
    assert [run.returncode for run in both] == [0, 0], said
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]
    checkpoints.load(tmp_path / "run.pt", RECIPE.players())


# Ctrl-C


@pytest.fixture
def press(monkeypatch):
    """Ctrl-C, so many times, while a step is shown."""

    def at(number, times=1):
        def show(progress, step):
            if step.number == number:
                for _ in range(times):
                    signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(Progress, "__call__", show)

    return at


def test_after_ctrl_c_the_run_goes_on_bit_for_bit(command, press):
    before = signal.getsignal(signal.SIGINT)
    train(command, "--steps 6 --out a.safetensors")
    press(3)
    line = "--steps 6 --out b.safetensors --checkpoint run.pt"
    err = train(command, line, status=130)
    assert f"stopped at step 3, which is in run.pt; go on with: python -m gan_tutorial train {SMALL} {line}" in err
    assert signal.getsignal(signal.SIGINT) is before and not os.path.exists("b.safetensors")
    assert "going on from step 3" in train(command, err.rpartition(f"train {SMALL} ")[2])
    assert same("a", "b")


def test_without_a_checkpoint_ctrl_c_says_that_nothing_was_kept(command, press):
    press(2)
    err = train(command, "--steps 4", status=130)
    assert "stopped at step 2; nothing was kept, which --checkpoint FILE changes" in err and not os.listdir()


def test_ctrl_c_in_the_last_step_is_too_late(command, press):
    press(4)
    assert "wrote" in train(command, "--steps 4")


def test_a_second_ctrl_c_stops_at_once(command, press):
    press(2, times=2)
    err = train(command, "--steps 4 --checkpoint run.pt", status=130)
    assert "stopped at once" in err and not os.listdir()


# Exploded weights


def test_exploded_weights_are_never_written(command, monkeypatch):
    play = Recipe.train

    def explode(recipe, players, data):
        for step in play(recipe, players, data):
            if step.number == 3:
                players.D.score.weight.data.fill_(float("inf"))
            yield step

    monkeypatch.setattr(Recipe, "train", explode)
    err = train(command, "--steps 3", status=1)
    assert "error: score.weight is no longer finite everywhere" in err and "smaller learning rate" in err
    assert not os.listdir()
    train(command, "--steps 3 --checkpoint run.pt --save-every 1", status=1)
    assert os.listdir() == ["run.pt"]
    monkeypatch.setattr(Recipe, "train", play)
    assert "going on from step 2" in train(command, "--steps 3 --lr 1e-4 --checkpoint run.pt")


# Mistakes

MISTAKES = {
    "--device gpu": "the device gpu cannot be used; here are cpu",
    "--device cuda:77": "the device cuda:77 cannot be used; here are cpu",
    "--device vulkan": "the device vulkan cannot be used; here are cpu",
    "--classes 5": "classes is 5; expected one of 0, 10",
    "--classes 12": "classes is 12; expected one of 0, 10",
    "--classes -1": "classes is -1; expected a whole number >= 0",
    "--fine -1": "full_size_maps is -1; expected",
    "--widths-g 0 4": "widths_G is 0; expected",
    "--widths-G 4 2 1": "widths (4, 2, 1)",
    "--latent-dim 0": "latent_dim is 0; expected",
    "--seed -1": "seed is -1; expected",
    "--seed 18446744073709551616": "seed is 18446744073709551616; expected",
    "--lr 0": "lr_G is 0.0; expected a number > 0",
    "--lr-D nan": "lr_D is nan; expected a number > 0",
    "--betas 0.5 1": "beta2 is 1.0; expected a number in [0, 1)",
    "--beta1 -0.5": "beta1 is -0.5; expected a number in [0, 1)",
    "--decay 1": "decay is 1.0; expected",
    "--batch-size 1": "batch_size is 1; expected",
    "--steps -1": "steps is -1; expected",
    "--save-every 0": "save_every is 0; expected",
    "--size 0": "size is 0; expected",
    "--size 30": "size 30",
    "--channels 0": "channels is 0; expected",
    "--objective best": "objective is 'best'; expected one of minimax, non-saturating",
    "--folder nowhere": "there is no folder nowhere",
    "--start nowhere.safetensors": "there is no file nowhere.safetensors",
    "--checkpoint junk": "junk is not a checkpoint",
}


@pytest.mark.parametrize("option", MISTAKES)
def test_mistakes_end_in_a_sentence_before_the_first_step(option, command, monkeypatch):
    def play(*_):
        yield from ()
        raise AssertionError("a step was taken")

    if not option.startswith("--widths-G"):
        monkeypatch.setattr(Recipe, "train", play)
    Path("junk").write_bytes(b"junk")
    status, _, err = command(f"train {SMALL} --steps 1 {option}")
    assert status == 1 and err.startswith("error: ") and MISTAKES[option] in err
    assert os.listdir() == ["junk"]


@pytest.mark.parametrize("option", ["--epochs 0", "--seed -1"])
def test_mistakes_of_the_classifier_end_in_a_sentence(option, command):
    status, _, err = command(f"classifier {option}")
    assert status == 1 and "expected a whole number >=" in err


def test_what_is_no_generator_of_clothes_is_not_measured(command):
    train(command, "--steps 0 --out a.safetensors")
    os.mkdir("mine")
    for k in range(2):
        Image.new("RGB", (20, 30), (80 * k, 0, 255)).save(f"mine/{k}.jpg")
    train(command, "--folder mine --size 32 --channels 3 --steps 0 --out colour.safetensors")
    checkpoints.save_weights("classifier.safetensors", torch.nn.Linear(1, 1), command="classifier")
    checkpoints.save_weights("newer.safetensors", torch.nn.Linear(1, 1), recipe={"more": 1})
    Path("junk.safetensors").write_bytes(b"junk")
    for name, said in {
        "a-discriminator": "does not fit this ConvGenerator",
        "colour": "makes pictures of shape (3, 32, 32); the measures are for (1, 28, 28)",
        "classifier": "its header has no recipe",
        "newer": "a recipe has no more; was it written by a newer version?",
        "junk": "is not a file of weights",
        "nowhere": "there is no file",
    }.items():
        status, out, err = command(f"evaluate a.safetensors {name}.safetensors")
        assert (status, out) == (1, "") and f"{name}.safetensors" in err and said in err
