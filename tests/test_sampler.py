"""The Sampler, as the front end drives it."""

import base64
import io

import numpy as np
import pytest
import torch
from frontend import front_end_sets, pixels
from PIL import Image
from torch import nn

from gan_tutorial.chapters.latent import truncate
from gan_tutorial.networks import ConvGenerator, MLPGenerator
from gan_tutorial.plots import to_grid
from gan_tutorial.widgets import Sampler


def generator(**kwargs):
    """Its pictures differ, as those of a trained one do; so do its running statistics from those of a batch."""
    torch.manual_seed(0)
    G = ConvGenerator(8, latent_dim=6, widths=(8, 4), **kwargs)
    for p in G.parameters():
        nn.init.normal_(p)
    return G


def picture(panel):
    assert panel.message.value == ""
    return pixels(panel)


def images(panel):
    """All images (N, 8, 8, 3), row by row, a path's after the grid's: in a row, 2 of the gap, 8 of an image, ..."""
    cells = picture(panel)[2:, 2:].reshape(-1, 10, panel.columns, 10, 3)[:, :8, :, :8]
    return cells.swapaxes(1, 2).reshape(-1, 8, 8, 3)


def framed(panel):
    """The numbers of the images with a frame in the colour of fakes: seen at the middle of its four sides."""
    orange = (picture(panel) == (0xD5, 0x5E, 0x00)).all(2)
    sides = orange[0:-2:10, 6::10] & orange[11::10, 6::10] & orange[6::10, 0:-2:10] & orange[6::10, 11::10]
    return np.flatnonzero(sides[: panel.rows]).tolist()


def click(panel, number):
    rows = panel.shown
    row, column = divmod(number, panel.columns)
    front_end_sets(panel.picture, point=[(column + 0.5) / panel.columns, (row + 0.5) / rows])


def changed(before, after):
    return [k for k in range(len(before)) if np.abs(before[k] - after[k]).max() > 1]


def choose(panel, name, option):
    control = panel.controls[name]
    front_end_sets(control, index=control._options_labels.index(option))


def test_it_moves_repeats_and_stands_still_without_a_kernel():
    panel = Sampler(generator())
    start = picture(panel)
    front_end_sets(panel.controls["push_1"], value=5.0)
    pushed = picture(panel)
    assert len(changed(start[None], pushed[None]))
    front_end_sets(panel.controls["push_2"], value=-3.0)
    choose(panel, "truncation", "at 0.5")
    choose(panel, "mode", "training")
    click(panel, 3)
    panel.reset.click()
    assert (picture(panel) == start).all()
    bundle = panel._repr_mimebundle_()
    still = np.asarray(Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).convert("RGB")).astype(int)
    zoom = panel.picture.zoom
    assert zoom == 500 // start.shape[1] and np.abs(still - start.repeat(zoom, 0).repeat(zoom, 1)).max() < 12
    assert bundle["text/plain"] == repr(panel) and "0x" not in repr(panel)


def test_a_typed_seed_brings_a_picture_back():
    panel = Sampler(generator(), rows=2, columns=3)
    start = picture(panel)
    panel.new.click()
    assert len(changed(start[None], picture(panel)[None])) and panel.controls["seed"].value == 1
    front_end_sets(panel.controls["seed"], value=0)
    assert (picture(panel) == start).all()
    assert (picture(Sampler(generator(), rows=2, columns=3, seed=0)) == start).all()


def test_a_click_or_a_number_picks_an_image_and_the_sliders_move_it_alone():
    panel = Sampler(generator(), rows=3, columns=5)
    start = images(panel)
    click(panel, 7)
    assert framed(panel) == [7] and not changed(start, images(panel))
    front_end_sets(panel.controls["push_1"], value=4.0)
    assert changed(start, images(panel)) == [7]
    click(panel, 14)
    assert framed(panel) == [14] and changed(start, images(panel)) == [14]
    front_end_sets(panel.controls["picked"], value="2, 8")
    assert framed(panel) == [2, 8] and changed(start, images(panel)) == [2, 8]
    front_end_sets(panel.controls["picked"], value="")
    assert framed(panel) == [] and changed(start, images(panel)) == list(range(15))


def test_a_number_that_no_image_has_is_named_and_the_picture_stays():
    panel = Sampler(generator(), rows=2, columns=2)
    start = panel.picture.value
    front_end_sets(panel.controls["picked"], value="4")
    assert "no image 4" in panel.message.value and "0 to 3" in panel.message.value and panel.picture.value == start
    front_end_sets(panel.controls["picked"], value="3")
    assert framed(panel) == [3]


@pytest.mark.parametrize("path", ["lerp", "slerp"])
def test_a_path_leads_from_the_last_but_one_picked_to_the_last(path):
    panel = Sampler(generator(), rows=3, columns=5)
    click(panel, 1)
    choose(panel, "path", path)
    assert len(images(panel)) == 15  # one end is no path
    click(panel, 12)
    assert framed(panel) == [1, 12] and len(images(panel)) == 20
    assert not changed(images(panel)[[15, 19]], images(panel)[[1, 12]])
    click(panel, 17)  # on the path itself
    click(panel, 12)
    assert framed(panel) == [1, 12]
    click(panel, 4)
    assert framed(panel) == [4, 12]
    assert not changed(images(panel)[[15, 19]], images(panel)[[12, 4]])
    choose(panel, "path", "off")
    assert len(images(panel)) == 15


