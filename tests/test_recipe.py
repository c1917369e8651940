"""The recipe, and the weights that are shipped."""

import json

import pytest
import torch

from gan_tutorial import pictures as data
from gan_tutorial.classifier import load_classifier
from gan_tutorial.metrics import class_shares, frechet_distance
from gan_tutorial.networks import ConvDiscriminator, ConvGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.pretrained import load_generator
from gan_tutorial.recipe import Recipe
from gan_tutorial.sampling import sample
from gan_tutorial.training import Players, train


def test_the_recipe_starts_alike_on_every_machine():
    """Later steps do not: Adam without momentum makes whole steps of the last digits of small gradients."""
    recipe = Recipe()
    step = next(recipe.train(recipe.players(), data.images(data.fashion_mnist()[0])))
    assert (step.value.item(), step.cost.item()) == pytest.approx((-1.3965, 1.2679), abs=1e-4)


def test_samples_come_with_their_labels_in_turn_and_again_from_the_same_seed():
    G = ConvGenerator(28, widths=(8, 4), classes=10).eval()
    x, labels = sample(G, 1015, seed=3)
    assert labels.tolist() == [k % 10 for k in range(1015)]
    assert torch.equal(x, sample(G, 1015, seed=3)[0]) and not torch.equal(x, sample(G, 1015, seed=4)[0])
    z = torch.randn(1015, 64, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(x[510:513], G(z[510:513], labels[510:513]), atol=1e-6)
    assert sample(ConvGenerator(28, widths=(8, 4)), 3)[1] is None


WRONG = {
    "size": 0, "channels": 0, "latent_dim": 0, "widths_G": (0, 4), "full_size_maps": -1, "widths_D": (4, -8),
    "classes": -1, "objective": "best", "lr_G": 0.0, "lr_D": float("nan"), "betas": (0.5, 1.0), "batch_size": 1,
    "decay": 1.0, "steps": -1, "seed": -1,
}  # fmt: skip


def test_every_field_is_checked_when_a_recipe_is_made():
    assert WRONG.keys() == Recipe().to_dict().keys()
    for field, value in WRONG.items():
        with pytest.raises(ValueError, match=f"{'beta2' if field == 'betas' else field} is .*; expected"):
            Recipe(**{field: value})
    for field in ("size", "steps", "seed", "batch_size", "classes"):
        with pytest.raises(TypeError, match=f"{field} is 2.5; expected a whole number"):
            Recipe(**{field: 2.5})
    with pytest.raises(ValueError):
        Recipe(betas=(0.5,))
    with pytest.raises(ValueError, match=r"seed is .*; expected a whole number < 2\*\*64"):
        Recipe(seed=2**64)


def test_a_recipe_is_json_and_back():
    recipe = Recipe(widths_G=(3, 2, 1), lr_G=1e-4)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert Recipe.from_dict({}) == Recipe()
    with pytest.raises(ValueError, match="a recipe has no less, more; was it written by a newer version"):
        Recipe.from_dict(recipe.to_dict() | {"more": 1, "less": 2})


def test_the_run_of_a_recipe_is_the_loop_with_its_numbers():
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
    recipe = Recipe(widths_G=(8, 4), full_size_maps=2, widths_D=(4, 8), batch_size=8, lr_G=1e-7, lr_D=1e-7)
    z, x = torch.randn(8, recipe.latent_dim), torch.rand(8, 1, 28, 28) * 2 - 1
    monkeypatch.setattr(Players, "latent", lambda players, n: z.to(players.rng.device))
    found = []
    for device in ("cpu", "cuda"):
        players = recipe.players(device)
        step = next(recipe.train(players, lambda n, rng: (x.to(rng.device),)))
        gradients = [p.grad for network in (players.G, players.D) for p in network.parameters()]
        found.append([t.cpu() for t in (step.value, step.cost, *gradients)])
    assert all(torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(*found, strict=True))


@torch.no_grad()
def test_the_shipped_generator_draws_all_ten_classes_and_near_the_data():
    path = data.data_folder() / "weights" / "dcgan.safetensors"
    assert path.stat().st_size <= 5e6
    classifier, (pixels, _) = load_classifier(), data.fashion_mnist("test")
    x, _ = sample(load_generator(), 1000, seed=1)
    assert class_shares(classifier(x)).min() >= 0.03
    h = classifier.features(data.unit(pixels[:2000, None]))
    floor = frechet_distance(h[:1000], h[1000:])
    assert floor < frechet_distance(h, classifier.features(x)) < 60


@torch.no_grad()
def test_the_shipped_conditional_generator_draws_what_is_asked_for():
    for name in ("dcgan-conditional", "dcgan-conditional-discriminator"):
        assert (data.data_folder() / "weights" / f"{name}.safetensors").stat().st_size <= 5e6
    x, ordered = sample(load_generator(data.data_folder() / "weights" / "dcgan-conditional.safetensors"), 1000)
    logits = load_classifier()(x)
    assert logits.argmax(1).eq(ordered).double().mean() >= 0.9
