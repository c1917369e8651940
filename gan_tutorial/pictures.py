"""Pictures as data, which are a function (n, rng) -> (x, *labels): n samples drawn with the generator rng.

fashion_mnist   70,000 pictures of clothes, from files
folder          pictures of your own, from files
images          any pictures as data: x (n, C, H, W) in [-1, 1]
"""

import gzip
import math
import os
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Generator, Tensor

from . import checks
from .distributions import Data

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".avif")  # what `folder` reads

_PREFIX = {"train": "train", "test": "t10k"}


def data_folder() -> Path:
    """$GAN_TUTORIAL_DATA, or else `data/` beside the package, where a clone of the repository has it."""
    given = os.environ.get("GAN_TUTORIAL_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parent.parent / "data"
    if not (folder / "fashion-mnist").is_dir():
        source = "the environment variable GAN_TUTORIAL_DATA names" if given else "the package looks for its data in"
        raise FileNotFoundError(
            f"{source} {folder}, where there is no folder fashion-mnist; set the environment variable "
            "GAN_TUTORIAL_DATA to the folder `data` of a clone of the repository"
        )
    return folder


def fashion_mnist(split: str = "train") -> tuple[Tensor, Tensor]:
    """Pictures of clothes and their classes: uint8 (N, 28, 28) in [0, 255], 0 black; uint8 (N,) in 0..9.

    60,000 for split "train", 10,000 for "test"; the classes' names are `CLASSES`. Xiao et al. 2017
    """
    checks.one_of(_PREFIX, split=split)
    folder = data_folder() / "fashion-mnist"
    x = read_idx(folder / f"{_PREFIX[split]}-images-idx3-ubyte.gz", ndim=3)
    y = read_idx(folder / f"{_PREFIX[split]}-labels-idx1-ubyte.gz", ndim=1)
    if len(x) != len(y):
        raise ValueError(
            f"{folder} holds {len(x)} {split} images but {len(y)} labels, so the files do not belong "
            f"together; {_RESTORE}"
        )
    return x, y


_RESTORE = "restore the files with `git checkout -- data`, or compare them with SHA256SUMS beside them"


def read_idx(path: Path, ndim: int) -> Tensor:
    """The numbers of a gzipped idx file of unsigned bytes: uint8 of the shape that its header states.

    The format: two zero bytes, type 8 (unsigned byte), ndim, then each dimension as a big-endian int32.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; {_RESTORE}")
    try:
        with gzip.open(path) as file:
            magic = file.read(4)
            if magic != bytes([0, 0, 8, ndim]):
                raise ValueError(f"it starts with {magic.hex()}, not {bytes([0, 0, 8, ndim]).hex()}")
            shape = np.frombuffer(file.read(4 * ndim), ">i4").tolist()
            if min(shape) < 0 or math.prod(shape) > 1032 * path.stat().st_size:  # gzip's best ratio
                raise ValueError(f"its header states {shape}, more than it can hold")
            numbers = torch.empty(math.prod(shape), dtype=torch.uint8)
            room, filled = numbers.numpy().data, 0
            while count := file.readinto(room[filled : filled + 2**20]):
                filled += count
            if filled < len(room) or file.read(1):  # the last read also checks gzip's checksum
                raise ValueError(f"its header states {shape}, which is not what follows")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}); {_RESTORE}") from error
    return numbers.view(shape)


class Folder(NamedTuple):
    """What `folder` found; as a text, the number of pictures and the first remarks."""

    pixels: Tensor  # uint8 (N, C, size, size) in [0, 255]
    remarks: list[tuple[Path, str]]  # which file was left out, and why, or what is odd about it

    def __str__(self) -> str:
        return f"{len(self.pixels):,} picture{'s' * (len(self.pixels) > 1)}" + _listed(self.remarks)


def folder(path: str | Path, size: int, channels: int = 3) -> Folder:
    """The pictures in a folder and the folders in it, by name: uint8 (N, C, size, size) in [0, 255].

    Files that end in one of `SUFFIXES`, as far as this Pillow reads them. Of each the square in the middle is kept,
    scaled to `size`; in grey for 1 channel, in colour for 3. What is transparent becomes black; a grey of 16 bits
    keeps its upper 8, so 65,535 is white. Links are followed. What begins with a dot is not looked at, nor __MACOSX.

    Every other file that is left out is named in the remarks, with the reason; if more than a tenth of the pictures
    cannot be read, that is a ValueError. A picture of one colour is kept and named.
    """
    checks.one_of((1, 3), channels=channels)
    checks.whole(1, size=size)
    top = Path(os.path.expanduser(path))
    if not top.is_dir():
        raise FileNotFoundError(f"there is no folder {top}; give the one that holds your pictures")
    formats = {suffix: name for suffix, name in Image.registered_extensions().items() if suffix in SUFFIXES}
    files, remarks = _files(top, formats)
    if not files:
        raise ValueError(f"no picture in {top}; expected files that end in {', '.join(formats)}{_listed(remarks)}")

    pixels, kept, damaged = torch.empty(len(files), channels, size, size, dtype=torch.uint8), 0, []
    for file in files:
        try:
            square = _square(file, list(set(formats.values())), size, "RGB" if channels == 3 else "L")
        except Exception as error:  # from damaged bytes Pillow raises nearly any
            damaged.append((file, f"left out, cannot be read: {error or type(error).__name__}"))
            continue
        pixels[kept] = torch.from_numpy(square).view(size, size, channels).permute(2, 0, 1)
        if (square == square[0, 0]).all():
            remarks.append((file, "kept, but all its pixels are equal"))
        kept += 1
    if len(damaged) > len(files) / 10:
        raise ValueError(
            f"{len(damaged)} of {len(files)} pictures in {top} cannot be read; mend them, or move them elsewhere"
            + _listed(damaged)
        )
    return Folder(pixels[:kept], sorted(remarks + damaged))


def _listed(remarks: list[tuple[Path, str]], most: int = 10) -> str:
    lines = [f"\n  {file}: {remark}" for file, remark in remarks[:most]]
    return "".join(lines) + f"\n  and {len(remarks) - most:,} more" * (len(remarks) > most)


def _files(top: Path, suffixes: Collection[str]) -> tuple[list[Path], list[tuple[Path, str]]]:
    """The files with such a suffix in a folder and the folders in it, by name, and remarks on all others.

    A folder that several links lead to, or that holds a link to a folder around it, is read once.
    """
    found, remarks, read = [], [], set()

    def closed(error: OSError) -> None:
        remarks.append((Path(error.filename), f"left out, cannot be opened: {error.strerror}"))

    def shown(names: list[str]) -> list[str]:
        return sorted(name for name in names if not name.startswith(".") and name != "__MACOSX")

    for place, folders, names in os.walk(top, followlinks=True, onerror=closed):
        if (real := os.path.realpath(place)) in read:
            folders.clear()
            continue
        read.add(real)
        folders[:] = shown(folders)
        found += [Path(place, name) for name in shown(names)]
    pictures = sorted(file for file in found if file.suffix.lower() in suffixes)
    remarks += [(file, "left out, not a picture format") for file in set(found) - set(pictures)]
    remarks += [(file, "left out, no regular file") for file in pictures if not file.is_file()]
    return list(filter(Path.is_file, pictures)), sorted(remarks)


def _square(file: Path, formats: list[str], size: int, mode: str) -> np.ndarray:
    """The middle of one picture, upright: uint8 (size, size) in grey or (size, size, 3) in colour.

    It is made small before anything else, so that a large picture is in memory once. A JPEG is decoded at a half, a
    quarter or an eighth of its size if that is at least twice what is wanted.
    """
    with Image.open(file, formats=formats) as picture:
        picture.draft(None, (2 * size, 2 * size))
        ImageOps.exif_transpose(picture, in_place=True)
        small = ImageOps.fit(_mixable(picture), (size, size)).convert("RGBA")
    on_black = Image.alpha_composite(Image.new("RGBA", small.size, "black"), small)
    return np.array(on_black.convert(mode))


def _mixable(picture: Image.Image) -> Image.Image:
    """The picture with pixels of which means can be taken: greys of 8 bits, or colours."""
    if picture.mode == "F":
        raise ValueError("its pixels are floating-point numbers, of which none is known to be white")
    if picture.mode.startswith("I"):
        return _upper_byte(picture)
    if picture.mode == "1":
        return picture.convert("L")
    return picture.convert("RGBA") if picture.mode in ("P", "PA") or "transparency" in picture.info else picture


def _upper_byte(picture: Image.Image) -> Image.Image:
    grey = np.asarray(picture)
    if grey.min() < 0 or grey.max() > 65535:
        raise ValueError(f"its greys lie in [{grey.min()}, {grey.max()}]; expected 16 bits, [0, 65535]")
    return Image.fromarray((grey >> 8).astype(np.uint8))


def unit(pixels: Tensor) -> Tensor:
    """Whole numbers in [0, 255] -> float32 in [-1, 1], the range of G's tanh; any shape."""
    return pixels.float() / 127.5 - 1


def images(pixels: Tensor, labels: Tensor | None = None, *, size: int | None = None) -> Data:
    """Pictures as data: (n, rng) -> x (n, C, H, W) float32 in [-1, 1], and y (n,) int64 if labels are given.

    `pixels` uint8 (N, H, W) or (N, C, H, W) in [0, 255], `labels` whole numbers (N,) >= 0. With a `size`, a black
    border all around makes the pictures (size, size). Drawn with replacement, where the pixels are; x and y go to
    the device of rng.
    """
    if pixels.dtype != torch.uint8 or pixels.ndim not in (3, 4):
        raise ValueError(
            f"pixels are {pixels.dtype} of shape {tuple(pixels.shape)}; "
            "expected uint8 (N, H, W) or (N, C, H, W), from 0 to 255"
        )
    if not len(pixels):
        raise ValueError(f"pixels are of shape {tuple(pixels.shape)}; expected at least one picture")
    if size is not None:
        checks.whole(1, size=size)
    if labels is not None:
        checks.labels(labels, len(pixels), name="the labels")
    pixels = pixels if pixels.ndim == 4 else pixels[:, None]
    border = [0 if size is None else size - side for side in reversed(pixels.shape[2:])]  # F.pad begins with the width
    if min(border) < 0 or any(width % 2 for width in border):
        raise ValueError(f"cannot make size {size} of {pixels.shape[2]} x {pixels.shape[3]} by an even black border")
    border = [width // 2 for width in border for _ in range(2)]

    def sample(n: int, rng: Generator) -> tuple[Tensor, ...]:
        i = torch.randint(len(pixels), (n,), generator=rng, device=rng.device).to(pixels.device)
        x = unit(F.pad(pixels[i], border).to(rng.device))
        return (x,) if labels is None else (x, labels[i].long().to(rng.device))

    return sample
