"""Make the weights that are shipped, and measure them: python -m gan_tutorial train | evaluate | classifier

train       the recipe of notebook 07 for as long as you like; Ctrl-C stops it, and with --checkpoint the
            same command goes on where it stopped; with --folder on pictures of your own; started by
            torchrun in several processes, each with batches of --batch-size
evaluate    every measure of quality, of 10,000 pictures by each generator that is named
classifier  the network that the measures of quality look through
"""

import argparse
import json
import shlex
import sys
from itertools import islice
from pathlib import Path

import torch

from . import checkpoints, distributed
from .classifier import Evaluator, train_classifier
from .observers import Progress, every, watch
from .pictures import fashion_mnist, folder, images
from .pretrained import load_generator
from .recipe import Recipe
from .training import Data


def train(args: argparse.Namespace) -> None:
    recipe = Recipe.from_dict(vars(args))
    device = distributed.join(args.device)
    players = recipe.players(device)
    everyone = distributed.Everyone(players)
    if args.start:
        for path, network in ((args.start, players.G), (args.start, players.G_ema), (critic(args.start), players.D)):
            checkpoints.load_weights(path, network)
    distributed.share(players)
    first = distributed.rank() == 0
    if args.checkpoint and args.checkpoint.exists():
        checkpoints.load(args.checkpoint, everyone)
        if first:
            print(f"going on from step {players.step} of {args.checkpoint}")

    left = recipe.steps - players.step
    steps = islice(recipe.train(players, pictures(args.folder, recipe, device)), max(left, 0))
    observers = [Progress(left)] if first else []
    if args.checkpoint:
        observers.append(every(args.save_every, lambda step: checkpoints.save(args.checkpoint, everyone)))
    for _ in watch(steps, *observers):
        pass
    if first:
        about = {"config": recipe.to_dict(), "command": command()}
        checkpoints.save_weights(args.out, players.G_ema, **about)
        checkpoints.save_weights(critic(args.out), players.D, **about)
        print(f"wrote {args.out} and {critic(args.out)}")
    distributed.leave()


def pictures(path: Path | None, recipe: Recipe, device: str) -> Data:
    """A sampler of the pictures in a folder, or of Fashion-MNIST, which are on the device."""
    if path is None:
        pixels, labels = (t.to(device) for t in fashion_mnist())
        return images(pixels, labels if recipe.classes else None, size=recipe.size)
    if recipe.classes:
        raise ValueError(f"the pictures in {path} have no labels; leave out --classes")
    found = folder(path, recipe.size, recipe.channels)
    if distributed.rank() == 0:
        print(found, flush=True)
    return images(found.pixels.to(device))


def critic(path: Path) -> Path:
    """Where the opponent of the generator in `path` is kept."""
    return path.with_stem(path.stem + "-discriminator")


def evaluate(args: argparse.Namespace) -> None:
    evaluator = Evaluator()
    for path in args.files:
        measures = {name: float(f"{value:.4g}") for name, value in evaluator.report(load_generator(path)).items()}
        print(json.dumps({"file": str(path)} | measures), flush=True)


def classifier(args: argparse.Namespace) -> None:
    log = []
    for network, said in train_classifier(args.epochs, args.seed):  # noqa: B007, the last one is kept
        log.append(said)
        print(said, flush=True)
    checkpoints.save_weights(args.out, network, command=command(), log=log)
    print(f"wrote {args.out}")


def command() -> str:
    return shlex.join(["python", "-m", "gan_tutorial", *sys.argv[1:]])


def main() -> None:
    parser = argparse.ArgumentParser(
        "python -m gan_tutorial", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="train | evaluate | classifier")
    p = commands.add_parser("train", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--out", type=Path, default=Path("dcgan.safetensors"), help="where the weights go")
    p.add_argument("--start", type=Path, help="weights of an earlier run to begin with, say at a lower rate")
    p.add_argument("--folder", type=Path, help="pictures of your own, in place of Fashion-MNIST")
    p.add_argument("--checkpoint", type=Path, help="saved now and then, and gone on from if it exists")
    p.add_argument("--save-every", type=int, default=1000, help="steps from one checkpoint to the next")
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    Recipe.add_to(p)
    p.set_defaults(run=train)
    p = commands.add_parser("evaluate")
    p.add_argument("files", type=Path, nargs="+", help="weights that `train` wrote")
    p.set_defaults(run=evaluate)
    p = commands.add_parser("classifier", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--out", type=Path, default=Path("classifier.safetensors"), help="where the weights go")
    p.add_argument("--epochs", type=int, default=6)
    p.add_argument("--seed", type=int, default=0)
    p.set_defaults(run=classifier)
    args = parser.parse_args()
    try:
        args.run(args)
    except KeyboardInterrupt:
        sys.exit("stopped; nothing but the last checkpoint, if any, was kept")
    except (ValueError, FloatingPointError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
