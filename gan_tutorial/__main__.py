"""Make the weights that are shipped, and measure them: python -m gan_tutorial train | evaluate | classifier

train       the recipe of notebook 07 for as long as you like; Ctrl-C stops it, and with --checkpoint the
            same command goes on where it stopped; with --folder on pictures of your own; started by
            torchrun in several processes, each with batches of --batch-size
evaluate    every measure of quality, of 10,000 pictures by each generator that is named
classifier  the judge, which the measures of quality look through
"""

import argparse
import json
import shlex
import sys
from itertools import islice
from pathlib import Path

import torch
import torch.nn.functional as F

from . import checkpoints, distributed
from .config import Config, load_generator
from .data import fashion_mnist, folder, images, unit
from .evaluation import Judge
from .networks import Classifier
from .observers import Progress, every, watch
from .training import Sampler


def train(args: argparse.Namespace) -> None:
    config = Config.of(vars(args))
    device = distributed.join(args.device)
    players = config.players(device)
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

    left = config.steps - players.step
    steps = islice(config.train(players, pictures(args.folder, config, device)), max(left, 0))
    observers = [Progress(left)] if first else []
    if args.checkpoint:
        observers.append(every(args.save_every, lambda step: checkpoints.save(args.checkpoint, everyone)))
    for _ in watch(steps, *observers):
        pass
    if first:
        about = {"config": config.words(), "command": command()}
        checkpoints.save_weights(args.out, players.G_ema, **about)
        checkpoints.save_weights(critic(args.out), players.D, **about)
        print(f"wrote {args.out} and {critic(args.out)}")
    distributed.leave()


def pictures(path: Path | None, config: Config, device: str) -> Sampler:
    """A sampler of the pictures in a folder, or of Fashion-MNIST, which are on the device."""
    if path is None:
        pixels, labels = (t.to(device) for t in fashion_mnist())
        return images(pixels, labels if config.classes else None, size=config.size)
    if config.classes:
        raise ValueError(f"the pictures in {path} have no labels; leave out --classes")
    return images(folder(path, config.size, config.channels).to(device))


def critic(path: Path) -> Path:
    """Where the opponent of the generator in `path` is kept."""
    return path.with_stem(path.stem + "-discriminator")


def evaluate(args: argparse.Namespace) -> None:
    judge = Judge()
    for path in args.files:
        measures = {name: float(f"{value:.4g}") for name, value in judge.report(load_generator(path)).items()}
        print(json.dumps({"file": str(path)} | measures), flush=True)


def classifier(args: argparse.Namespace) -> None:
    """AdamW with a one-cycle learning rate (Smith & Topin 2018); every second picture is mirrored."""
    torch.manual_seed(args.seed)
    C, (x, y) = Classifier().to(memory_format=torch.channels_last), _unit("train")
    batches = len(x) // 128
    optimizer = torch.optim.AdamW(C.parameters(), 1e-3, fused=True)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=batches * args.epochs)
    log = []
    for epoch in range(args.epochs):
        C.train()
        for i in torch.randperm(len(x))[: batches * 128].view(batches, 128):
            mirrored = torch.rand(128, 1, 1, 1) < 0.5
            batch = torch.where(mirrored, x[i].flip(3), x[i])
            loss = F.cross_entropy(C(batch), y[i])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
        log.append({"epoch": epoch + 1, "loss": loss.item(), "test_accuracy": accuracy(C)})
        print(log[-1], flush=True)
    checkpoints.save_weights(args.out, C, command=command(), log=log)
    print(f"wrote {args.out}")


@torch.no_grad()
def accuracy(C: Classifier) -> float:
    x, y = _unit("test")
    return torch.cat([C.eval()(batch).argmax(1) for batch in x.split(1000)]).eq(y).double().mean().item()


def _unit(split: str) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = fashion_mnist(split)
    return unit(x[:, None]), y.long()


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
    Config.add_to(p)
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
