"""Pictures from files, in range and in order; damaged files are named."""

import gzip
import math
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_tutorial import pictures


def test_fashion_mnist_is_whole():
    for split, n in (("train", 60_000), ("test", 10_000)):
        x, y = pictures.fashion_mnist(split)
        assert x.shape == (n, 28, 28) and y.shape == (n,) and x.dtype == y.dtype == torch.uint8
        assert y.bincount().tolist() == [n // 10] * 10
        assert x.min() == 0 and x.max() == 255
    # what a trouser looks like: narrow, so its left and right borders are black
    x, y = pictures.fashion_mnist("test")
    assert x[y == pictures.CLASSES.index("Trouser")][:, :, :4].float().mean() < 2 < x[y == 2][:, :, :4].float().mean()


def test_sampler_of_images():
    x, y = pictures.fashion_mnist("test")
    rng = torch.Generator().manual_seed(0)
    a, labels = pictures.images(x, y)(500, rng)
    assert a.shape == (500, 1, 28, 28) and a.dtype == torch.float32 and labels.dtype == torch.int64
    assert a.min() == -1 and a.max() == 1
    # every picture is one of the files', with its own label
    i = torch.cdist((a * 127.5 + 127.5).flatten(1), x.flatten(1).float()).argmin(1)
    assert torch.equal(x[i].float() / 127.5 - 1, a[:, 0]) and torch.equal(y[i].long(), labels)
    (b,) = pictures.images(x, size=32)(3, rng)
    assert b.shape == (3, 1, 32, 32) and (b[..., :2] == -1).all() and (b[..., :2, :] == -1).all()
    (c,) = pictures.images(torch.zeros(5, 3, 8, 8, dtype=torch.uint8))(2, rng)
    assert c.shape == (2, 3, 8, 8)


def test_wrong_pictures_are_refused():
    with pytest.raises(ValueError, match="torch.float32.*expected uint8"):
        pictures.images(torch.zeros(5, 8, 8))
    with pytest.raises(ValueError, match="5 pictures have 4 labels"):
        pictures.images(torch.zeros(5, 8, 8, dtype=torch.uint8), torch.zeros(4))
    with pytest.raises(ValueError, match="size 31 of side 28"):
        pictures.images(torch.zeros(5, 28, 28, dtype=torch.uint8), size=31)
    with pytest.raises(ValueError, match="'valid'; expected 'train' or 'test'"):
        pictures.fashion_mnist("valid")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder with a small valid test split."""
    monkeypatch.setenv("GAN_TUTORIAL_DATA", str(tmp_path))
    (tmp_path / "fashion-mnist").mkdir()
    write(tmp_path, "images-idx3", 3, (6, 4, 4))
    write(tmp_path, "labels-idx1", 1, (6,))
    return tmp_path


def write(folder, name, ndim, shape, magic=None, body=None):
    head = (magic or bytes([0, 0, 8, ndim])) + struct.pack(f">{len(shape)}i", *shape)
    body = bytes(range(math.prod(shape))) if body is None else body
    path = folder / "fashion-mnist" / f"t10k-{name}-ubyte.gz"
    path.write_bytes(gzip.compress(head + body))
    return path


def test_small_folder_reads_back(folder):
    x, y = pictures.fashion_mnist("test")
    assert x.flatten().tolist() == list(range(96)) and y.tolist() == list(range(6))


def truncate(path):
    path.write_bytes(path.read_bytes()[:-15])


def flip_a_bit(path):
    raw = bytearray(path.read_bytes())
    raw[-6] ^= 1  # in gzip's checksum
    path.write_bytes(raw)


DAMAGE = {
    "truncated": truncate,
    "bit flipped": flip_a_bit,
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "not gzip": lambda path: path.write_bytes(b"<html>404 not found</html>"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("name", ["images-idx3", "labels-idx1"])
def test_a_damaged_file_is_named_with_the_remedy(folder, damage, name):
    path = folder / "fashion-mnist" / f"t10k-{name}-ubyte.gz"
    damage(path)
    with pytest.raises((ValueError, FileNotFoundError), match="git checkout -- data") as error:
        pictures.fashion_mnist("test")
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        {"magic": b"\0\0\x0d\3"},  # floats
        {"magic": b"\0\0\x08\1"},  # labels under an image file's name
        {"body": bytes(95)},  # one byte short
        {"body": bytes(97)},  # one too many
        {"shape": (2**31 - 1, 2**15, 2**15), "body": bytes(9)},  # would fill the memory
        {"shape": (-6, 4, 4), "body": bytes(96)},
    ],
)
def test_a_wrong_header_or_length_is_named(folder, change):
    path = write(folder, "images-idx3", 3, **{"shape": (6, 4, 4)} | change)
    with pytest.raises(ValueError, match="is damaged") as error:
        pictures.fashion_mnist("test")
    assert str(path) in str(error.value)


def test_images_and_labels_that_do_not_belong_together(folder):
    write(folder, "labels-idx1", 1, (5,))
    with pytest.raises(ValueError, match="6 test images but 5 labels"):
        pictures.fashion_mnist("test")


def test_found_from_any_folder_and_from_an_installed_copy(tmp_path):
    """As a wheel would lie in site-packages: without data beside it, with the variable set, or not."""
    root = Path(pictures.__file__).parent
    shutil.copytree(root, tmp_path / "site" / "gan_tutorial")
    code = "from gan_tutorial.pictures import fashion_mnist as f; print(len(f('test')[0]))"
    run = lambda **env: subprocess.run(  # noqa: E731
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    here, there = str(root.parent), str(tmp_path / "site")
    assert run(PYTHONPATH=here).stdout == "10000\n"
    assert run(PYTHONPATH=there, GAN_TUTORIAL_DATA=here + "/data").stdout == "10000\n"
    without = run(PYTHONPATH=there)
    assert "set the environment variable GAN_TUTORIAL_DATA" in without.stderr and without.returncode


def test_a_wrong_data_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_TUTORIAL_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="GAN_TUTORIAL_DATA names .*no folder fashion-mnist"):
        pictures.fashion_mnist()


# Pictures of your own


def paint(path, size, colours, mode="RGB", **options):
    """A picture of equal upright stripes."""
    pixels = np.zeros((size[1], size[0], len(mode)), np.uint8)
    for stripe, colour in zip(np.array_split(np.arange(size[0]), len(colours)), colours, strict=True):
        pixels[:, stripe] = colour
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels.squeeze(), mode).save(path, **options)


def test_a_folder_gives_the_middle_of_each_picture_in_the_order_of_names(tmp_path):
    paint(tmp_path / "b.png", (90, 30), [(255, 0, 0), (0, 255, 0), (0, 0, 255)])
    paint(tmp_path / "sub" / "a.PNG", (8, 8), [(255, 255, 255)])
    paint(tmp_path / "a.bmp", (8, 8), [(10, 20, 30)])
    (tmp_path / "notes.txt").write_text("no picture")
    pixels = pictures.folder(tmp_path, 16)
    assert pixels.shape == (3, 3, 16, 16) and pixels.dtype == torch.uint8
    assert [x[:, 8, 8].tolist() for x in pixels] == [[10, 20, 30], [0, 255, 0], [255, 255, 255]]
    assert (pixels[1, 0] < 30).all() and (pixels[1, 2] < 30).all()  # hardly a trace of the stripes beside the middle
    grey = pictures.folder(tmp_path, 16, 1)
    assert grey.shape == (3, 1, 16, 16) and grey[1, 0, 8, 8] == 150  # green, as ITU-R 601 weighs it: 0.587
    (x,) = pictures.images(pixels)(4, torch.Generator().manual_seed(0))
    assert x.shape == (4, 3, 16, 16) and x.min() >= -1 and x.max() <= 1


def test_a_folder_turns_pictures_upright_and_puts_them_on_black(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # the camera was turned: the left side is the top
    paint(tmp_path / "a.png", (8, 8), [(255, 0, 0), (0, 0, 255)], exif=exif)
    paint(tmp_path / "b.png", (8, 8), [(255, 255, 255, 0), (255, 255, 255, 255)], "RGBA")
    turned, clear = pictures.folder(tmp_path, 8)
    assert turned[0, 0, 4] == 255 and turned[2, 7, 4] == 255 and turned[0, 7, 4] == 0
    assert clear[:, 4, 0].tolist() == [0, 0, 0] and clear[:, 4, 7].tolist() == [255, 255, 255]


def test_a_folder_says_what_is_wrong_with_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        pictures.folder(tmp_path / "nowhere", 8)
    with pytest.raises(ValueError, match=r"no picture in .*; expected files that end in \.jpg"):
        pictures.folder(tmp_path, 8)
    with pytest.raises(ValueError, match="channels is 4; expected 1"):
        pictures.folder(tmp_path, 8, 4)
    (tmp_path / "half.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ValueError, match=r"half\.png cannot be read as a picture"):
        pictures.folder(tmp_path, 8)
