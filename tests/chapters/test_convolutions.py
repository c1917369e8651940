"""Notebook 06: the sizes that layers reach, and the checkerboards that they paint."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from gan_tutorial.chapters.convolutions import (
    Layer,
    calculator,
    checkerboards,
    generator_for,
    lattice,
    mean_pictures,
    multiplies,
    overlap,
    possible_sizes,
    shuffled,
    windows,
)
from gan_tutorial.networks import ConvGenerator

LAYERS = [
    layer
    for layer in map(Layer._make, product(range(1, 6), range(1, 4), range(3), range(3), range(1, 3)))
    if layer.output_padding < layer.stride and layer.up(7) > 0
]


def painted(layer, maps):
    """What PyTorch makes of maps (N, i) if every weight is 1."""
    k, s, p, r, d = layer
    return F.conv_transpose1d(maps[:, None], torch.ones(1, 1, k).to(maps), None, s, p, r, 1, d)[:, 0]


def test_sizes_are_pytorchs_and_the_convolution_leads_back():
    assert len(LAYERS) == 180
    for layer in LAYERS:
        there = painted(layer, torch.zeros(1, 7))
        k, s, p, _, d = layer
        back = F.conv1d(there[:, None], torch.zeros(1, 1, k), None, s, p, d)
        assert there.shape[-1] == layer.up(7) and back.shape[-1] == layer.down(layer.up(7)) == 7


def test_touches_are_where_the_matrix_is_not_zero():
    for layer in LAYERS:
        kept = {(i, o) for i, o in layer.touches(5) if 0 <= o < layer.up(5)}
        assert kept == {(i, o) for i, o in painted(layer, torch.eye(5)).nonzero().tolist()}


def test_the_generator_is_the_packages_and_names_the_sizes_nearby():
    theirs, ours = ConvGenerator(28, widths=(64, 32)).eval(), generator_for(28).eval()
    ours.load_state_dict(theirs.net.state_dict())
    z = torch.randn(5, 64, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(ours(z), theirs(z), atol=1e-5)
    with pytest.raises(ValueError, match="no first side up to 64 leads to 30; possible nearby: 28, 32$"):
        generator_for(30)
    with pytest.raises(ValueError, match="no first side up to 64 leads to 3; possible nearby: 4$"):
        generator_for(3)


def test_the_sizes_named_are_the_next_below_and_above():
    for layers, layer in product((1, 2, 3), (Layer(), Layer(3, 2, 1, 0), Layer(5, 3, 1, 0))):
        sizes = possible_sizes(layers, layer)
        for size in set(range(1, 64)) - sizes.keys():
            with pytest.raises(ValueError) as error:
                generator_for(size, (4,) * layers, layer)
            named = list(map(int, str(error.value).partition("nearby: ")[2].split(", ")))
            assert set(named) <= sizes.keys() and not [s for s in sizes if min(named) < s < max(named) and s != size]
            assert min(named) < size < max(named) or (len(named) == 1 and size < min(sizes) == named[0])


def test_a_lattice_is_of_every_second_pixel():
    noise = torch.randn(400, 2, 28, 28, generator=torch.Generator().manual_seed(0))
    assert 0.8 < lattice(noise) < 1.2
    row, column = torch.arange(28), torch.arange(28)[:, None]
    for board in (row % 2, column % 2, (row + column) % 2):
        assert lattice(noise + board) > 20
    assert lattice(noise + 5 * (row % 4 < 2)) < 1.2  # a coarser one is none


def test_a_lattice_shows_in_those_windows_that_hold_it():
    noise = torch.randn(400, 2, 28, 28, generator=torch.Generator().manual_seed(0))
    where = torch.ones(400, 1, 28, 28, dtype=torch.bool)
    assert windows(noise, where).shape == (3600, 2, 8, 8) and 0.8 < lattice(windows(noise, where)) < 1.2
    noise[..., :18] += 3 * (torch.arange(18) % 2)  # two of three columns of windows
    where[..., 17] = False
    where[:200, :, 2, 18] = False
    left = windows(noise, where)
    assert len(left) == 400 * 3 + 200 * 3 + 200 * 2
    assert torch.equal(left[0], noise[0, :, 2:10, 2:10]) and torch.equal(left[-1], noise[-1, :, 18:26, 18:26])
    assert lattice(left) > 10
    where[..., 5] = False
    assert 0.8 < lattice(windows(noise, where)) < 1.2  # only those without are left


def test_shuffled_weights_are_the_same_in_another_order():
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(4, 3, 3)
    other = shuffled(layer)
    assert not torch.equal(other.weight, layer.weight) and torch.equal(other.bias, layer.bias)
    assert torch.equal(other.weight.flatten().sort().values, layer.weight.flatten().sort().values)


@pytest.mark.parametrize(("kernel", "stride"), list(product(range(1, 7), (2, 3))))
def test_overlap_is_even_where_the_stride_divides_the_kernel(kernel, stride):
    layer = multiplies(kernel, stride)
    assert layer.up(5) == 5 * stride
    middle = overlap(layer, 1, 6)[2 * stride : -2 * stride, 2 * stride : -2 * stride]
    assert (len(middle.unique()) == 1) == (kernel % stride == 0)


def test_mean_squares_of_untrained_generators_follow_the_overlap():
    torch.manual_seed(0)
    layer = multiplies(3, 2)
    strength, predicted = mean_pictures(layer, 100).square().mean(0).sqrt(), overlap(layer, 2, 7).sqrt()
    assert torch.stack([strength.flatten(), predicted.flatten()]).corrcoef()[0, 1] > 0.9


def test_the_panels_draw_and_refuse():
    draw, settings = calculator(), dict(kernel=4, stride=2, padding=1, output_padding=0, dilation=1)
    pictures = {draw(28, 2, **settings), draw(30, 2, **settings), draw(32, 3, **settings)}
    assert len(pictures) == 3
    with pytest.raises(ValueError, match="4 inputs would give 10 outputs; PyTorch also wants output padding < 2"):
        draw(28, 2, **settings | {"output_padding": 2})
    board = checkerboards()
    assert board(3, 2, 3, 0) == board(3, 2, 3, 0) != board(4, 2, 3, 0)
