"""Pictures from files, in range and in order; what cannot be read is named."""

import gzip
import math
import os
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


def test_every_picture_is_drawn_equally_often():
    pixels = torch.arange(5, dtype=torch.uint8)[:, None, None].expand(5, 2, 2)
    x, y = pictures.images(pixels, torch.arange(5))(5000, torch.Generator().manual_seed(0))
    assert torch.equal(((x[:, 0, 0, 0] + 1) * 127.5).round(), y.float())
    assert y.bincount(minlength=5).sub(1000).abs().max() < 4 * (5000 * 0.2 * 0.8) ** 0.5  # four standard deviations


@pytest.mark.parametrize("height, width", [(8, 10), (10, 8), (12, 12)])
def test_a_size_makes_any_picture_square_by_a_black_border_around_it(height, width):
    pixels = torch.randint(1, 256, (3, 3, height, width), dtype=torch.uint8)
    x, i = pictures.images(pixels, torch.arange(3), size=12)(20, torch.Generator().manual_seed(0))
    assert x.shape == (20, 3, 12, 12)
    top, left = (12 - height) // 2, (12 - width) // 2
    assert torch.equal(x[:, :, top : top + height, left : left + width], pictures.unit(pixels[i]))
    assert (x == -1).sum() == 20 * 3 * (144 - height * width)  # no pixel of the pictures themselves is black


EIGHT = torch.zeros(5, 8, 8, dtype=torch.uint8)
DOORS = {
    "floats": (lambda: pictures.images(EIGHT.float()), ValueError, "torch.float32.*expected uint8"),
    "one picture": (lambda: pictures.images(EIGHT[0]), ValueError, r"shape \(8, 8\); expected uint8 \(N, H, W\)"),
    "no pictures": (lambda: pictures.images(EIGHT[:0]), ValueError, r"\(0, 8, 8\); expected at least one picture"),
    "labels too few": (lambda: pictures.images(EIGHT, torch.zeros(4).long()), ValueError, r"labels .*\(4,\).*\(5,\)"),
    "labels of halves": (lambda: pictures.images(EIGHT, torch.full((5,), 0.5)), TypeError, "labels are torch.float32"),
    "label -1": (lambda: pictures.images(EIGHT, torch.arange(-1, 4)), ValueError, r"labels lie in -1\.\.3"),
    "size odd": (lambda: pictures.images(EIGHT, size=11), ValueError, "size 11 of 8 x 8"),
    "size small": (lambda: pictures.images(EIGHT, size=6), ValueError, "size 6 of 8 x 8"),
    "size 20.0": (lambda: pictures.images(EIGHT, size=20.0), TypeError, "size is 20.0"),
    "one side odd": (lambda: pictures.images(EIGHT[:, 1:], size=12), ValueError, "size 12 of 7 x 8"),
    "split": (lambda: pictures.fashion_mnist("valid"), ValueError, "'valid'; expected one of train, test"),
    "folder size 0": (lambda: pictures.folder(".", 0), ValueError, "size is 0; expected a whole number >= 1"),
    "folder size -1": (lambda: pictures.folder(".", -1), ValueError, "size is -1"),
    "folder size 2.5": (lambda: pictures.folder(".", 2.5), TypeError, "size is 2.5"),
    "four channels": (lambda: pictures.folder(".", 8, 4), ValueError, "channels is 4; expected one of 1, 3"),
    "no folder": (lambda: pictures.folder("nowhere", 8), FileNotFoundError, "there is no folder nowhere"),
}


@pytest.mark.parametrize("call, error, words", DOORS.values(), ids=DOORS)
def test_the_door(call, error, words):
    with pytest.raises(error, match=words):
        call()


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


