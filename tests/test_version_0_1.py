"""What version 0.1 wrote still loads. `version_0_1/headers.json` has the headers of the weights that it shipped, with
the shapes of the tensors and a checksum of their numbers; the other files there were written by its command line.
"""

import argparse
import json
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors.torch import load as from_bytes

from gan_tutorial import checksums
from gan_tutorial.chapters.restoration import Enlarger
from gan_tutorial.checkpoints import load, load_weights, read_header, save_weights
from gan_tutorial.classifier import Classifier
from gan_tutorial.experiments.n14_families import FAMILIES
from gan_tutorial.old_names import header, tensors
from gan_tutorial.options import add_recipe
from gan_tutorial.pictures import data_folder
from gan_tutorial.pretrained import load_discriminator, load_generator
from gan_tutorial.recipe import Recipe

FILES = Path(__file__).parent / "version_0_1"
SHIPPED = json.loads((FILES / "headers.json").read_text("utf-8"))
PIXELS = torch.zeros(40, 28, 28, dtype=torch.uint8)
WITHOUT_RECIPE = {
    "classifier": Classifier,
    "families/flow": lambda: FAMILIES["flow"](PIXELS, 0).net,
    "families/gan": lambda: FAMILIES["GAN"](PIXELS, 0).net,
    "families/vae": lambda: FAMILIES["VAE"](PIXELS, 0).net,
    "restoration/enlarger-l1": Enlarger,
    "restoration/enlarger-l1-adversarial": Enlarger,
}
MADE_AGAIN = {"families/gan.safetensors", "families/vae.safetensors"}  # by now, with other seeds
TINY = Recipe(latent_dim=1, widths_G=(4, 2), full_size_maps=2, widths_D=(2, 4), classes=10, batch_size=2, seed=3,
              lr_G=1e-3, lr_D=1e-3, betas=(0.5, 0.99), steps=2)  # fmt: skip


def words(name):
    """Of the header, without the checksum of the numbers, which this fixture adds."""
    return header({k: json.loads(v) for k, v in SHIPPED[name]["__metadata__"].items() if k != "numbers"})


@pytest.mark.parametrize("name", SHIPPED)
def test_its_headers_describe_networks_of_today(name):
    build = WITHOUT_RECIPE.get(name.removesuffix(".safetensors"))
    if build is None:
        recipe = Recipe.from_dict(words(name)["recipe"])
        build = recipe.discriminator if name.endswith("-discriminator.safetensors") else recipe.generator
    today = build().state_dict()
    old = {k: torch.empty(shape) for k, shape in SHIPPED[name].items() if k != "__metadata__"}
    assert {k: v.shape for k, v in tensors(old, today).items()} == {k: v.shape for k, v in today.items()}


@pytest.mark.parametrize("name", sorted(SHIPPED.keys() - MADE_AGAIN))
def test_what_is_shipped_now_has_the_same_words_and_numbers_and_a_checksum(name):
    path = data_folder() / "weights" / name
    now, old = read_header(path), words(name)
    if "recipe" in old:
        assert Recipe.from_dict(now.pop("recipe")) == Recipe.from_dict(old.pop("recipe"))
        assert now.pop("step") == json.loads(SHIPPED[name]["__metadata__"]["config"])["steps"]
    assert now == old
    raw, digest = path.read_bytes(), sha256()
    today = from_bytes(raw)
    new_name = {v: k for k, v in tensors({k: k for k in SHIPPED[name]}, today).items()}
    for k in SHIPPED[name]:
        if k != "__metadata__":
            digest.update(today[new_name[k]].numpy().tobytes())
    assert json.dumps(digest.hexdigest()) == SHIPPED[name]["__metadata__"]["numbers"]
    assert checksums.metadata(raw)["sha256"] == checksums.safetensors(raw)


def test_a_missing_size_is_what_it_was_whatever_the_default_is_today(monkeypatch):
    monkeypatch.setattr(Recipe.__init__, "__defaults__", (64, 3, *Recipe.__init__.__defaults__[2:]))
    assert Recipe().size == 64
    recipe = Recipe.from_dict(words("dcgan.safetensors")["recipe"])
    assert (recipe.size, recipe.channels) == (28, 1)


def test_its_files_load(tmp_path):
    assert Recipe.from_dict(read_header(FILES / "tiny.safetensors")["recipe"]) == TINY
    G, D = load_generator(FILES / "tiny.safetensors"), load_discriminator(FILES / "tiny-discriminator.safetensors")
    players = TINY.players()
    load(FILES / "run.pt", players)
    assert players.step == 2
    for ours, theirs in ((players.G_ema, G), (players.D, D)):
        assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_networks_of_your_own_keep_the_names_that_you_gave():
    class Mine(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = torch.nn.Linear(1, 1)

    like = {"G": Mine().state_dict(), "step": 3}
    assert tensors(like, like).keys() == like.keys() and "embed.weight" in tensors(like, like)["G"]


def test_new_files_are_not_renamed(tmp_path):
    class Mine(torch.nn.Module):
        def __init__(self, name):
            super().__init__()
            self.add_module(name, torch.nn.Linear(1, 1))

    save_weights(tmp_path / "mine.safetensors", Mine("embed"))
    load_weights(tmp_path / "mine.safetensors", Mine("embed"))
    with pytest.raises(ValueError, match="does not fit"):
        load_weights(tmp_path / "mine.safetensors", Mine("embedding"))


def parsed(line):
    parser = argparse.ArgumentParser()
    add_recipe(parser)
    return Recipe.from_dict(parser.parse_args(line.split()).recipe)


def test_its_command_lines_mean_the_same():
    assert parsed(
        "--latent-dim 1 --widths-g 4 2 --fine 2 --widths-d 2 4 --classes 10 --batch-size 2 --seed 3 "
        "--lr 1e-3 --beta1 0.5 --beta2 0.99 --steps 2"
    ) == parsed(
        "--latent-dim 1 --widths-G 4 2 --full-size-maps 2 --widths-D 2 4 --classes 10 --batch-size 2 --seed 3 "
        "--lr-G 1e-3 --lr-D 1e-3 --betas 0.5 0.99 --steps 2"
    ) == TINY  # fmt: skip
    for name in SHIPPED:
        command = words(name)["command"]
        if " train " in command:
            line = command.partition(" train ")[2]
            for option in ("--out", "--checkpoint", "--start"):
                before, _, after = line.partition(option + " ")
                line = before + after.partition(" ")[2] if after else line
            assert parsed(line) == Recipe.from_dict(words(name)["recipe"])


def test_one_beta_leaves_the_other():
    assert parsed("--beta1 0.5").betas == (0.5, 0.99) and parsed("--beta2 0.9").betas == (0.0, 0.9)


def test_one_rate_is_for_both_but_for_the_one_that_is_given():
    recipe = parsed("--lr-D 1e-4 --lr 1e-3")
    assert (recipe.lr_G, recipe.lr_D) == (1e-3, 1e-4)
