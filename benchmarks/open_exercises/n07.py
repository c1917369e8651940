from dataclasses import replace
from itertools import islice
from statistics import median

import torch

from gan_tutorial.classifier import Evaluator
from gan_tutorial.metrics import frechet_distance
from gan_tutorial.pictures import fashion_mnist, images
from gan_tutorial.recipe import Recipe
from gan_tutorial.sampling import sample

RECIPE = Recipe()
# A step of the wide pair takes 2.7 times as long as one of the recipe, a step with batches of 64 takes 1.9 times.
WAYS = {
    "steps": (RECIPE, 500),
    "wide": (replace(RECIPE, widths_G=(128, 64), full_size_maps=32, widths_D=(32, 64, 128)), 185),
    "batch": (replace(RECIPE, batch_size=64), 260),
}


def exercise_07_5() -> dict:
    torch.set_num_threads(1)
    data, evaluator = images(fashion_mnist()[0]), Evaluator()
    found: dict[str, list[float]] = {}

    def measure(name: str, G) -> None:
        features, _ = evaluator(sample(G, 2000, seed=1)[0])
        found.setdefault(name, []).append(round(frechet_distance(evaluator.real, features)))

    for seed in range(3):
        for name, (recipe, steps) in WAYS.items():
            players = replace(recipe, seed=seed).players()
            run = recipe.train(players, data)
            if name == "steps":
                list(islice(run, steps // 2))
                measure("half", players.G)
                list(islice(run, steps // 2))
            else:
                list(islice(run, steps))
            measure(name, players.G)
            measure(f"{name}_average", players.G_ema)
    shown = {name: f"{median(values):g} ({min(values):g} to {max(values):g})" for name, values in found.items()}
    return {**shown, "seeds": 3, **{f"{name}_steps": steps for name, (_, steps) in WAYS.items()}}
