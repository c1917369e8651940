from itertools import islice
from statistics import median

import torch

from gan_tutorial.chapters.vae import VAE, ConvEncoder
from gan_tutorial.classifier import Evaluator
from gan_tutorial.experiments import n14_families as families
from gan_tutorial.networks import ConvGenerator
from gan_tutorial.pictures import fashion_mnist, unit

SEEDS, STEPS = range(3), 600  # about half of what notebook 14 takes in 20 seconds


def spread(values: list[float], digits: int) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def exercise_14_5() -> dict:
    torch.set_num_threads(1)
    pixels, test, evaluator = fashion_mnist()[0], unit(fashion_mnist("test")[0][:500, None]), Evaluator()
    found: dict[str, list[float]] = {f"{what}_{z}": [] for z in (8, 48) for what in ("fd", "bits", "used", "error")}
    for seed in SEEDS:
        for z in (8, 48):
            torch.manual_seed(seed)
            net = VAE(ConvGenerator(28, 1, z, (64, 32), 16), ConvEncoder(z), z)
            contestant = families.learner(net, 3e-3, pixels, seed)
            for _ in islice(contestant.steps, STEPS):
                pass
            vae = contestant.net
            with torch.no_grad():
                mean, log_std = vae.encode(test)
                error = (vae(mean) - test).square().mean().item()
                by_latent = ((mean.square() + (2 * log_std).exp() - 1) / 2 - log_std).mean(0)
            found[f"fd_{z}"].append(families.measure(evaluator, vae, 2000)["fd"])
            found[f"bits_{z}"].append(families.bits_per_pixel(vae)[0])
            found[f"used_{z}"].append((by_latent > 0.1).sum().item())
            found[f"error_{z}"].append(error)
            print(seed, z, {name: values[-1] for name, values in found.items() if name.endswith(f"_{z}")}, flush=True)
    digits = {"fd": 0, "bits": 2, "used": 0, "error": 3}
    return {name: spread(values, digits[name.partition("_")[0]]) for name, values in found.items()}
