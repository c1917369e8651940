"""Make the weights that are shipped, and measure them: python -m gan_tutorial train | evaluate | classifier

train       the recipe of notebook 07 for as long as you like; Ctrl-C stops it after a step, and with --checkpoint
            the same command goes on where it stopped; with --folder on pictures of your own; started by
            torchrun in several processes, each with batches of --batch-size
evaluate    every measure of quality, of 10,000 pictures by each generator that is named
classifier  the network that the measures of quality look through
"""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path

import torch

from . import checkpoints, checks, distributed, files, options, runs
from .classifier import Evaluator, train_classifier
from .observers import Progress, every, watch
from .pretrained import load_generator
from .recipe import Recipe
from .sampling import sample
from .training import Players

INTERRUPTED = 130  # the exit status after Ctrl-C, as shells have it


def train(args: argparse.Namespace) -> None:
    recipe = Recipe.from_dict(args.recipe)
    checks.whole(1, save_every=args.save_every)
    device = distributed.join(args.device)
    first = distributed.rank() == 0
    if first:
        check_places(args.out, args.checkpoint)
    data, about = runs.pictures(args.folder, recipe, device)
    run = recipe.to_dict() | {"data": about, "start": str(args.start), "device": device.partition(":")[0]}
    players = recipe.players(device)
    everyone = distributed.Everyone(players)
    resumed = args.checkpoint and args.checkpoint.exists()
    if args.start and not resumed:
        start_from(args.start, players)
    distributed.share(players)
    changes = runs.resume(args.checkpoint, everyone, recipe, run) if resumed else []

    save = partial(checkpoints.save, args.checkpoint, everyone, run=run, changes=changes)
    observers = [every(args.save_every, lambda step: save())] if args.checkpoint else []
    left = recipe.steps - players.step
    with closing(Progress(left, quiet=not first)) as progress, runs.interruptible() as interrupted:
        for _ in watch(islice(recipe.train(players, data), left), progress, *observers):
            if distributed.anyone(interrupted()):
                break

    stopped = players.step < recipe.steps
    if stopped and args.checkpoint:
        save()
    if first and not stopped:
        write(args.out, players, recipe=recipe.to_dict(), data=about, changes=changes, command=args.command)
    elif first:
        print(farewell(players.step, args), file=sys.stderr)
    distributed.leave()
    if stopped:
        sys.exit(INTERRUPTED)


def check_places(out: Path, checkpoint: Path | None) -> None:
    """Refuse, before the first step, a file that could not be written after the last one."""
    files.check_place(out)
    files.check_place(discriminator_path(out))
    if checkpoint:
        files.check_place(checkpoint)
        if checkpoint.resolve() in (out.resolve(), discriminator_path(out).resolve()):
            raise ValueError(f"the weights would be written over the checkpoint {checkpoint}; name another file")


def start_from(path: Path, players: Players) -> None:
    """The weights of an earlier run, for both players."""
    for network in (players.G, players.G_ema):
        checkpoints.load_weights(path, network)
    checkpoints.load_weights(discriminator_path(path), players.D)


def write(out: Path, players: Players, **words: object) -> None:
    """The weights of both players, or of neither."""
    for network in (players.G_ema, players.D):
        checks.finite(network.state_dict())
    for path, network in ((out, players.G_ema), (discriminator_path(out), players.D)):
        checkpoints.save_weights(path, network, step=players.step, **words)
    print(f"wrote {out} and {discriminator_path(out)}")


def farewell(step: int, args: argparse.Namespace) -> str:
    """How to go on after Ctrl-C."""
    if not args.checkpoint:
        return f"stopped at step {step}; nothing was kept, which --checkpoint FILE changes"
    same = args.command if distributed.size() == 1 else "the same torchrun command"
    return f"stopped at step {step}, which is in {args.checkpoint}; go on with: {same}"


def discriminator_path(path: Path) -> Path:
    """Where the opponent of the generator in `path` is kept."""
    return path.with_stem(path.stem + "-discriminator")


def evaluate(args: argparse.Namespace) -> None:
    generators = [(path, load_generator(path)) for path in args.files]
    for path, G in generators:
        shape = tuple(sample(G, 1)[0].shape[1:])
        if shape != (1, 28, 28):
            raise ValueError(f"{path} makes pictures of shape {shape}; the measures are for (1, 28, 28), Fashion-MNIST")
    evaluator = Evaluator()
    for path, G in generators:
        measures = {name: float(f"{value:.4g}") for name, value in evaluator.report(G).items()}
        print(json.dumps({"file": str(path)} | measures), flush=True)


def classifier(args: argparse.Namespace) -> None:
    checks.whole(1, epochs=args.epochs)
    checks.whole(0, seed=args.seed)
    files.check_place(args.out)
    log = []
    for network, said in train_classifier(args.epochs, args.seed):  # noqa: B007, the last one is kept
        log.append(said)
        print(said, flush=True)
    checkpoints.save_weights(args.out, network, command=args.command, log=log)
    print(f"wrote {args.out}")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        "python -m gan_tutorial", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="train | evaluate | classifier")
    p = commands.add_parser("train", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--out", type=options.file, default=Path("dcgan.safetensors"), help="where the weights go")
    p.add_argument("--start", type=Path, help="weights of an earlier run to begin with, say at a lower rate")
    p.add_argument("--folder", type=Path, help="pictures of your own, in place of Fashion-MNIST")
    p.add_argument("--checkpoint", type=options.file, help="saved now and then, and gone on from if it exists")
    p.add_argument("--save-every", type=int, default=1000, help="steps from one checkpoint to the next")
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="say cpu, cuda or cuda:1")
    options.add_recipe(p)
    p.set_defaults(run=train)
    p = commands.add_parser("evaluate")
    p.add_argument("files", type=Path, nargs="+", help="weights that `train` wrote")
    p.set_defaults(run=evaluate)
    p = commands.add_parser("classifier", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--out", type=options.file, default=Path("classifier.safetensors"), help="where the weights go")
    p.add_argument("--epochs", type=int, default=6, help="times that each picture is seen")
    p.add_argument("--seed", type=int, default=0, help="of the weights, and of the order of the pictures")
    p.set_defaults(run=classifier)
    argv = sys.argv[1:] if argv is None else [str(word) for word in argv]
    args = parser.parse_args(argv)
    args.command = shlex.join(["python", "-m", "gan_tutorial", *argv])
    try:
        args.run(args)
    except KeyboardInterrupt:
        print("stopped at once; nothing but the last checkpoint, if any, was kept", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except (ValueError, FloatingPointError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