def test_found_beside_the_package_or_where_the_variable_says(tmp_path, monkeypatch):
    """From any folder; a copy in site-packages has no data beside it."""
    here = pictures.data_folder()
    monkeypatch.delenv("GAN_TUTORIAL_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert pictures.data_folder() == Path(pictures.__file__).parents[1] / "data"
    monkeypatch.setattr(pictures, "__file__", str(tmp_path / "site-packages" / "gan_tutorial" / "pictures.py"))
    with pytest.raises(FileNotFoundError, match="set the environment variable GAN_TUTORIAL_DATA"):
        pictures.data_folder()
    monkeypatch.setenv("GAN_TUTORIAL_DATA", str(here))
    assert len(pictures.fashion_mnist("test")[0]) == 10_000


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
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(pixels.squeeze(), mode).save(path, **options)


def test_a_folder_gives_the_middle_of_each_picture_in_the_order_of_names(tmp_path):
    paint(tmp_path / "b.png", (90, 30), [(255, 0, 0), (0, 255, 0), (0, 0, 255)])
    paint(tmp_path / "sub" / "a.PNG", (8, 8), [(255, 255, 255)])
    paint(tmp_path / "a.bmp", (8, 8), [(10, 20, 30)])
    (pixels, _), (grey, _) = pictures.folder(tmp_path, 16), pictures.folder(tmp_path, 16, 1)
    assert pixels.shape == (3, 3, 16, 16) and pixels.dtype == torch.uint8 and pixels.is_contiguous()
    assert [x[:, 8, 8].tolist() for x in pixels] == [[10, 20, 30], [0, 255, 0], [255, 255, 255]]
    assert (pixels[1, 0] < 30).all() and (pixels[1, 2] < 30).all()  # hardly a trace of the stripes beside the middle
    assert grey.shape == (3, 1, 16, 16) and grey[1, 0, 8, 8] == 150  # green, as ITU-R 601 weighs it: 0.587
    (x,) = pictures.images(pixels)(4, torch.Generator().manual_seed(0))
    assert x.shape == (4, 3, 16, 16) and x.min() >= -1 and x.max() <= 1


def test_a_folder_turns_pictures_upright_and_puts_them_on_black(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # the camera was turned: the left side is the top
    for name in ("a.png", "a.tif", "a.jpg"):
        paint(tmp_path / name, (16, 16), [(255, 0, 0), (0, 0, 255)], exif=exif)
    paint(tmp_path / "b.png", (8, 8), [(255, 255, 255, 0), (255, 255, 255, 255)], "RGBA")
    *turned, clear = pictures.folder(tmp_path, 8).pixels
    for x in turned:
        assert x[0, 0, 4] > 250 and x[2, 7, 4] > 250 and x[0, 7, 4] < 5
    assert clear[:, 4, 0].tolist() == [0, 0, 0] and clear[:, 4, 7].tolist() == [255, 255, 255]


RAMP = np.arange(1600).reshape(40, 40) / 1599


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_grey_of_16_bits_keeps_its_upper_8(tmp_path, name):
    Image.fromarray((RAMP * 65535).round().astype(np.uint16)).save(tmp_path / name)
    pixels = pictures.folder(tmp_path, 40, 1).pixels[0, 0]
    assert np.abs(pixels.numpy() - RAMP * 255).max() <= 1
    assert pixels[0, 0] == 0 and pixels[-1, -1] == 255


def test_an_integer_grey_is_scaled_if_it_has_16_bits_and_named_if_it_has_more(tmp_path):
    Image.fromarray((RAMP * 65535).round().astype(np.int32)).save(tmp_path / "a.tif")
    assert np.abs(pictures.folder(tmp_path, 40, 1).pixels[0, 0].numpy() - RAMP * 255).max() <= 1
    Image.fromarray((RAMP * 1e6).round().astype(np.int32)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a\.tif: .*greys lie in \[0, 1000000\]; expected 16 bits"):
        pictures.folder(tmp_path, 40, 1)


def test_floating_point_pixels_are_named(tmp_path):
    Image.fromarray(RAMP.astype(np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a\.tif: .*floating-point"):
        pictures.folder(tmp_path, 40, 1)


def test_pictures_of_few_colours_and_of_other_colour_spaces_are_read(tmp_path):
    stripes = Image.fromarray(np.repeat(np.array([[0, 255]], np.uint8), 8, 0).repeat(4, 1))
    for mode, name in (("1", "a.png"), ("P", "b.gif"), ("CMYK", "c.tif"), ("LA", "d.png"), ("PA", "e.png")):
        (stripes.convert("P") if mode == "PA" else stripes.convert(mode)).save(tmp_path / name)
    for square in pictures.folder(tmp_path, 8).pixels:
        assert square[:, :, :4].max() <= 2 and square[:, :, 4:].min() >= 253


def test_a_colour_that_stands_for_transparency_becomes_black(tmp_path):
    paint(tmp_path / "a.png", (16, 16), [(255, 0, 0), (0, 255, 0)] * 8, transparency=(255, 0, 0))
    red, green, blue = pictures.folder(tmp_path, 8).pixels[0]  # of a stripe of each colour, one pixel
    assert not red.any() and not blue.any() and (green[:, 1:-1].float() - 127.5).abs().max() < 30


# Which files are pictures

STRIPES = [(255, 0, 0), (0, 255, 0)]


def names(remarks, top):
    return {file.relative_to(top).as_posix(): remark for file, remark in remarks}


def test_every_raster_format_is_read_and_what_is_left_out_is_named(tmp_path):
    for suffix in pictures.SUFFIXES:
        if suffix in Image.registered_extensions():
            paint(tmp_path / f"x{suffix}", (8, 8), STRIPES)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "x.svg").write_text("<svg/>")
    pixels, remarks = pictures.folder(tmp_path, 8)
    assert len(pixels) >= 9 and (pixels[:, 0, 4, 1] > 200).all()
    assert names(remarks, tmp_path) == dict.fromkeys(("notes.txt", "x.svg"), "left out, not a picture format")


def test_what_is_hidden_is_no_picture(tmp_path):
    for name in (".ipynb_checkpoints/a.png", ".venv/b.png", "__MACOSX/c.png", "._d.png", ".e.jpg", "f.png"):
        paint(tmp_path / ".at" / name, (8, 8), STRIPES)  # the folder that is asked for may be hidden
    (tmp_path / ".at" / ".DS_Store").write_bytes(b"\0")
    pixels, remarks = pictures.folder(tmp_path / ".at", 8)
    assert len(pixels) == 1 and remarks == []


def test_a_folder_with_the_name_of_a_picture_is_a_folder(tmp_path):
    paint(tmp_path / "holiday.jpg" / "a.png", (8, 8), STRIPES)
    assert len(pictures.folder(tmp_path, 8).pixels) == 1


def test_links_are_followed_and_each_folder_is_read_once(tmp_path):
    mine, far = tmp_path / "mine", tmp_path / "far"
    paint(mine / "a.png", (8, 8), STRIPES)
    paint(far / "b.png", (8, 8), STRIPES)
    (mine / "far").symlink_to(far)
    (mine / "further").symlink_to(far)
    (mine / "up").symlink_to(tmp_path)  # around the folder itself
    (far / "back").symlink_to(mine)
    (mine / "c.png").symlink_to(far / "b.png")
    (mine / "nowhere.png").symlink_to(tmp_path / "gone.png")
    pixels, remarks = pictures.folder(mine, 8)
    assert len(pixels) == 3 and names(remarks, mine) == {"nowhere.png": "left out, no regular file"}
    link = tmp_path / "link"
    link.symlink_to(mine)
    assert torch.equal(pictures.folder(link, 8).pixels, pixels)


def test_a_folder_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    for name in ("a", "b"):
        paint(tmp_path / name / "x.png", (8, 8), STRIPES)
    look = os.scandir

    def closed(path):
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(os, "scandir", closed)
    pixels, remarks = pictures.folder(tmp_path, 8)
    assert len(pixels) == 1 and names(remarks, tmp_path) == {"b": "left out, cannot be opened: Permission denied"}


def test_the_users_home_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    paint(tmp_path / "mine" / "a.png", (8, 8), STRIPES)
    assert len(pictures.folder("~/mine", 8).pixels) == 1


def test_up_to_a_tenth_may_be_damaged_and_each_is_named(tmp_path):
    for k in range(19):
        paint(tmp_path / f"{k}.png", (8, 8), STRIPES)
    whole = (tmp_path / "0.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    pixels, remarks = pictures.folder(tmp_path, 8)
    assert len(pixels) == 19 and (pixels[:, 0, 4, 1] > 200).all()
    ((file, remark),) = remarks
    assert file == tmp_path / "half.png" and remark.startswith("left out, cannot be read: ")
    for k in range(12):
        (tmp_path / f"page{k:02}.jpg").write_text("<html>404 not found</html>")
    with pytest.raises(ValueError, match="13 of 32 pictures in .* cannot be read; mend them") as error:
        pictures.folder(tmp_path, 8)
    assert "half.png" in str(error.value) and "page08.jpg" in str(error.value) and "page09" not in str(error.value)
    assert str(error.value).endswith("and 3 more")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "bmp", "webp", "tif"])
def test_no_damage_of_one_file_ends_in_another_error(tmp_path, kind):
    """Bytes are exchanged or cut off at random places: the file is read, or it is named."""
    for k in range(10):
        paint(tmp_path / f"good{k}.png", (8, 8), STRIPES)
    file, rng = tmp_path / f"z.{kind}", np.random.default_rng(0)
    paint(file, (16, 16), STRIPES)
    whole = np.frombuffer(file.read_bytes(), np.uint8)
    for cut in (True, False) * 10:
        changed = whole[: rng.integers(len(whole))].copy() if cut else whole.copy()
        changed[rng.integers(len(changed) or 1, size=min(3, len(changed)))] = rng.integers(256)
        file.write_bytes(changed.tobytes())
        pixels, remarks = pictures.folder(tmp_path, 8)
        assert len(pixels) == 11 or [f for f, remark in remarks if "cannot be read" in remark] == [file]


def test_a_picture_of_one_colour_is_kept_and_named(tmp_path):
    paint(tmp_path / "a.png", (8, 8), STRIPES)
    paint(tmp_path / "ink.png", (8, 8), [(0, 0, 0, 0), (0, 0, 0, 255)], "RGBA")  # black on transparency
    pixels, remarks = pictures.folder(tmp_path, 8)
    assert len(pixels) == 2 and not pixels[1].any()
    assert names(remarks, tmp_path) == {"ink.png": "kept, but all its pixels are equal"}


def test_the_remarks_are_one_text(tmp_path):
    paint(tmp_path / "a.png", (8, 8), STRIPES)
    assert str(pictures.folder(tmp_path, 8)) == "1 picture"
    for k in range(12):
        (tmp_path / f"{k:02}.txt").touch()
    paint(tmp_path / "b.png", (8, 8), STRIPES)
    first, *lines, last = str(pictures.folder(tmp_path, 8)).splitlines()
    assert first == "2 pictures" and len(lines) == 10 and last == "  and 2 more"
    assert lines[3] == f"  {tmp_path / '03.txt'}: left out, not a picture format"


def test_a_folder_without_pictures_says_what_it_looked_for(tmp_path):
    with pytest.raises(ValueError, match=r"no picture in .*; expected files that end in .*\.jpg"):
        pictures.folder(tmp_path, 8)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match=r"notes\.txt: left out, not a picture format"):
        pictures.folder(tmp_path, 8)


def test_the_learner_may_stop_it(tmp_path, monkeypatch):
    paint(tmp_path / "a.png", (8, 8), STRIPES)

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Image, "open", stop)
    with pytest.raises(KeyboardInterrupt):
        pictures.folder(tmp_path, 8)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux shows the open files")
def test_no_file_stays_open(tmp_path):
    for suffix in (".png", ".tif", ".gif", ".jpg"):
        paint(tmp_path / f"a{suffix}", (8, 8), STRIPES)
    (tmp_path / "b.png").write_bytes(b"\x89PNG")
    for k in range(8):
        paint(tmp_path / f"c{k}.png", (8, 8), STRIPES)
    pictures.folder(tmp_path, 8)
    opened = {os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()}
    assert not [path for path in opened if str(tmp_path) in path]


def test_a_large_jpeg_is_decoded_small_and_looks_as_it_would_otherwise(tmp_path, monkeypatch):
    y, x = np.mgrid[:480, :640] / 480
    pixels = np.stack([128 + 120 * np.sin(5 * x), 255 * y, 255 * x / x.max()], 2).astype(np.uint8)
    for suffix in (".jpg", ".png"):
        Image.fromarray(pixels).save(tmp_path / f"a{suffix}")
    sides, fit = [], pictures.ImageOps.fit
    monkeypatch.setattr(pictures.ImageOps, "fit", lambda image, size: sides.append(image.size) or fit(image, size))
    small, large = pictures.folder(tmp_path, 32).pixels.float()
    assert sides == [(160, 120), (640, 480)]  # a quarter; an eighth were less than twice 32
    assert (small - large).abs().mean() < 2


@pytest.mark.nightly
@pytest.mark.parametrize("name, most", [("a.jpg", 60), ("a.png", 260)])
def test_a_photograph_of_48_megapixels_is_in_memory_once(tmp_path, name, most):
    """Decoded it takes 192 MB, four bytes per pixel. The peak of a process of its own, in MB beyond its start."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((8000, 6000), Image.Resampling.BILINEAR).save(tmp_path / name, compress_level=1)
    code = (
        "import sys, resource; from gan_tutorial.pictures import folder\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); folder(sys.argv[1], 64); print((peak() - before) / 1e3)"
    )
    more = float(subprocess.check_output([sys.executable, "-c", code, tmp_path], text=True))
    assert more < most
