"""Keep a run. Files are written beside their place and moved there whole: killed at any moment, the last
good one loads. Nothing that is loaded can run code: no pickle beyond tensors and plain containers.

    save, load                   all of the players, to go on with training bit for bit
    save_weights, load_weights   one network, to share; safetensors with a few words in its header
"""

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import nn

from .distributed import Everyone, rank
from .training import Players


def atomically(path: str | Path, write: Callable[[str], None]) -> None:
    """Let `write(name)` fill a new file in the same folder, and put it in place of `path` when it is whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    write(str(part))
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(part, path)


def save(path: str | Path, players: Players | Everyone) -> None:
    """Write all that training changes; `path` is the old file or the new one, never half of it.

    Of several processes, all of which call, the first one writes.
    """
    state = players.state_dict()
    if rank() == 0:
        atomically(path, lambda name: torch.save(state, name))


def load(path: str | Path, players: Players | Everyone) -> None:
    """Put players, built as those that were saved, where those stood. Optimisers and random numbers too."""
    path = _existing(path)
    try:
        state = torch.load(path, map_location=players.rng.device, weights_only=True)
    except Exception as error:  # the kinds that a damaged file raises are many
        raise ValueError(
            f"{path} is not a checkpoint, or a damaged one ({type(error).__name__}); save it again"
        ) from error
    before = copy.deepcopy(players.state_dict())
    try:
        players.load_state_dict(state)
    except (RuntimeError, KeyError, ValueError, TypeError) as error:
        players.load_state_dict(before)
        raise ValueError(
            f"{path} holds other players than these ({error}); build them with the widths, sizes and "
            "classes of the run that was saved"
        ) from error


def save_weights(path: str | Path, network: nn.Module, **words: object) -> None:
    """Write a network's weights and buffers; `words` (anything JSON can say) go into the file's header."""
    tensors = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    header = {k: json.dumps(v) for k, v in words.items()}
    atomically(path, lambda name: Path(name).write_bytes(to_bytes(tensors, metadata=header)))


def load_weights(path: str | Path, network: nn.Module) -> nn.Module:
    """Fill a network, built like the one that was saved, and return it."""
    path = _existing(path)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {_renamed(k): file.get_tensor(k) for k in file.keys()}  # noqa: SIM118, it is no dict
        network.load_state_dict(tensors)
    except (SafetensorError, RuntimeError) as error:
        raise ValueError(
            f"{path} does not fit this {type(network).__name__} ({error}); build it as `read_header` of "
            "the file says, or restore the file with `git checkout -- data`"
        ) from error
    return network


# What weights were called in version 0.1
OLD_NAMES = {
    "embed.": "embedding.",
    ".word.": ".time.",
    "velocity.read.": "velocity.encode.",
    "velocity.draw.": "velocity.decode.",
    "velocity.paint.": "velocity.last.",
}


def _renamed(name: str) -> str:
    for old, new in OLD_NAMES.items():
        name = name.replace(old, new)
    return name


def read_header(path: str | Path) -> dict:
    """The words in the header of a file of weights: how the network is built, the command that made it."""
    path = _existing(path)
    try:
        with safe_open(path, framework="pt") as file:
            return {k: json.loads(v) for k, v in (file.metadata() or {}).items()}
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{path} is not a file of weights ({error}); restore it with `git checkout -- data`"
        ) from error


def _existing(path: str | Path) -> Path:
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {path}; if it came with the tutorial, restore it with `git checkout -- data`"
        )
    return path
