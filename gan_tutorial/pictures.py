"""Pictures as data. A sampler is a function (n, rng) -> (x, *labels): n samples drawn with the generator rng.

fashion_mnist   70,000 pictures of clothes, from files
folder          pictures of your own, from files
images          a sampler of any pictures: x (n, C, S, S) in [-1, 1]
"""

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Generator, Tensor

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

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
    if split not in _PREFIX:
        raise ValueError(f"split is {split!r}; expected 'train' or 'test'")
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
            room, filled = memoryview(numbers.numpy()), 0
            while count := file.readinto(room[filled : filled + 2**20]):
                filled += count
            if filled < len(room) or file.read(1):  # the last read also checks gzip's checksum
                raise ValueError(f"its header states {shape}, which is not what follows")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}); {_RESTORE}") from error
    return numbers.view(shape)


def folder(path: str | Path, size: int, channels: int = 3) -> Tensor:
    """The pictures in a folder and the folders in it, by name: uint8 (N, C, size, size) in [0, 255].

    JPEG, PNG, GIF, BMP or WebP. Of each the square in the middle is kept, scaled to `size`; in grey for 1 channel, in
    colour for 3. What is transparent becomes black.
    """
    if channels not in (1, 3):
        raise ValueError(f"channels is {channels}; expected 1 (grey) or 3 (red, green, blue)")
    if not Path(path).is_dir():
        raise FileNotFoundError(f"there is no folder {path}; give the one that holds your pictures")
    files = sorted(file for file in Path(path).rglob("*") if file.suffix.lower() in _PICTURES)
    if not files:
        raise ValueError(f"no picture in {path}; expected files that end in {', '.join(_PICTURES)}")
    pixels = torch.empty(len(files), size, size, channels, dtype=torch.uint8)
    for square, file in zip(pixels, files, strict=True):
        try:
            with Image.open(file) as picture:
                upright = ImageOps.exif_transpose(picture).convert("RGBA")
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise ValueError(f"{file} cannot be read as a picture ({error}); mend it, or move it elsewhere") from error
        opaque = Image.alpha_composite(Image.new("RGBA", upright.size, "black"), upright)
        fitted = ImageOps.fit(opaque.convert("RGB" if channels == 3 else "L"), (size, size))
        square.copy_(torch.from_numpy(np.array(fitted)).view(size, size, channels))
    return pixels.permute(0, 3, 1, 2).contiguous()


_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")


def unit(pixels: Tensor) -> Tensor:
    """Whole numbers in [0, 255] -> float32 in [-1, 1], the range of G's tanh; any shape."""
    return pixels.float() / 127.5 - 1


def images(pixels: Tensor, labels: Tensor | None = None, *, size: int | None = None):
    """A sampler of pictures: (n, rng) -> x (n, C, S, S) float32 in [-1, 1], and y (n,) if labels are given.

    `pixels` uint8 (N, S, S) or (N, C, S, S) in [0, 255]. A `size` beyond S adds a black border.
    Drawn with replacement, where the pixels are; x and y go to the device of rng.
    """
    if pixels.dtype != torch.uint8 or pixels.ndim not in (3, 4):
        raise ValueError(
            f"pixels are {pixels.dtype} of shape {tuple(pixels.shape)}; "
            "expected uint8 (N, S, S) or (N, C, S, S), from 0 to 255"
        )
    if labels is not None and len(labels) != len(pixels):
        raise ValueError(f"{len(pixels)} pictures have {len(labels)} labels; expected one each")
    pixels = pixels if pixels.ndim == 4 else pixels[:, None]
    border = 0 if size is None else size - pixels.shape[-1]
    if border < 0 or border % 2:
        raise ValueError(f"cannot make size {size} of side {pixels.shape[-1]} by an even black border")

    def sample(n: int, rng: Generator) -> tuple[Tensor, ...]:
        i = torch.randint(len(pixels), (n,), generator=rng, device=rng.device).to(pixels.device)
        x = unit(F.pad(pixels[i], [border // 2] * 4).to(rng.device))
        return (x,) if labels is None else (x, labels[i].long().to(rng.device))

    return sample