@pytest.mark.parametrize("threshold", [0.5, 1.3])
def test_it_is_truncated_where_it_says(threshold):
    G = generator()
    panel = Sampler(G, rows=3, columns=4)
    whole = images(panel)
    choose(panel, "truncation", f"at {threshold}")
    z = truncate(torch.randn(12, 6, generator=torch.Generator().manual_seed(0)), threshold)
    with torch.no_grad():
        x = to_grid(G.eval()(z), 4, gap=0).reshape(3, 8, 4, 8).swapaxes(1, 2).reshape(12, 8, 8, 1)
    assert np.abs(x.astype(int) - images(panel)).max() <= 1 and changed(whole, images(panel))


def test_truncated_to_nothing_all_is_one_picture_and_a_class_is_a_class():
    panel = Sampler(generator(classes=10), rows=4, columns=5)
    choose(panel, "truncation", "at 0.0")
    assert len({image.tobytes() for image in images(panel)}) == 10
    choose(panel, "label", "Dress")
    assert len({image.tobytes() for image in images(panel)}) == 1


def test_in_training_mode_an_image_depends_on_its_neighbours_and_in_eval_mode_it_does_not():
    panel = Sampler(generator(), rows=3, columns=4)
    alone, neighbours = {}, [k for k in range(12) if k != 5]
    for mode in ("eval", "training"):
        choose(panel, "mode", mode)
        front_end_sets(panel.controls["picked"], value="5")
        before = images(panel)
        front_end_sets(panel.controls["push_1"], value=6.0)
        alone[mode] = changed(before, images(panel))
        front_end_sets(panel.controls["push_1"], value=0.0)
    assert alone["eval"] == [5] and set(alone["training"]) >= set(neighbours)


def test_looking_changes_nothing_in_g_in_neither_mode():
    G = generator().train()
    before, random = {k: v.clone() for k, v in G.state_dict().items()}, torch.get_rng_state()
    panel = Sampler(G, rows=2, columns=2)
    start = picture(panel)
    choose(panel, "mode", "training")
    panel.new.click()
    front_end_sets(panel.controls["seed"], value=0)
    choose(panel, "mode", "eval")
    assert (picture(panel) == start).all()  # so the panel's own copy kept its running statistics too
    assert G.training and torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(v, before[k]) for k, v in G.state_dict().items())


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("mode", ["eval", "training"])
def test_the_code_that_it_shows_makes_the_picture_that_it_shows(mode, classes):
    G = generator(classes=classes)
    panel = Sampler(G, rows=3, columns=4, seed=5)
    choose(panel, "mode", mode)

    def same():
        assert panel.code.text == ""  # till the button is pressed
        front_end_sets(panel.code, asked=panel.code.asked + 1)
        space = {"G": G}
        exec(panel.code.text, space)
        made = to_grid(space["x"], 4)[2:, 2:].reshape(-1, 10, 4, 10)[:, :8, :, :8].swapaxes(1, 2)
        assert np.abs(made.reshape(-1, 8, 8, 1).astype(int) - images(panel)).max() <= 1

    same()
    choose(panel, "truncation", "at 1.3")
    front_end_sets(panel.controls["push_2"], value=-2.6)
    same()
    choose(panel, "path", "slerp")
    front_end_sets(panel.controls["picked"], value="7 2")
    same()
    choose(panel, "path", "lerp")
    if classes:
        choose(panel, "label", "1")
    panel.new.click()
    same()
    assert panel.code.text.rstrip().endswith("Image.fromarray(to_grid(x, 4))")


def test_of_a_burst_of_slider_events_the_last_one_is_drawn():
    panel, other = Sampler(generator()), Sampler(generator())
    for value in np.linspace(-6, 6, 200):
        front_end_sets(panel.controls["push_1"], value=float(value))
    front_end_sets(other.controls["push_1"], value=6.0)
    assert panel.picture.value == other.picture.value


def test_in_eval_mode_only_images_that_changed_are_made_again():
    panel, batches = Sampler(generator(classes=3), rows=4, columns=5), []
    panel.G.register_forward_pre_hook(lambda _, inputs: batches.append(len(inputs[0])))
    click(panel, 7)
    front_end_sets(panel.controls["push_1"], value=2.0)
    choose(panel, "path", "slerp")
    click(panel, 8)
    choose(panel, "label", "2")
    assert batches[0] == 1 and len(batches) == 3 and max(batches[:2]) <= 5 and batches[2] > 10


class Colours(nn.Module):
    """A network of somebody else's: no linear layer, three channels."""

    latent_dim, classes = 2, 0

    def forward(self, z):
        return torch.tanh(z @ torch.ones(2, 192)).view(-1, 3, 8, 8)


def test_any_network_that_makes_images_will_do():
    panel = Sampler(Colours(), rows=3, columns=5)
    start = images(panel)
    front_end_sets(panel.controls["picked"], value="6")
    front_end_sets(panel.controls["push_2"], value=-5.0)
    assert framed(panel) == [6] and changed(start, images(panel)) == [6] and "push_3" not in panel.controls


def test_a_network_that_makes_no_images_is_told_so():
    assert "images has the shape (64, 2)" in Sampler(MLPGenerator()).message.value
