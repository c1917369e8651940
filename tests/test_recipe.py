"""The command line, the shipped weights, and the way from one to the other."""

import json
import subprocess
import sys

import pytest
import torch
from PIL import Image

from gan_tutorial import checkpoints, pictures as data
from gan_tutorial.classifier import Evaluator, accuracy, load_classifier
from gan_tutorial.metrics import class_shares, frechet_distance
from gan_tutorial.networks import ConvDiscriminator, ConvGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.pretrained import load_discriminator, load_generator
from gan_tutorial.recipe import Recipe
from gan_tutorial.sampling import sample
from gan_tutorial.training import Players, train

SMALL = ["--widths-g", "8", "4", "--widths-d", "4", "8", "--batch-size", "8"]


def command(*args, cwd):
    done = subprocess.run(
        [sys.executable, "-m", "gan_tutorial", *map(str, args)], cwd=cwd, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def weights(path):
    return list(load_generator(path).state_dict().values())


def test_a_run_stopped_and_gone_on_with_makes_the_same_weights(tmp_path):
    straight, parts = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    assert command("train", "--steps", 1002, "--out", straight, *SMALL, cwd=tmp_path)[0] == 0
    for steps in (1000, 1002):
        code, out, _ = command(
            "train", "--steps", steps, "--out", parts, "--checkpoint", "run.pt", *SMALL, cwd=tmp_path
        )
        assert code == 0
    assert "going on from step 1000" in out
    assert all(torch.equal(a, b) for a, b in zip(weights(straight), weights(parts), strict=True))
    words = checkpoints.read_header(straight)
    assert words["command"] == f"python -m gan_tutorial train --steps 1002 --out {straight} {' '.join(SMALL)}"
    assert Recipe.from_dict(words["config"]) == Recipe(widths_G=(8, 4), widths_D=(4, 8), batch_size=8, steps=1002)


def test_a_run_may_start_from_the_weights_of_another(tmp_path):
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    assert command("train", "--steps", 2, "--out", first, *SMALL, cwd=tmp_path)[0] == 0
    again = ["train", "--seed", 1, "--start", first, "--out", second, *SMALL]
    assert command(*again, "--steps", 0, cwd=tmp_path)[0] == 0
    assert all(torch.equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))
    D = [load_discriminator(tmp_path / f"{name}-discriminator.safetensors").state_dict() for name in "ab"]
    assert all(torch.equal(a, b) for a, b in zip(D[0].values(), D[1].values(), strict=True))
    assert command(*again, "--steps", 1, cwd=tmp_path)[0] == 0
    assert not all(torch.equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))
    code, _, err = command("train", "--start", first, "--steps", 1, cwd=tmp_path)  # another pair's
    assert code == 1 and "does not fit" in err


def test_a_run_takes_pictures_of_your_own(tmp_path):
    (tmp_path / "mine").mkdir()
    for k in range(3):
        Image.new("RGB", (20, 30), (80 * k, 0, 255)).save(tmp_path / f"mine/{k}.jpg")
    options = ["--folder", "mine", "--size", 32, "--channels", 3, "--steps", 2, "--out", "mine.safetensors", *SMALL]
    code, _, err = command("train", *options, cwd=tmp_path)
    assert code == 0, err
    assert sample(load_generator(tmp_path / "mine.safetensors"), 2)[0].shape == (2, 3, 32, 32)
    code, _, err = command("train", *options, "--classes", 10, cwd=tmp_path)
    assert code == 1 and err.startswith("error: the pictures in mine have no labels")
    code, _, err = command("train", "--size", 32, "--channels", 3, "--steps", 2, *SMALL, cwd=tmp_path)
    assert code == 1 and "G makes samples of shape (3, 32, 32), but the data have (1, 32, 32)" in err


def test_the_same_command_makes_the_same_weights(tmp_path):
    for name in ("a", "b"):
        assert command("train", "--steps", 30, "--out", tmp_path / f"{name}.safetensors", cwd=tmp_path)[0] == 0
    a, b = (weights(tmp_path / f"{name}.safetensors") for name in "ab")
    assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_the_recipe_starts_alike_on_every_machine():
    """Later steps do not: Adam without momentum makes whole steps of the last digits of small gradients."""
    recipe = Recipe()
    step = next(recipe.train(recipe.players(), data.images(data.fashion_mnist()[0])))
    assert (step.value.item(), step.cost.item()) == pytest.approx((-1.3965, 1.2679), abs=1e-4)


def test_both_players_of_a_run_with_labels_are_kept_and_measured(tmp_path):
    options = ["--classes", 10, "--steps", 2, "--out", "pair.safetensors", *SMALL]
    assert command("train", *options, cwd=tmp_path)[0] == 0
    G = load_generator(tmp_path / "pair.safetensors")
    D = load_discriminator(tmp_path / "pair-discriminator.safetensors")
    assert D(*sample(G, 20)).shape == (20,)
    code, out, _ = command("evaluate", "pair.safetensors", cwd=tmp_path)
    assert code == 0
    report = json.loads(out)
    assert report["frechet_distance"] > 100 and report["conditional_accuracy"] == pytest.approx(0.1, abs=0.1)


