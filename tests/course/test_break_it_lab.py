"""The break-it lab: its healthy code is the package's game, each bug is one line, and the test that it names fails."""

import ast
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from gan_tutorial.break_it_lab import healthy
from gan_tutorial.break_it_lab.bugs import BUGS, break_line
from gan_tutorial.break_it_lab.symptoms import twin
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.penalties import Interpolated
from gan_tutorial.recipe import Recipe
from gan_tutorial.training import Players, train

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "name, objective, penalties, lr_G",
    [("plane", "non-saturating", [], 4e-3), ("critic", "wasserstein", [Interpolated(1.0)], 1e-3)],
)
def test_the_healthy_loops_are_the_packages(name, objective, penalties, lr_G):
    run = getattr(healthy, name)(0, steps=20)
    torch.manual_seed(0)
    players = Players.create(MLPGenerator(), MLPDiscriminator(), lr_G=lr_G, lr_D=4e-3, betas=(0.0, 0.99), seed=0)
    game = list(islice(train(players, healthy.DISTRIBUTION, OBJECTIVES[objective], penalties), 20))
    torch.testing.assert_close(run.V, torch.stack([step.value for step in game]), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(run.L, torch.stack([step.cost for step in game]), rtol=1e-4, atol=1e-4)
    for ours, theirs in ((run.G, players.G), (run.D, players.D)):
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


def test_the_healthy_pictures_have_the_networks_of_the_recipe():
    x, z = torch.rand(5, 1, 28, 28) * 2 - 1, torch.randn(5, 64)
    recipe = Recipe()
    pairs = ((healthy.picture_G(), recipe.generator(), z), (healthy.picture_D(), recipe.discriminator(), x))
    for ours, theirs, inputs in pairs:
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            a.data = b.data
        torch.testing.assert_close(ours(inputs), theirs(inputs))


def test_the_healthy_pictures_start_as_the_recipes_do():
    torch.manual_seed(0)
    for network in (healthy.picture_G().apply(healthy.start), Recipe().generator()):
        scales = [p.std().item() for p in network.parameters() if p.ndim > 1]
        assert scales == pytest.approx([0.02] * 4, rel=0.15)
        assert all((m.weight == 1).all() for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d))


def test_orders_are_obeyed_only_where_G_looks_at_them():
    torch.manual_seed(0)
    z, y = torch.randn(4, 8), torch.tensor([0, 1, 2, 3])
    assert not torch.equal(healthy.Obedient()(z, y), healthy.Obedient()(z, y.flip(0)))
    G = break_line("Obedient", "z + self.embed(y)", "z").Obedient()
    assert torch.equal(G(z, y), G(z, y.flip(0)))


def test_breaking_a_line_breaks_a_copy():
    broken = break_line("plane_D", "nn.Flatten(0)", "nn.Sigmoid(), nn.Flatten(0)")
    x = 100 * torch.randn(50, 2)
    assert broken.plane_D()(x).min() >= 0 and broken.plane_D()(x).max() <= 1
    assert healthy.plane_D()(x).min() < 0
    with pytest.raises(ValueError, match=r"learn has 0 times 'no such line'"):
        break_line("learn", "no such line", "")
    with pytest.raises(ValueError, match="learn has 2 times"):
        break_line("learn", "fused=True", "")


@pytest.mark.parametrize("bug", BUGS, ids=range(1, len(BUGS) + 1))
class TestBug:
    def test_is_one_line_that_runs(self, bug):
        lines = bug.diff().splitlines()
        changed = [line for line in lines if line[0] != " "]
        assert (
            [line[0] for line in changed] in (["-", "+"], ["-"]) and changed[0] == lines[0] and changed[-1] == lines[-1]
        )
        assert bug.where in dir(bug.module()) and changed[0][2:] in bug.explanation("").replace("&lt;", "<")

    def test_has_four_answers_with_a_reply_each(self, bug):
        assert len({option for option, _ in bug.options}) == len({reply for _, reply in bug.options}) == 4
        assert [reply.startswith("Yes") for _, reply in bug.options].index(True) == bug.right
        assert sum(reply.startswith("Yes") for _, reply in bug.options) == 1

    def test_says_of_which_kind_its_source_is(self, bug):
        assert bug.source.startswith(("Published in ", "A common slip"))

    @pytest.mark.nightly
    def test_a_healthy_patient_has_not_its_symptom(self, bug):
        trained = {world: partial(twin, world) for world in ("plane", "critic", "labels", "pictures")}
        seen = bug.symptom(SimpleNamespace(**vars(healthy) | trained), 0)
        assert not seen.there and seen.figure.get_label()


