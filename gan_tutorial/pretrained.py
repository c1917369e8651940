"""The networks that are shipped, trained with `python -m gan_tutorial train`, and those that you trained with it."""

from pathlib import Path

from .checkpoints import load_weights
from .networks import ConvDiscriminator, ConvGenerator
from .pictures import data_folder
from .recipe import Recipe


def load_generator(path: str | Path | None = None) -> ConvGenerator:
    """A trained generator, ready to sample from; the one that is shipped unless a file is named.

    ValueError if the file holds anything else.
    """
    path = path or data_folder() / "weights" / "dcgan.safetensors"
    return load_weights(path, lambda words: _recipe(path, words).generator()).eval()


def load_discriminator(path: str | Path | None = None) -> ConvDiscriminator:
    """The opponent of `load_generator`'s, as it was after its last step. ValueError if the file holds anything else."""
    path = path or data_folder() / "weights" / "dcgan-discriminator.safetensors"
    return load_weights(path, lambda words: _recipe(path, words).discriminator()).eval()


def _recipe(path: str | Path, words: dict) -> Recipe:
    """The one in the words of a header."""
    if "recipe" not in words:
        raise ValueError(
            f"{path} holds no player that `python -m gan_tutorial train` made, for its header has no recipe; name "
            "another file, or build the network and fill it with `checkpoints.load_weights`"
        )
    try:
        return Recipe.from_dict(words["recipe"])
    except (ValueError, TypeError) as error:
        raise ValueError(f"the header of {path} describes no player that can be built: {error}") from error