def test_samples_come_with_their_labels_in_turn_and_again_from_the_same_seed():
    G = ConvGenerator(28, widths=(8, 4), classes=10).eval()
    x, labels = sample(G, 1015, seed=3)
    assert labels.tolist() == [k % 10 for k in range(1015)]
    assert torch.equal(x, sample(G, 1015, seed=3)[0]) and not torch.equal(x, sample(G, 1015, seed=4)[0])
    z = torch.randn(1015, 64, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(x[510:513], G(z[510:513], labels[510:513]), atol=1e-6)
    assert sample(ConvGenerator(28, widths=(8, 4)), 3)[1] is None


def test_the_judge_finds_real_pictures_good():
    evaluator = Evaluator()
    pixels = data.fashion_mnist()[0][:10_000]

    class Copier(torch.nn.Module):
        """Hands out training pictures."""

        latent_dim, classes, given = 1, 0, 0

        def forward(self, z):
            self.given += len(z)
            return pixels[self.given - len(z) : self.given, None].float() / 127.5 - 1

    report = evaluator.report(Copier())
    assert report["frechet_distance"] < 0.5
    assert abs(report["kernel_distance"]) < 4 * report["kernel_distance_error"]
    assert all(report[name] > 0.9 for name in ("precision", "recall", "density", "coverage"))
    assert report["rarest_class"] > 0.08 and "conditional_accuracy" not in report


def test_mistakes_on_the_command_line_end_in_a_sentence(tmp_path):
    code, _, err = command("train", "--objective", "best", cwd=tmp_path)
    assert code == 1
    assert err.startswith("error: objective is 'best'; expected one of minimax, non-saturating")
    (tmp_path / "run.pt").write_bytes(b"junk")
    code, _, err = command("train", "--steps", 2, "--checkpoint", "run.pt", *SMALL, cwd=tmp_path)
    assert code == 1
    assert err.startswith("error: run.pt is not a checkpoint")
    assert command(cwd=tmp_path)[0] == 2


def test_config_is_json_and_back():
    recipe = Recipe(widths_G=(3, 2, 1), lr_G=1e-4)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())) | {"more": 1}) == recipe


def test_the_run_of_a_config_is_the_loop_with_its_numbers():
    networks = dict(widths_G=(8, 4), full_size_maps=2, widths_D=(4, 8), classes=10)
    recipe = Recipe(**networks, objective="hinge", lr_G=1e-4, lr_D=2e-4, betas=(0.3, 0.9), batch_size=8, decay=0.5)
    pixels = data.images(*data.fashion_mnist("test"))
    players = recipe.players()
    next(recipe.train(players, pixels))
    torch.manual_seed(0)
    G = ConvGenerator(28, latent_dim=64, widths=(8, 4), full_size_maps=2, classes=10)
    D = ConvDiscriminator(28, widths=(4, 8), classes=10, batch_norm=True)
    expected = Players.create(G, D, lr_G=1e-4, lr_D=2e-4, betas=(0.3, 0.9), seed=0)
    next(train(expected, pixels, OBJECTIVES["hinge"], batch_size=8, decay=0.5))
    for ours, theirs in ((players.G_ema, expected.G_ema), (players.D, expected.D)):
        assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_step_on_the_gpu_is_that_on_the_cpu(monkeypatch):
    """Adam turns the sign of a gradient near 0 into a whole step, so the steps are tiny, and gradients are compared."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    recipe = Recipe(widths_G=(8, 4), full_size_maps=2, widths_D=(4, 8), batch_size=8, lr=1e-7)
    z, x = torch.randn(8, recipe.latent_dim), torch.rand(8, 1, 28, 28) * 2 - 1
    monkeypatch.setattr(Players, "latent", lambda players, n: z.to(players.rng.device))
    found = []
    for device in ("cpu", "cuda"):
        players = recipe.players(device)
        step = next(recipe.train(players, lambda n, rng: (x.to(rng.device),)))
        gradients = [p.grad for network in (players.G, players.D) for p in network.parameters()]
        found.append([t.cpu() for t in (step.value, step.cost, *gradients)])
    assert all(torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(*found, strict=True))


def test_the_shipped_judge_knows_clothes():
    path = data.data_folder() / "weights" / "classifier.safetensors"
    assert path.stat().st_size <= 1e6
    assert accuracy(load_classifier()) >= 0.92
    log = checkpoints.read_header(path)["log"]
    assert log[-1]["test_accuracy"] == pytest.approx(accuracy(load_classifier()), abs=0.001)


@torch.no_grad()
def test_the_shipped_generator_draws_all_ten_classes_and_near_the_data():
    path = data.data_folder() / "weights" / "dcgan.safetensors"
    assert path.stat().st_size <= 5e6
    G, evaluator = load_generator(), load_classifier()
    z = torch.randn(2000, G.latent_dim, generator=torch.Generator().manual_seed(1))
    x = G(z)
    assert class_shares(evaluator(x)).min() >= 0.03
    pixels, _ = data.fashion_mnist("test")
    real = pixels[:, None].float() / 127.5 - 1
    h = evaluator.features(real)
    floor = frechet_distance(h[:2000], h[2000:4000])
    assert floor < frechet_distance(h, evaluator.features(x)) < 60


def test_the_shipped_conditional_generator_obeys():
    for name in ("dcgan-conditional", "dcgan-conditional-discriminator"):
        assert (data.data_folder() / "weights" / f"{name}.safetensors").stat().st_size <= 5e6
    x, ordered = sample(load_generator(data.data_folder() / "weights" / "dcgan-conditional.safetensors"), 10_000)
    _, logits = Evaluator()(x)
    assert logits.argmax(1).eq(ordered).double().mean() >= 0.9
