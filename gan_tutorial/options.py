"""The command line's words: an option per field of the recipe, and paths of files."""

import os
from argparse import SUPPRESS, Action, ArgumentParser, ArgumentTypeError
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from . import old_names
from .recipe import Recipe


class _Collect(Action):
    """Keep what is given in the dictionary `recipe` of the arguments, and nothing of what is not."""

    def __call__(self, parser, namespace, values, option_string=None):
        namespace.recipe = namespace.recipe | {self.dest: values}


def add_recipe(parser: ArgumentParser) -> None:
    """An option per field, old names included; `Recipe.from_dict(args.recipe)` is what was asked for."""
    parser.set_defaults(recipe={})
    collect: dict[str, Any] = {"action": _Collect, "default": SUPPRESS}
    for f in fields(Recipe):
        names = [f.name, *(old for old, new in old_names.FIELDS.items() if new == (f.name,))]
        kinds = get_args(f.type)  # of a tuple
        kind: dict[str, Any] = {"type": f.type}
        default = getattr(Recipe, f.name)
        if kinds:
            kind = {"type": kinds[0], "nargs": "+" if ... in kinds else len(kinds)}
            default = " ".join(map(str, default))
        options = ["--" + name.replace("_", "-") for name in names]
        parser.add_argument(*options, dest=f.name, help=f"(default: {default})", **kind, **collect)
    parser.add_argument("--lr", type=float, help="lr_G and lr_D, where both are the same", **collect)
    for name in old_names.BETAS:
        parser.add_argument("--" + name, type=float, help=SUPPRESS, **collect)


def file(text: str) -> Path:
    """A path that is none of a folder."""
    if text.endswith(("/", os.sep)):
        raise ArgumentTypeError(f"{text} is a folder; name a file")
    return Path(text)
