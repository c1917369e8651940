"""The networks that are shipped, trained with `python -m gan_tutorial train`, and those that you trained with it."""

from pathlib import Path

from .checkpoints import load_weights, read_header
from .networks import ConvDiscriminator, ConvGenerator
from .pictures import data_folder
from .recipe import Recipe


def load_generator(path: str | Path | None = None) -> ConvGenerator:
    """A trained generator, ready to sample from; the one that is shipped unless a file is named."""
    path = path or data_folder() / "weights" / "dcgan.safetensors"
    return load_weights(path, Recipe.from_dict(read_header(path)["config"]).generator()).eval()


def load_discriminator(path: str | Path | None = None) -> ConvDiscriminator:
    """The opponent of `load_generator`'s, as it was after its last step."""
    path = path or data_folder() / "weights" / "dcgan-discriminator.safetensors"
    return load_weights(path, Recipe.from_dict(read_header(path)["config"]).discriminator()).eval()
