"""The published recipes of the benchmark are what their authors print, and they run."""

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