def test_sampling_in_training_mode_does_not_spoil_the_twin():
    before = [p.clone() for p in twin("pictures", 0).G.state_dict().values()]
    BUGS[8].look(0)
    for a, b in zip(before, twin("pictures", 0).G.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_a_symptom_that_is_not_there_is_an_error():
    harmless = replace(BUGS[8], old="    G.eval()\n", new="    G.eval()  # a comment\n")
    with pytest.raises(AssertionError, match=r"not there with the seed 0\. Mean difference"):
        harmless.look(0)


def test_what_G_has_left_in_Ds_gradients_is_the_wish_that_the_last_fakes_be_called_real():
    """The control of case 3: clean gradients, and the wish written into what D pays."""
    openly = break_line(
        "learn",
        "        (-V).backward()\n",
        "        wish = bce(D(before), ones) if curves else 0\n"
        "        before = fake.detach()\n"
        "        (wish - V).backward()\n",
    )
    ours, theirs = BUGS[2].module().plane(0, steps=50), openly.plane(0, steps=50)
    torch.testing.assert_close(ours.V, theirs.V, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours.L, theirs.L, rtol=1e-4, atol=1e-4)
    assert (ours.V - healthy.plane(0, steps=50).V).abs().max() > 0.05


CLEAN_FIRST = """    for p in params:
        p.grad = None  # as zero_grad() does, less its profiler, which takes a twentieth of a step in the plane
    loss.backward(inputs=params)
    optimizer.step()
"""
CLEAN_AFTERWARDS = """    loss.backward()
    optimizer.step()
    for p in params:
        p.grad = None
"""
# Each bug, put into the package: its module, the right text and the wrong one
MUTANTS = [
    ("training", "D(fake, *labels))", "D(fake.detach(), *labels))"),
    ("objectives", "-F.logsigmoid(t)", "-F.logsigmoid(-t)"),
    ("training", CLEAN_FIRST, CLEAN_AFTERWARDS),
    ("networks", "        return t\n", "        return t.sigmoid()\n"),
    ("training", "sum(charges, start=-value)", "-value"),
    ("penalties", "slope.flatten(1).square().sum(1)", "slope.square().sum().expand(len(x))"),
    ("networks", "[z, one_hot", "[z, 0 * one_hot"),
    ("networks", "isinstance(m, nn.Conv2d |", "isinstance(m, nn.BatchNorm2d | nn.Conv2d |"),
    ("sampling", "yield network.eval()", "yield network"),
    ("pictures", "pixels.float() / 127.5 - 1", "pixels.float() / 255"),
    ("plots", "(x.detach().float().cpu().clamp(-1, 1) + 1) * 127.5", "(x - x.min()) / (x.max() - x.min()) * 255"),
    ("networks", "*layers, nn.Tanh()", "*layers, nn.BatchNorm2d(channels), nn.LeakyReLU(slope)"),
]


@pytest.mark.nightly
@pytest.mark.parametrize("bug, mutant", list(zip(BUGS, MUTANTS, strict=True)), ids=range(1, len(BUGS) + 1))
def test_the_named_test_fails_when_the_bug_is_in_the_package(bug, mutant, tmp_path):
    name, right, wrong = mutant
    shutil.copytree(ROOT / "gan_tutorial", tmp_path / "gan_tutorial", ignore=shutil.ignore_patterns("__pycache__"))
    module = tmp_path / "gan_tutorial" / f"{name}.py"
    source = module.read_text("utf-8")
    assert source.count(right) == 1
    module.write_text(source.replace(right, wrong), "utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "GAN_TUTORIAL_DATA": str(ROOT / "data")}
    file, _, test = bug.test.partition("::")
    assert test in {node.name for node in ast.parse((ROOT / file).read_text("utf-8")).body if hasattr(node, "name")}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"{ROOT / file}::{test}"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "1 failed" in done.stdout, done.stdout + done.stderr
