"""What things were called in version 0.1, so that its files and its command lines still work.

A key is the old name, a value is what it is called today.
"""

from typing import Any

FIELDS = {
    "widths_g": ("widths_G",),
    "widths_d": ("widths_D",),
    "fine": ("full_size_maps",),
    "lr": ("lr_G", "lr_D"),  # on a command line, still the short way to give both
}
BETAS = ("beta1", "beta2")  # now one field, betas
MISSING = {"size": 28, "channels": 1}  # what the headers do not say, because there was nothing else
HEADER = {"config": "recipe"}
TENSORS = {
    "embed.": "embedding.",
    ".word.": ".time.",
    "velocity.read.": "velocity.encode.",
    "velocity.draw.": "velocity.decode.",
    "velocity.paint.": "velocity.last.",
}


def fields(values: dict, betas: tuple[float, float]) -> dict:
    """A recipe's values under today's names, which win where both are given; `betas` stand in for one not given."""
    renamed = {new: values[old] for old, names in FIELDS.items() if old in values for new in names}
    if not values.keys().isdisjoint(BETAS):
        renamed["betas"] = tuple(values.get(k, default) for k, default in zip(BETAS, betas, strict=True))
    return renamed | {k: v for k, v in values.items() if k not in (*FIELDS, *BETAS)}


def header(words: dict) -> dict:
    """The words of a file of weights under today's names."""
    return {HEADER.get(k, k): MISSING | v if k in HEADER else v for k, v in words.items()}


def tensors(state: Any, like: Any) -> Any:
    """A state, nested as it may be, with today's names of its tensors; names that `like` knows stay."""
    if isinstance(state, list) and isinstance(like, list):
        return [tensors(part, like[0]) for part in state]
    if not (isinstance(state, dict) and isinstance(like, dict)):
        return state
    names = {k: _tensor(k) if isinstance(k, str) and k not in like else k for k in state}
    return {names[k]: tensors(v, like.get(names[k])) for k, v in state.items()}


def _tensor(name: str) -> str:
    for old, new in TENSORS.items():
        name = name.replace(old, new)
    return name
