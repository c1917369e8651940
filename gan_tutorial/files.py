"""Files that are whole. Each is written beside its place and moved there when it is complete: killed at any moment,
the old file or the new one is in place, never half of one.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .pictures import data_folder


def write(path: str | Path, content: bytes) -> None:
    """Put `content` in place of a file. Where that fails (OSError) the old file stays, and nothing beside it."""
    with _part(Path(path)) as part:
        with open(part, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)


def check_place(path: str | Path) -> None:
    """Refuse a place where `write` would fail, before hours are spent on what belongs there."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file, say {path / 'dcgan.safetensors'}")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no ordinary file; name another")
    with _part(path) as part:
        part.touch(exist_ok=False)


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    """A name beside `path` that no other process uses, for the unfinished file; at the end there is no such file."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        above = next((parent for parent in path.absolute().parents if os.path.lexists(parent)), path.parent)
        if not above.is_dir():
            raise OSError(f"{path} cannot be written: {above} is no folder; name a file in one") from error
        free = shutil.disk_usage(above).free / 2**20
        raise OSError(
            f"{path} cannot be written ({error.strerror}; {free:.1f} MiB are free in {above}); "
            "name a file in a folder that has room and that you may write to"
        ) from error


def read(path: str | Path) -> bytes:
    """All bytes of a file, at once: what is checked is what is used."""
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        restore = f"; {remedy(path)}" if _is_ours(path) else ""
        raise FileNotFoundError(f"there is no file {path}{restore}") from error


def remedy(path: str | Path) -> str:
    """What to do about a damaged file: those of the tutorial are in its repository, others only you have."""
    return "restore it with `git checkout -- data`" if _is_ours(path) else "train again, or take an older copy of it"


def _is_ours(path: str | Path) -> bool:
    try:
        return Path(path).resolve().is_relative_to(data_folder().resolve())
    except FileNotFoundError:  # no data folder
        return False
