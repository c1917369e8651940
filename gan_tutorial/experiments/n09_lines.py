"""What does one broken line do to the curves and the samples, on five seeds? (Notebook 09.)

    python -m gan_tutorial.experiments.n09_lines              what is still missing, then the tables
    python -m gan_tutorial.experiments.n09_lines ROW SEED     one run

A row is a case of the notebook, another line, or "variety", which asks which BatchNorm case 8 is about.
V and L are means over a run's last 50 steps (case 8: over its 40). In all it takes about ten minutes of one core.
"""

from collections.abc import Sequence

import torch
from torch import nn

from ..break_it_lab import healthy
from ..break_it_lab.bugs import BUGS, HALVES, LOUD, QUIET, break_line
from ..break_it_lab.symptoms import NUMBERS, late, latents, mean_slope, modes_served, near_a_mode, real_points, twin
from . import records

RESULTS = records.FOLDER / "lines.jsonl"
SEEDS = range(5)
CASES = tuple(f"case {k}" for k in range(1, len(BUGS) + 1))
LINES = QUIET | LOUD | HALVES
ROWS = (*CASES, *LINES, "variety")


def ends(well: healthy.Run, ill: healthy.Run) -> dict[str, float]:
    return {"V": late(ill.V), "L": late(ill.L), "twin_V": late(well.V), "twin_L": late(well.L)}


def case(number: int, seed: int) -> dict:
    bug = BUGS[number - 1]
    seen = bug.symptom(bug.module(), seed)
    curves = ends(*seen.runs) if seen.runs else {}
    if number <= 6:  # points in the plane, sampled as the twin's are
        shares = [near_a_mode(healthy.sample(run.G, latents(seed, 500, 2))) for run in seen.runs]
        curves |= {"near": shares[1], "twin_near": shares[0]}
    return {"there": bool(seen.there), "twin": seen.numbers[0], "patient": seen.numbers[1]} | curves


def line(row: str, seed: int) -> dict:
    world, *where = LINES[row]
    runs = twin(world, seed), getattr(break_line(*where), world)(seed)
    found: dict[str, float] = ends(*runs)
    if world == "pictures":
        return found
    fakes = [healthy.sample(run.G, latents(seed, 500, 2)) for run in runs]
    found |= {"near": near_a_mode(fakes[1]), "twin_near": near_a_mode(fakes[0]), "modes": modes_served(fakes[1])}
    if world == "critic":
        slopes = [mean_slope(run, real_points(seed), x) for run, x in zip(runs, fakes, strict=True)]
        found |= {"slope": slopes[1], "twin_slope": slopes[0]}
    return found


def variety(seed: int, broken: Sequence[int], eps: float = 1e-5) -> float:
    """The standard deviation about the mean of 256 pictures by an untrained G, some of its BatchNorms as in case 8."""
    torch.manual_seed(seed)
    G = healthy.picture_G().apply(healthy.start)
    norms = [m for m in G.modules() if isinstance(m, nn.BatchNorm2d)]
    for m in norms:
        m.eps = eps
    for k in broken:
        nn.init.normal_(norms[k].weight, 0.0, 0.02)
    with torch.no_grad():
        x = G(latents(seed, 256, 64))
    return (x - x.mean(0)).std().item()


def varieties(seed: int) -> dict[str, float]:
    """By which factor the variety falls at the start."""
    whole = variety(seed, ())
    return {
        "all": whole / variety(seed, (0, 1, 2)),
        "last": whole / variety(seed, (2,)),
        "first two": whole / variety(seed, (0, 1)),
        "all, ε = 10⁻¹²": variety(seed, (), 1e-12) / variety(seed, (0, 1, 2), 1e-12),
    }


def run(row: str, seed: int) -> dict:
    torch.set_num_threads(1)
    if row in CASES:
        found = case(CASES.index(row) + 1, seed)
    else:
        found = varieties(seed) if row == "variety" else line(row, seed)
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}
    return {"row": row, "seed": seed} | rounded


def column(runs: list[dict], row: str, name: str) -> list[float]:
    """Seed by seed; empty, if it is not measured in this row."""
    mine = sorted((run for run in runs if run["row"] == row), key=lambda run: run["seed"])
    return [run[name] for run in mine if name in run]


def table(runs: list[dict]) -> str:
    """Three tables, as Markdown: medians over the seeds, with the range."""

    def cell(row: str, name: str, form: str = ".2f") -> str:
        values = column(runs, row, name)
        return records.spread(values, form) if values else ""

    near = "within 0.2 of a mode"
    lines = [
        f"Median (range) of {len(SEEDS)} seeds; V and L are means over a run's last 50 steps (case 8: over its 40).",
        "",
        f"| case | V | twin's V | L | twin's L | measured | patient | twin | {near} | twin's |",
        "|---" * 10 + "|",
    ]
    for k, row in enumerate(CASES):
        curves = " | ".join(cell(row, name) for name in ("V", "twin_V", "L", "twin_L"))
        measured = f"{NUMBERS[k]} | {cell(row, 'patient')} | {cell(row, 'twin')}"
        shares = f"{cell(row, 'near', '.0%')} | {cell(row, 'twin_near', '.0%')}"
        lines.append(f"| {k + 1} | {curves} | {measured} | {shares} |")
    lines += [
        "",
        f"| line | V | twin's V | L | twin's L | {near} | twin's | modes | slope | twin's |",
        "|---" * 10 + "|",
    ]
    for row in LINES:
        curves = " | ".join(cell(row, name) for name in ("V", "twin_V", "L", "twin_L"))
        samples = f"{cell(row, 'near', '.0%')} | {cell(row, 'twin_near', '.0%')} | {cell(row, 'modes', '.0f')}"
        slopes = f"{cell(row, 'slope')} | {cell(row, 'twin_slope')}"
        lines.append(f"| {row} | {curves} | {samples} | {slopes} |")
    lines += ["", "| BatchNorms with γ around 0 | the variety at the start falls by a factor of |", "|---|---|"]
    lines += [f"| {name} | {cell('variety', name, '.1f')} |" for name in varieties_of(runs)]
    return "\n".join(lines)


def varieties_of(runs: list[dict]) -> list[str]:
    (first, *_) = (run for run in runs if run["row"] == "variety")
    return [name for name in first if name not in ("row", "seed", "machine", "torch")]


def main() -> None:
    wanted = [{"row": row, "seed": seed} for row in ROWS for seed in SEEDS]
    runs = records.complete(["-m", __spec__.name], RESULTS, wanted)
    records.report(RESULTS, runs, table(runs))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
