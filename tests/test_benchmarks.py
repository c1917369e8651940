"""The published recipes of the benchmark are what their authors print, and they run; so do the rows of the plane."""

from pathlib import Path

import pytest
import torch

from gan_tutorial.evaluation import sample

PIXELS = torch.randint(0, 256, (300, 28, 28), dtype=torch.uint8)
NAMES = ["ours", "DCGAN paper", "PyTorch-GAN", "TensorFlow tutorial", "R3GAN, small", "WGAN-GP"]


@pytest.fixture
def recipes(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    import recipes

    assert list(recipes.RECIPES) == NAMES
    return recipes.RECIPES


def parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_takes_a_step_and_draws_pictures(recipes, name):
    players, steps = recipes[name](PIXELS, seed=0)
    step = next(steps)
    assert step.value.isfinite() and step.cost.isfinite()
    x, _ = sample(players.G_ema, 2)
    assert x.shape in [(2, 1, 28, 28), (2, 1, 32, 32)]


def test_tensorflows_networks_have_the_parameters_of_its_layers(recipes):
    players, _ = recipes["TensorFlow tutorial"](PIXELS, seed=0)
    assert (parameters(players.G), parameters(players.D)) == (2_305_472, 212_865)  # the trainable ones


@pytest.fixture
def plane(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    import plane

    return plane


def test_every_row_of_the_plane_plays_and_is_measured(plane):
    for row in plane.ROWS.values():
        for law in plane.LAWS.values():
            players, steps = row(law, seed=0)
            assert next(steps).value.isfinite()
            found = plane.measure(plane.draw(players, 100), law)
            assert 0 <= found["covered"] <= len(law.modes) and 0 <= found["poorest"] <= 1


def test_the_laws_of_the_plane_have_variance_one(plane):
    for law in plane.LAWS.values():
        (x,) = law(100_000, torch.Generator().manual_seed(0))
        assert x.var(0).mean().item() == pytest.approx(1, abs=0.01)


def test_the_bonds_of_the_plane_bind(plane):
    for name, row in plane.ROWS.items():
        players, steps = row(plane.LAWS["ring"], seed=0)
        for _ in range(3):
            next(steps)
        weights = [m.weight.detach() for m in players.D.modules() if isinstance(m, torch.nn.Linear)]
        if "clipping" in name:
            assert max(w.abs().max() for w in weights) <= 0.1
        elif "spectral" in name:
            assert max(torch.linalg.matrix_norm(w, 2) for w in weights) < 1.1  # power iteration is on its way
        else:
            assert max(torch.linalg.matrix_norm(w, 2) for w in weights) > 1.5


def test_our_recipe_ends_and_its_rates_fall(plane, monkeypatch):
    monkeypatch.setattr(plane, "OURS_STEPS", 200)
    players, steps = plane.ours(plane.LAWS["grid"], seed=0)
    rates = [players.opt_G.param_groups[0]["lr"] for _ in steps]
    assert len(rates) == players.step == 200
    assert rates[:40] == [plane.RATE] * 40 and plane.RATE / 42 < rates[-1] < plane.RATE / 35
    assert players.opt_D.param_groups[0]["lr"] == rates[-1]
