"""Keep a run. A checksum in each file tells when it is damaged, numbers that are not finite are never written, and
nothing that is loaded can run code: no pickle beyond tensors and plain containers. `files` keeps them whole.

    save, load                   all of the players, to go on with training bit for bit
    save_weights, load_weights   one network, to share; safetensors with a few words in its header
"""

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path
from textwrap import shorten
from typing import Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_bytes, save as to_bytes
from torch import Tensor, nn

from . import checks, checksums, files, old_names
from .distributed import rank
from .sampling import Network


class Stateful(Protocol):
    """What a checkpoint keeps: `Players`, those of several processes, a learner without an opponent."""

    rng: torch.Generator

    def state_dict(self) -> dict: ...
    def load_state_dict(self, state: dict, /) -> None: ...


def save(path: str | Path, players: Stateful, **words: object) -> None:
    """Write all that training changes, and a few words about the run; the file is the old one or the new one.

    Of several processes, all of which call, the first one writes. FloatingPointError for numbers that are not finite.
    """
    state = players.state_dict()
    checks.finite(state)
    if rank() == 0:
        file = io.BytesIO()
        torch.save(state | {"words": words}, file)
        files.write(path, checksums.sealed(file.getvalue()))


def load(
    path: str | Path,
    players: Stateful,
    *,
    lr_G: float | None = None,
    lr_D: float | None = None,
    betas: tuple[float, float] | None = None,
    accept: Callable[[dict], object] = lambda words: None,
) -> dict:
    """Restore a saved state into identically built players, their optimisers and random numbers too.

    The learning rates and betas are those that were saved, unless others are given. `accept` is shown the words of
    the file before anything is changed, and may raise. Returns the words.
    """
    changes = _changes(lr_G, lr_D, betas)
    if changes and not hasattr(players, "opt_G"):
        raise TypeError(f"lr_G, lr_D and betas are for two players; {type(players).__name__} is one")
    raw, before = files.read(path), copy.deepcopy(players.state_dict())
    try:
        sealed = checksums.is_sealed(raw)
        state = torch.load(io.BytesIO(raw), map_location=players.rng.device, weights_only=True)
        words = state.pop("words", {})
    except Exception as error:  # the kinds that a damaged file raises are many
        raise ValueError(
            f"{path} is not a checkpoint, or a damaged one ({type(error).__name__}); {files.remedy(path)}"
        ) from error
    accept(words)
    try:
        players.load_state_dict(state if sealed else old_names.tensors(state, before))
    except (RuntimeError, KeyError, ValueError, TypeError) as error:
        players.load_state_dict(before)
        raise ValueError(
            f"{path} holds other players than these ({shorten(str(error), 250)}); build them with the widths, sizes "
            "and classes of the run that was saved"
        ) from error
    for optimizer, number, value in changes:
        for group in getattr(players, optimizer).param_groups:
            group[number] = value
    return words


def _changes(
    lr_G: float | None, lr_D: float | None, betas: tuple[float, float] | None
) -> list[tuple[str, str, float | tuple[float, float]]]:
    """(which optimiser, which of its numbers, its value), for what is given."""
    checks.positive(**{k: v for k, v in {"lr_G": lr_G, "lr_D": lr_D}.items() if v is not None})
    checks.share(**dict(zip(("beta1", "beta2"), betas or (0.0, 0.0), strict=True)))
    both = [("opt_G", "lr", lr_G), ("opt_D", "lr", lr_D), ("opt_G", "betas", betas), ("opt_D", "betas", betas)]
    return [(optimizer, number, value) for optimizer, number, value in both if value is not None]


def save_weights(path: str | Path, network: nn.Module, **words: object) -> None:
    """Write a network's weights and buffers; `words` (anything JSON can say) go into the file's header.

    FloatingPointError for numbers that are not finite.
    """
    tensors = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    checks.finite(tensors)
    header = {k: json.dumps(v) for k, v in words.items()}
    header["sha256"] = checksums.safetensors(to_bytes(tensors, metadata=header))
    files.write(path, to_bytes(tensors, metadata=header))


def load_weights(path: str | Path, network: Network | Callable[[dict], Network]) -> Network:
    """Fill a network, built like the one that was saved, or by a function of the header's words; return it."""
    tensors, metadata = _read(path)
    if not isinstance(network, nn.Module):
        network = network(_words(path, metadata))
    try:
        network.load_state_dict(tensors if "sha256" in metadata else old_names.tensors(tensors, network.state_dict()))
    except RuntimeError as error:
        raise ValueError(
            f"{path} does not fit this {type(network).__name__} ({shorten(str(error), 250)}); "
            "build it as `read_header` of the file says"
        ) from error
    return network  # type: ignore[return-value]  # what is not a function


def read_header(path: str | Path) -> dict:
    """The words in the header of a file of weights: how the network is built, the command that made it."""
    return _words(path, _read(path)[1])


def _read(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a file of weights, compared with its checksum if it has one."""
    raw = files.read(path)
    try:
        tensors, metadata = from_bytes(raw), checksums.metadata(raw)
        if "sha256" in metadata and metadata["sha256"] != checksums.safetensors(raw):
            raise ValueError("its checksum is another")
    except (SafetensorError, ValueError) as error:
        raise ValueError(
            f"{path} is not a file of weights, or a damaged one ({error}); {files.remedy(path)}"
        ) from error
    return tensors, metadata


def _words(path: str | Path, metadata: dict[str, str]) -> dict:
    try:
        return old_names.header({k: json.loads(v) for k, v in metadata.items() if k != "sha256"})
    except json.JSONDecodeError as error:
        raise ValueError(f"the header of {path} holds other words than ours ({error})") from error
