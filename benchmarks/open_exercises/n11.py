from dataclasses import replace
from itertools import islice
from statistics import median

import torch
from torch import Generator, Tensor

from gan_tutorial.classifier import load_classifier
from gan_tutorial.experiments import n11_conditional as conditional
from gan_tutorial.pictures import CLASSES, data_folder, images
from gan_tutorial.pretrained import load_generator

SEEDS = (0, 1, 2)
STEPS, EVERY, BOOTS = 400, 100, 200


def spread(values: list[float], digits: int = 0) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


@torch.no_grad()
def exercise_11_5() -> dict:
    torch.set_num_threads(1)
    G, C = load_generator(data_folder() / "weights" / "dcgan-conditional.safetensors"), load_classifier()
    boot, sandal = (torch.eye(10)[CLASSES.index(name)] for name in ("Ankle boot", "Sandal"))
    codes = {"zeros": torch.zeros(10), "beyond": 2 * boot - sandal, "twice": 2 * boot, "boot": boot}
    codes["all"] = torch.full((10,), 0.1)
    found: dict = {"seeds": len(SEEDS), "n": 500}
    for name, code in codes.items():
        shares, sure = [], []
        for seed in SEEDS:
            z = torch.randn(500, G.latent_dim, generator=Generator().manual_seed(seed))
            x = torch.cat([G.net(torch.cat([part, code.expand(len(part), 10)], 1)) for part in z.split(125)])
            p = torch.cat([C(part) for part in x.split(125)]).softmax(1)
            shares.append(p.argmax(1).bincount(minlength=10) / len(p))
            sure.append(100 * p.amax(1).mean().item())
        table = 100 * torch.stack(shares)
        first, second = table.mean(0).topk(2).indices.tolist()
        found[f"{name}_first"] = f"{CLASSES[first]} {spread(table[:, first].tolist())} %"
        found[f"{name}_second"] = f"{CLASSES[second]} {spread(table[:, second].tolist())} %"
        found[f"{name}_boots"] = spread(table[:, CLASSES.index("Ankle boot")].tolist())
        found[f"{name}_sure"] = spread(sure)
    return found


@torch.no_grad()
def mirrored(G: torch.nn.Module, label: int, compass: conditional.Compass) -> float:
    """The share of boots, ordered with a label, that point right, in per cent."""
    z = torch.randn(BOOTS, G.latent_dim, generator=Generator().manual_seed(0))
    x = torch.cat([G(part, torch.full((len(part),), label)) for part in z.split(100)])
    return 100 * (compass(x) < 0).double().mean().item()


def course(seed: int, own_label: bool, compass: conditional.Compass) -> list[tuple[float, ...]]:
    """The share of mirrored boots every hundred steps, of those ordered as boots and as mirrored boots."""
    pixels, labels = conditional.planted(seed)
    recipe = replace(conditional.RECIPE, seed=seed)
    names: Tensor = labels.long()
    if own_label:
        recipe = replace(recipe, classes=11)
        boots = (names == conditional.BOOT).nonzero().squeeze(1)
        turned = compass(pixels[boots, None] / 127.5 - 1) < 0
        names = names.index_fill(0, boots[turned], 10)
    players, rows = recipe.players(), []
    for step in islice(recipe.train(players, images(pixels, names)), STEPS):
        if step.number % EVERY == 0:
            rows.append(tuple(mirrored(players.G_ema, k, compass) for k in (9, 10)[: 1 + own_label]))
    return rows


def exercise_11_6() -> dict:
    torch.set_num_threads(1)
    compass = conditional.Compass()
    together, apart = ([course(seed, own, compass) for seed in SEEDS] for own in (False, True))
    found: dict = {"seeds": len(SEEDS), "steps": STEPS}
    for k in range(STEPS // EVERY):
        step = (k + 1) * EVERY
        found[f"together_{step}"] = spread([rows[k][0] for rows in together], 1)
        found[f"boots_{step}"] = spread([rows[k][0] for rows in apart], 1)
        found[f"mirrored_{step}"] = spread([rows[k][1] for rows in apart], 1)
    return found
