"""A checksum inside a file, so that a single wrong bit is noticed: sha256 of everything else that is in it.

zip archives   what torch.save writes: as the comment at the end, which everything that reads archives passes over
safetensors    as a word of the header, "sha256"

Files of version 0.1 have none.
"""

import json
from hashlib import sha256

_MARK = b"sha256 "
_COMMENT = len(_MARK) + 64


def sealed(archive: bytes) -> bytes:
    """A zip archive without a comment -> the same with its checksum."""
    body = archive[:-2] + _COMMENT.to_bytes(2, "little")  # its last number is the length of the comment
    return body + _MARK + sha256(body).hexdigest().encode()


def is_sealed(archive: bytes) -> bool:
    """Whether there is a checksum; ValueError if it is that of other bytes."""
    if archive[-22:-18] == b"PK\5\6":  # the last record of an archive, when no comment follows it
        return False
    if archive[-_COMMENT:] != _MARK + sha256(archive[:-_COMMENT]).hexdigest().encode():
        raise ValueError("its checksum is another")
    return True


def metadata(file: bytes) -> dict[str, str]:
    """The metadata in the header of safetensors."""
    return _split(file)[0].get("__metadata__") or {}


def safetensors(file: bytes) -> str:
    """The checksum of safetensors: names, dtypes, shapes, places, numbers, and the metadata but for itself."""
    header, numbers = _split(file)
    header["__metadata__"] = {k: v for k, v in metadata(file).items() if k != "sha256"}
    digest = sha256(json.dumps(header, sort_keys=True).encode())
    digest.update(numbers)
    return digest.hexdigest()


def _split(file: bytes) -> tuple[dict, memoryview]:
    """The format: the length of the header in 8 bytes, little end first; the header, JSON; the numbers."""
    end = 8 + int.from_bytes(file[:8], "little")
    return json.loads(file[8:end]), memoryview(file)[end:]
