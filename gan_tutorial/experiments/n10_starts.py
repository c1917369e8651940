"""What becomes of the starts of an inversion? Found, slow, or stuck, and where (notebook 10).

    python -m gan_tutorial.experiments.n10_starts          what is still missing, then the table
    python -m gan_tutorial.experiments.n10_starts SEED     one row: eight pictures that G made, two starts each

A start has found its picture if its error is below 0.001 after 300 steps, and is slow if it is so by 900.
A row takes a quarter of a minute of one core.
"""

from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

from ..chapters.latent import lerp, search
from ..pretrained import load_generator
from ..sampling import FromLatents, at_rest
from . import records

RESULTS = records.FOLDER / "starts.jsonl"
SEEDS = range(5)
PICTURES, STARTS, FOUND = 8, 2, 1e-3


def plain(G: FromLatents, x: Tensor, rng: torch.Generator, steps: int = 300) -> Tensor:
    """The errors (N, STARTS) after so many steps of Adam on z at its usual settings, with a rate of 0.1."""
    target = x.repeat_interleave(STARTS, 0)
    z = torch.randn(len(target), G.latent_dim, generator=rng, requires_grad=True)
    adam = torch.optim.Adam([z], lr=0.1)
    with at_rest(G), torch.enable_grad():
        for _ in range(steps):
            error = (G(z) - target).square().flatten(1).mean(1)
            adam.zero_grad()
            error.sum().backward(inputs=[z])
            adam.step()
    return error.detach().view(len(x), STARTS)


class Ends(NamedTuple):
    """Where the starts (N, STARTS) of N pictures are after the steps of a search, and what came later."""

    z: Tensor  # (N, STARTS, Z)
    mse: Tensor  # (N, STARTS)
    later: Tensor  # (N, STARTS): the least error on the way on


def follow(G: FromLatents, x: Tensor, rng: torch.Generator, steps: int = 300, more: int = 600) -> Ends:
    """STARTS random latents for each picture (N, ...), by `search`, each followed by itself and not interrupted."""
    target = x.repeat_interleave(STARTS, 0)
    search_ = search(G, target, rng, start=torch.randn(len(target), 1, G.latent_dim, generator=rng))
    end = next(islice(search_, steps, None))
    later = torch.stack([after.mse for after in islice(search_, more)]).amin(0)
    shape = len(x), STARTS
    return Ends(end.z.view(*shape, -1), end.mse.view(shape), later.view(shape))


def heights(G: FromLatents, x: Tensor, hidden: Tensor, z: Tensor, places: int = 21) -> Tensor:
    """The error along the straight way from the hidden latents (N, Z) to others z (N, R, Z): (N, R, places)."""
    ways = lerp(hidden[:, None, None], z[:, :, None], torch.linspace(0, 1, places))
    with at_rest(G):
        made = torch.cat([G(part) for part in ways.flatten(0, 2).split(125)])
    target = x.repeat_interleave(z.shape[1] * places, 0)
    return (made - target).square().flatten(1).mean(1).view(*z.shape[:2], places)


def fates(G: FromLatents, x: Tensor, hidden: Tensor, ends: Ends) -> dict[str, Tensor]:
    """Which of the starts (N, R) had which fate; each has one.

    found   error below FOUND
    slow    not yet, but later
    limit   neither, and its length is the largest that `search` allows
    ridge   neither, inside, and on the straight way to the hidden latent the error rises by a fifth or more
    inside  neither, inside, and no such ridge
    """
    found = ends.mse < FOUND
    stuck = ~found & (ends.later >= FOUND)
    limit = ends.z.norm(dim=2) > G.latent_dim**0.5 + 1.99
    ridge = heights(G, x, hidden, ends.z).amax(2) > 1.2 * ends.mse
    return {
        "found": found,
        "slow": ~found & ~stuck,
        "limit": stuck & limit,
        "ridge": stuck & ~limit & ridge,
        "inside": stuck & ~limit & ~ridge,
    }


def run(seed: int) -> dict:
    """A row: how many of the starts had which fate, and how many plain Adam has found."""
    torch.set_num_threads(1)
    G, rng = load_generator(), torch.Generator().manual_seed(seed)
    hidden = torch.randn(PICTURES, G.latent_dim, generator=rng)
    with at_rest(G):
        x = G(hidden)
    by_plain = (plain(G, x, rng) < FOUND).sum().item()
    fate = fates(G, x, hidden, follow(G, x, rng))
    counted = {name: starts.sum().item() for name, starts in fate.items()}
    return {"seed": seed, "plain": by_plain, "pictures": fate["found"].any(1).sum().item()} | counted


def table(rows: list[dict]) -> str:
    """As Markdown, seed by seed, and the sum."""
    names = ("plain", "pictures", "found", "slow", "limit", "ridge", "inside")
    lines = [f"{PICTURES * STARTS} starts for {PICTURES} pictures a seed.", ""]
    lines += [
        "| seed | plain Adam found | pictures that search found | starts | slow | at the limit | ridge | inside |"
    ]
    lines += ["|---" * 8 + "|"]
    rows = sorted(rows, key=lambda row: row["seed"])
    lines += [f"| {row['seed']} | " + " | ".join(str(row[name]) for name in names) + " |" for row in rows]
    lines += ["| all | " + " | ".join(str(sum(row[name] for row in rows)) for name in names) + " |"]
    return "\n".join(lines)


def main() -> None:
    rows = records.complete(["-m", __spec__.name], RESULTS, [{"seed": seed} for seed in SEEDS])
    records.report(RESULTS, rows, table(rows))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
