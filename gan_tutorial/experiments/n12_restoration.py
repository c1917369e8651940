"""Repairs: the generator as a prior, and networks trained for it, beside the baselines of each field (notebook 12).

    python -m gan_tutorial.experiments.n12_restoration                       what is still missing, then the table
    python -m gan_tutorial.experiments.n12_restoration TASK                  one task, on the first 200 test pictures
    python -m gan_tutorial.experiments.n12_restoration enlarger WEIGHT SEED  train an enlarger (kept: that of seed 0)
    python -m gan_tutorial.experiments.n12_restoration mender TASK SEED      train a network for another damage

Runs that data/results/restoration.jsonl holds are not made again. In all it takes an hour of one core, half of it the
search for latents. Pictures have pixels in [-1, 1]. Where a baseline has parameters (median, non-local means), they
are chosen on 50 training pictures.
"""

import io
import sys
import time
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from skimage.metrics import structural_similarity
from skimage.restoration import denoise_nl_means, inpaint_biharmonic
from torch import Tensor

from ..chapters.restoration import Degradation, Enlarger, Mask, Mender, Pool, consistent, hole, lessons, psnr, repair
from ..checkpoints import load_weights, save_weights
from ..classifier import Evaluator
from ..metrics import frechet_distance
from ..networks import ConvDiscriminator
from ..pictures import data_folder, fashion_mnist, images, unit
from ..pretrained import load_generator
from . import records

RESULTS = records.FOLDER / "restoration.jsonl"
N, RESTARTS, STEPS = 200, 4, 200
SIGMA = 0.4  # of the noise, a fifth of the range
TASKS: dict[str, tuple[Degradation, float]] = {  # what is done to the picture, and the noise
    "hole": (hole(slice(7, 21), slice(7, 21)), 0.0),
    "lower half": (hole(slice(14, 28), slice(0, 28)), 0.0),
    "noise": (Pool(1), SIGMA),
    "x2": (Pool(2), 0.0),
    "x4": (Pool(4), 0.0),
}
WEIGHTS = {"L1": 0.0, "L1 + adversarial": 0.01}
LESSONS, SEEDS = 4000, range(5)
MENDED, MENDER_LESSONS = ("hole", "lower half", "noise", "x2"), 2000  # the damages for which a mender is trained
LEVELS = (0.0, 0.2, 0.4, 0.8)  # of noise
FLOORS = 50  # sets of N test pictures, of which no two share one


# ------------------------------------------------------------------------------------- pictures


def test_pictures(n: int = 10_000) -> Tensor:
    return unit(fashion_mnist("test")[0][:n, None])


@cache
def training_pictures() -> Tensor:
    return unit(fashion_mnist()[0][:, None])


def seen(task: str, x: Tensor, seed: int = 0) -> Tensor:
    """y = A(x) + noise."""
    A, sigma = TASKS[task]
    y = A(x)
    return y + sigma * torch.randn(y.shape, generator=torch.Generator().manual_seed(seed))


# ----------------------------------------------------------------------------------- baselines


def each(act: Callable[[np.ndarray], np.ndarray], x: Tensor) -> Tensor:
    """A function of one picture (S, S), applied to each of x (N, 1, S, S)."""
    return torch.stack([torch.from_numpy(np.asarray(act(picture.numpy()))) for picture in x[:, 0]])[:, None].float()


def mean_fill(A: Mask, y: Tensor) -> Tensor:
    """Every pixel that is not seen becomes the mean of those that are."""
    mean = (y * A.seen).sum((2, 3), keepdim=True) / A.seen.sum()
    return torch.where(A.seen, y, mean)


def biharmonic(A: Mask, y: Tensor) -> Tensor:
    return each(lambda picture: inpaint_biharmonic(picture, ~A.seen.numpy()), y)


def bicubic(y: Tensor, k: int) -> Tensor:
    return F.interpolate(y, scale_factor=k, mode="bicubic")


def median(y: Tensor, side: int) -> Tensor:
    """Each pixel becomes the median of the side x side around it; the border is repeated."""
    padded = F.pad(y, [side // 2] * 4, mode="replicate")
    return F.unfold(padded, side).median(1).values.view_as(y)


def non_local_means(y: Tensor, sigma: float, strength: float, patch: int) -> Tensor:
    settings = dict(h=strength * sigma, sigma=sigma, patch_size=patch, patch_distance=6, fast_mode=False)
    return each(partial(denoise_nl_means, **settings), y)


def tuned(act: Callable[..., Tensor], settings: list[tuple], task: str) -> tuple:
    """The parameters that have the best mean PSNR on 50 training pictures."""
    x = training_pictures()[:50]
    y = seen(task, x, seed=1)
    return max(settings, key=lambda values: psnr(act(y, *values), x).mean())


@cache
def moments() -> tuple[Tensor, Tensor]:
    """Mean (784,) and covariance (784, 784) of the training pictures."""
    x = training_pictures().flatten(1).double()
    return x.mean(0), x.T.cov()


class Linear:
    """The best linear estimate: the mean of x given y, if x had a normal distribution with the mean and covariance of
    the training pictures.

    x^ = m + S A' (A S A' + sigma^2)^-1 (y - A m)
    """

    def __init__(self, A: Degradation, sigma: float):
        self.m, S = moments()
        self.A = A(torch.eye(784, dtype=torch.double).view(784, 1, 28, 28)).flatten(1).T  # (M, 784)
        noise = (sigma**2 + 1e-4) * torch.eye(len(self.A), dtype=torch.double)  # 0.01 where there is none
        self.gain = torch.linalg.solve(self.A @ S @ self.A.T + noise, self.A @ S).T

    def __call__(self, y: Tensor) -> Tensor:
        guess = self.m + (y.flatten(1).double() - self.A @ self.m) @ self.gain.T
        return guess.view(-1, 1, 28, 28).float()


def methods(task: str) -> dict[str, Callable[[Tensor], Tensor]]:
    """The baselines of a task, ready to be given y: parameters chosen, networks loaded."""
    A, sigma = TASKS[task]
    linear = Linear(A, sigma)
    if isinstance(A, Mask):
        return {"mean of the rest": partial(mean_fill, A), "biharmonic": partial(biharmonic, A), "linear": linear}
    if sigma:
        (side,) = tuned(median, [(3,), (5,)], task)
        settings = tuned(non_local_means, [(sigma, s, p) for s in (0.6, 0.8, 1.0, 1.2, 1.5) for p in (3, 5, 7)], task)
        found = {"as seen": lambda y: y, "median": lambda y: median(y, side)}
        return found | {"non-local means": lambda y: non_local_means(y, *settings), "linear": linear}
    k = {"x2": 2, "x4": 4}[task]
    found = {"squares": A.back, "bicubic": partial(bicubic, k=k), "linear": linear}
    if task == "x4":
        found |= {f"network, {name}": partial(enlarge, load_enlarger(name)) for name in WEIGHTS}
    return found


def baselines(task: str, y: Tensor) -> dict[str, Tensor]:
    return {name: act(y) for name, act in methods(task).items()}


# ------------------------------------------------------------------------- networks that enlarge


def enlarger_file(name: str) -> Path:
    return data_folder() / "weights" / "restoration" / f"enlarger-{name.lower().replace(' + ', '-')}.safetensors"


def load_enlarger(name: str) -> Enlarger:
    return load_weights(enlarger_file(name), Enlarger()).eval()


@torch.no_grad()
def enlarge(net: Enlarger, y: Tensor) -> Tensor:
    return torch.cat([net(part) for part in y.split(250)])


def pupils(seed: int) -> tuple[Enlarger, ConvDiscriminator]:
    """The network to be trained, and the D of notebook 07's recipe."""
    torch.manual_seed(seed)
    return Enlarger(), ConvDiscriminator(28, 1, (16, 32, 64), batch_norm=True)


def train(weight: float, seed: int) -> dict:
    """Train an enlarger, with that weight of the adversarial cost, and measure it on all test pictures."""
    net, D = pupils(seed)
    began = time.process_time()
    data, rng = images(fashion_mnist()[0]), torch.Generator().manual_seed(seed)
    course = lessons(net, D, Pool(4), data, rng, weight, batch_size=32)
    for _ in range(LESSONS):
        next(course)
    seconds = time.process_time() - began
    if seed == 0:
        name = next(name for name, value in WEIGHTS.items() if value == weight)
        command = f"python -m gan_tutorial.experiments.n12_restoration enlarger {weight} {seed}"
        save_weights(enlarger_file(name), net, command=command, steps=LESSONS)
    x, evaluator = test_pictures(), Evaluator()
    found = measure(x, enlarge(net, Pool(4)(x)), evaluator)
    found["psnr"] = round(float(np.mean(found["psnr"])), 3)
    return {"task": "enlarger", "weight": weight, "seed": seed, "seconds": round(seconds, 1)} | found


# -------------------------------------------------------------------------------------- measures


def similarity(x: Tensor, made: Tensor) -> list[float]:
    """SSIM with the window of Wang et al. 2004."""
    window = dict(data_range=2.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    pairs = zip(x[:, 0].numpy(), made[:, 0].numpy(), strict=True)
    return [float(structural_similarity(a, b, **window)) for a, b in pairs]


def measure(x: Tensor, made: Tensor, evaluator: Evaluator) -> dict:
    """How near each is to its original, in pixels and in features; how near all are to the test pictures (`fd`)."""
    made = made.clamp(-1, 1)
    h, logits = evaluator(made)
    h_x, logits_x = evaluator(x)
    similar = similarity(x, made)
    return {
        "psnr": [round(value, 2) for value in psnr(x, made).tolist()],
        "rmse": round((x - made).square().mean().sqrt().item(), 4),
        "ssim": round(float(np.mean(similar)), 4),
        "ssim_sd": round(float(np.std(similar)), 4),
        "feature": round((h - h_x).square().sum(1).mean().item(), 1),
        "same_class": round((logits.argmax(1) == logits_x.argmax(1)).double().mean().item(), 4),
        "fd": round(frechet_distance(evaluator.real, h), 2),
    }


def damaged(task: str, rng: torch.Generator) -> Callable[[Tensor], Tensor]:
    """x -> y, laid out as a picture again: what a mender is shown."""
    A, sigma = TASKS[task]

    def show(x: Tensor) -> Tensor:
        y = A(x)
        return A.back(y + sigma * torch.randn(y.shape, generator=rng) if sigma else y)

    return show


def mend(task: str, seed: int) -> dict:
    """Train a mender with L1 and measure it as `run` does its rows; where y is exact, made consistent with it."""
    (_, D), net, (A, sigma) = pupils(seed), Mender(), TASKS[task]
    began = time.process_time()
    data, rng = images(fashion_mnist()[0]), torch.Generator().manual_seed(seed)
    course = lessons(net, D, damaged(task, rng), data, rng, 0.0, batch_size=32)
    for _ in range(MENDER_LESSONS):
        next(course)
    found = {"task": "mender", "damage": task, "seed": seed, "seconds": round(time.process_time() - began, 1)}
    x = test_pictures(N)
    y = seen(task, x)
    net.eval()

    def mended(y: Tensor) -> Tensor:
        with torch.no_grad():
            made = net(A.back(y))
        return made if sigma else consistent(A, made, y)

    return found | {"per picture": per_picture(mended, y)} | measure(x, mended(y), Evaluator())


def with_generator(task: str, y: Tensor) -> dict[str, Tensor]:
    """G as the prior: the nearest start, made consistent with y where y is exact, and the mean of all starts."""
    A, sigma = TASKS[task]
    found = repair(load_generator(), A, y, torch.Generator().manual_seed(0), restarts=RESTARTS, steps=STEPS)
    x, mean = found.x[:, 0], found.x.mean(1)
    if sigma:
        return {"G": x, "G, mean of 4 starts": mean}
    results = {"G": consistent(A, x, y), "G, mean of 4 starts": consistent(A, mean, y)}
    return results if isinstance(A, Mask) else {"G alone": x} | results


def run(task: str) -> dict:
    """One task, with every baseline and with the generator."""
    torch.set_num_threads(1)
    evaluator, x = Evaluator(), test_pictures(N)
    if task in ("codecs", "code of G"):
        return {"task": task, "rows": (codecs if task == "codecs" else code_of_G)(x, evaluator)}
    y = seen(task, x)
    began = time.process_time()
    made = baselines(task, y) | with_generator(task, y)
    rows = {name: measure(x, picture, evaluator) for name, picture in made.items()}
    for name, row in rows.items():
        print(f"{name:24s} {np.mean(row['psnr']):6.2f} {row['ssim']:6.3f} {row['feature']:6.0f} {row['fd']:6.1f}")
    floor = round(frechet_distance(evaluator.real, evaluator(x)[0]), 2)
    return {"task": task, "floor": floor, "seconds": round(time.process_time() - began), "rows": rows}


def per_picture(act: Callable[[Tensor], object], y: Tensor) -> float:
    """CPU seconds per picture, the second time."""
    act(y[:2])
    began = time.process_time()
    act(y)
    return float(f"{(time.process_time() - began) / len(y):.2g}")


def seconds() -> dict:
    """CPU seconds per picture of every method, on the first 10 test pictures, without what is prepared once for all."""
    x, G, rows = test_pictures(10), load_generator(), {}
    for task, (A, _) in TASKS.items():
        y = seen(task, x)
        search = partial(repair, G, A, rng=torch.Generator().manual_seed(0), restarts=RESTARTS, steps=STEPS)
        rows[task] = {name: per_picture(act, y) for name, act in (methods(task) | {"G": search}).items()}
    components = Components()
    z = torch.randn(10, G.latent_dim, generator=torch.Generator().manual_seed(0))
    rows["compression"] = {
        "JPEG": per_picture(lambda x: jpeg(x, 50), x),
        "PCA": per_picture(lambda x: components.decode(components.code(x, 128)), x),
        "G, from a picture to z": rows["noise"]["G"],
        "G, from z to a picture": per_picture(torch.no_grad()(G), z),
    }
    return {"task": "seconds", "rows": rows}


def floors() -> dict:
    """The Fréchet distance of originals from all 10,000: of sets as large as that which is repaired."""
    h = Evaluator().real
    parts = h[torch.randperm(len(h), generator=torch.Generator().manual_seed(0))].split(N)[:FLOORS]
    return {"task": "floors", "fd": [round(frechet_distance(h, part), 2) for part in parts]}


def levels() -> dict:
    """What G misses of the first 30 test pictures, by the noise: how much of the noise gets in?"""
    x, G, rows = test_pictures(30), load_generator(), []
    for sigma in LEVELS:
        y = x + sigma * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
        found = repair(G, Pool(1), y, torch.Generator().manual_seed(0), restarts=RESTARTS, steps=STEPS)
        off = (found.x[:, 0] - x).square().flatten(1).mean(1)
        rows.append({"sigma": sigma, "mse": [round(value, 5) for value in off.tolist()]})
    return {"task": "levels", "rows": rows}


# ----------------------------------------------------------------------------------- compression


def quantised(t: Tensor, bits: int) -> Tensor:
    """Numbers from N(0, 1) to 2^bits equally spaced levels; their spacing costs a sample of N(0, 1) least."""

    def to_levels(t: Tensor, step: float) -> Tensor:
        half = 2 ** (bits - 1)
        return ((t / step).floor().clamp(-half, half - 1) + 0.5) * step

    normal = torch.randn(20_000, generator=torch.Generator().manual_seed(0))
    spacings = torch.linspace(2, 10, 81) / 2**bits
    return to_levels(t, min(spacings.tolist(), key=lambda step: (to_levels(normal, step) - normal).square().mean()))


def shared_out(variances: list[float], total: int) -> list[int]:
    """`total` bits for numbers of these variances, each next one where it takes most off the mean square error."""
    normal = torch.randn(20_000, generator=torch.Generator().manual_seed(0))
    left = [1.0] + [(quantised(normal, bits) - normal).square().mean().item() for bits in range(1, 9)]
    saved = [before - after for before, after in pairwise(left)] + [0.0]  # beyond 8 bits nothing
    bits = [0] * len(variances)
    for _ in range(total):
        best = max(range(len(bits)), key=lambda i: variances[i] * saved[bits[i]])
        bits[best] += 1
    return bits


class Components:
    """Principal components of the training pictures: x = m + sum of k coefficients along the widest axes."""

    def __init__(self) -> None:
        x = training_pictures().flatten(1)
        self.m = x.mean(0)
        variances, axes = torch.linalg.eigh(x.T.cov())
        self.sd, self.axes = variances.clamp(min=0).sqrt().flip(0), axes.flip(1)

    def code(self, x: Tensor, k: int) -> Tensor:
        """(N, 1, 28, 28) -> (N, k), each coefficient in units of its standard deviation."""
        return (x.flatten(1) - self.m) @ self.axes[:, :k] / self.sd[:k]

    def decode(self, code: Tensor) -> Tensor:
        k = code.shape[1]
        return (self.m + code * self.sd[:k] @ self.axes[:, :k].T).view(-1, 1, 28, 28)


def to_bytes(x: Tensor) -> np.ndarray:
    """(S, S) in [-1, 1] -> uint8"""
    return ((x + 1) * 127.5).round().clamp(0, 255).byte().numpy()


def file_of(x: Tensor, kind: str, **settings) -> bytes:
    file = io.BytesIO()
    Image.fromarray(to_bytes(x)).save(file, kind, **settings)
    return file.getvalue()


def jpeg(x: Tensor, quality: int) -> tuple[Tensor, float, float]:
    """Pictures through JPEG: what comes out, the mean bytes of their coded pixels, and of their files."""
    files = [file_of(picture[0], "jpeg", quality=quality) for picture in x]
    out = torch.stack([unit(torch.from_numpy(np.array(Image.open(io.BytesIO(f)))))[None] for f in files])
    return out, float(np.mean([scan_bytes(f) for f in files])), float(np.mean([len(f) for f in files]))


def scan_bytes(file: bytes) -> int:
    """Bytes of the coded pixels of a JPEG file: behind the header of its scan, up to the mark of the end."""
    start = file.index(b"\xff\xda") + 2
    return len(file) - 2 - (start + int.from_bytes(file[start : start + 2], "big"))


def png_bytes(x: Tensor) -> tuple[float, float]:
    """Mean bytes of the coded pixels of PNG files, and of the files."""
    files = [file_of(picture[0], "png", optimize=True) for picture in x]
    data = []
    for file in files:
        place = file.index(b"IDAT") - 4
        data.append(int.from_bytes(file[place : place + 4], "big"))
    return float(np.mean(data)), float(np.mean([len(file) for file in files]))


def codecs(x: Tensor, evaluator: Evaluator) -> list[dict]:
    """Rows of method, bytes per picture, and measures of what comes out: all but G."""
    components, rows = Components(), []

    def add(method: str, bytes_: float, made: Tensor, **more) -> None:
        rows.append({"method": method, "bytes": round(bytes_, 1), **more} | measure(x, made, evaluator))

    for quality in (1, 5, 10, 15, 20, 30, 50, 60, 70, 80, 90, 95):
        out, coded, whole = jpeg(x, quality)
        add("JPEG", coded, out, quality=quality, file_bytes=round(whole, 1))
    kept = components.code(x, 784)
    for size in (4, 8, 16, 24, 32, 48, 64, 96, 128, 192):
        made = components.decode(quantised(kept[:, : 2 * size], 4))
        add("PCA, 4 bits a number", size, made, k=2 * size)
        shares = shared_out(components.sd.square().tolist(), 8 * size)
        made = torch.stack([quantised(c, b) if b else 0 * c for c, b in zip(kept.T, shares, strict=True)], 1)
        add("PCA, bits by variance", size, components.decode(made), k=sum(b > 0 for b in shares))
    for side in (7, 14):
        small = Pool(28 // side)(x)
        coded, whole = png_bytes(small)
        out = bicubic(unit(torch.from_numpy(to_bytes(small))), 28 // side)
        add(f"PNG {side} x {side}, bicubic", coded, out, file_bytes=round(whole, 1))
    coded, whole = png_bytes(x)
    rows.append({"method": "PNG", "bytes": round(coded, 1), "file_bytes": round(whole, 1)})  # without loss
    return rows


def code_of_G(x: Tensor, evaluator: Evaluator) -> list[dict]:
    """Rows as those of `codecs`."""
    G, rows = load_generator(), []
    z = repair(G, Pool(1), x, torch.Generator().manual_seed(0), restarts=RESTARTS, steps=STEPS).z[:, 0]
    with torch.no_grad():
        for bits in (2, 3, 4, 6, 8):
            row = {"method": "G", "bytes": round(z.shape[1] * bits / 8, 1), "bits": bits}
            rows.append(row | measure(x, G(quantised(z, bits)), evaluator))
        rows.append({"method": "G, not rounded", "bytes": z.shape[1] * 4} | measure(x, G(z), evaluator))
    return rows


# ----------------------------------------------------------------------------------------- tables


def table(runs: list[dict]) -> str:
    """A table for each task, as Markdown."""
    lines, of = [], {run["task"]: run for run in runs}
    fds, seconds = of["floors"]["fd"], of["seconds"]["rows"]
    lines += [
        f"FD of {N} originals from the 10,000 test pictures: {of['hole']['floor']:.1f} for the first {N}, which are "
        f"repaired below; {records.spread(fds, '.1f')} for the {len(fds)} sets into which the 10,000 fall. CPU seconds "
        f"per picture are those of {of['seconds']['machine']}.\n"
    ]
    head = "| | PSNR, mean ± SD | SSIM, mean ± SD | feature distance | same class | FD | s per picture |"
    for task in TASKS:
        rows = dict(of[task]["rows"])
        times = {name: seconds[task].get("G" if name.startswith("G") else name, 0.0) for name in rows}
        for mender in (run for run in runs if run["task"] == "mender" and run["damage"] == task):
            name = f"network, L1, {mender['seconds']:.0f} s of training"
            rows[name], times[name] = mender, mender["per picture"]
        lines += [f"**{task}**\n", head, "|---" * 7 + "|"]
        for name, r in rows.items():
            lines.append(
                f"| {name} | {np.mean(r['psnr']):.1f} ± {np.std(r['psnr']):.1f} | {r['ssim']:.2f} ± {r['ssim_sd']:.2f} "
                f"| {r['feature']:.0f} | {r['same_class']:.0%} | {r['fd']:.0f} | {times[name]:.2g} |"
            )
        lines.append("")
    lines += ["**compression**\n", "| | bytes | PSNR | SSIM | feature distance | same class | FD |", "|---" * 7 + "|"]
    for r in of["codecs"]["rows"] + of["code of G"]["rows"]:
        if "psnr" in r:
            lines.append(
                f"| {r['method']} | {r['bytes']:.0f} | {np.mean(r['psnr']):.1f} ± {np.std(r['psnr']):.1f} "
                f"| {r['ssim']:.2f} | {r['feature']:.0f} | {r['same_class']:.0%} | {r['fd']:.0f} |"
            )
        else:
            lines.append(f"| {r['method']}, nothing lost | {r['bytes']:.0f} | | | | | |")
    each = ", ".join(f"{name} {value:.2g}" for name, value in seconds["compression"].items())
    lines += ["", f"CPU seconds per picture: {each}"]
    lines += ["", "**G, on the first 30 test pictures, by the noise**\n"]
    lines += ["| standard deviation of the noise | mean square error | ± standard error |", "|---" * 3 + "|"]
    for r in of["levels"]["rows"]:
        error = np.std(r["mse"]) / len(r["mse"]) ** 0.5
        lines.append(f"| {r['sigma']} | {np.mean(r['mse']):.4f} | {error:.4f} |")
    lines += ["", "**networks trained to enlarge, on 10,000 test pictures**\n"]
    lines += ["| weight | seed | CPU s | PSNR | SSIM | feature distance | FD |", "|---" * 7 + "|"]
    enlargers = [run for run in runs if run["task"] == "enlarger"]
    for r in sorted(enlargers, key=lambda run: (run["weight"], run["seed"])):
        lines.append(
            f"| {r['weight']} | {r['seed']} | {r['seconds']:.0f} | {r['psnr']:.2f} | {r['ssim']:.3f} "
            f"| {r['feature']:.0f} | {r['fd']:.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    wanted = [{"task": "enlarger", "weight": weight, "seed": seed} for seed in SEEDS for weight in WEIGHTS.values()]
    wanted += [{"task": "mender", "damage": damage, "seed": 0} for damage in MENDED]
    others = ({"task": task} for task in (*TASKS, "codecs", "code of G", "levels", "seconds", "floors"))
    runs = records.complete(["-m", __spec__.name], RESULTS, [*wanted, *others])
    records.report(RESULTS, runs, table(runs))


def act(task: str, *values: str) -> dict:
    """The run that the arguments name."""
    torch.set_num_threads(1)
    if task == "enlarger":
        return train(float(values[0]), int(values[1]))
    if task == "mender":
        return mend(values[0], int(values[1]))
    return {"levels": levels, "seconds": seconds, "floors": floors}.get(task, partial(run, task))()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        records.append(RESULTS, act(*sys.argv[1:]))
