"""What notebook 10 reads off pictures, directions and maps."""

import pytest
import torch
import torch.nn.functional as F

from gan_tutorial.chapters.reading import NAMES, agreement, alone, attributes, edges, ranks, slopes


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def bar(left, right, top, bottom, grey=1.0):
    """A picture (1, 28, 28), black but for a bar."""
    x = -torch.ones(1, 28, 28)
    x[:, top:bottom, left:right] = grey
    return x


def read(*pictures):
    return dict(zip(NAMES, attributes(torch.stack(pictures)).T, strict=True))


def test_attributes_of_bars_are_those_that_a_ruler_gives():
    found = read(bar(10, 18, 4, 24), bar(10, 18, 4, 24, grey=0.0), bar(4, 24, 10, 18))
    torch.testing.assert_close(found["brightness"], torch.tensor([160.0, 80, 160]) / 784)
    torch.testing.assert_close(found["area"], torch.tensor([160.0, 160, 160]) / 784)
    width, height = torch.arange(8.0).std(correction=0), torch.arange(20.0).std(correction=0)
    torch.testing.assert_close(found["width"], torch.stack([width, width, height]))
    torch.testing.assert_close(found["height"], torch.stack([height, height, width]))
    torch.testing.assert_close(found["symmetry"], torch.ones(3))


def test_turned_width_and_height_change_places_and_mirrored_nothing_changes():
    x = normal(5, 1, 28, 28).tanh()
    upright, turned, mirrored = attributes(x), attributes(x.rot90(1, (2, 3))), attributes(x.flip(3))
    torch.testing.assert_close(turned[:, [0, 1, 3, 2]], upright[:, :4])
    torch.testing.assert_close(mirrored, upright)
    assert upright[:, 4].abs().max() < 0.3  # of noise


def test_a_picture_all_in_black_has_finite_attributes():
    assert attributes(-torch.ones(2, 1, 28, 28)).isfinite().all()
    with pytest.raises(ValueError, match="pictures x"):
        attributes(torch.zeros(2, 28, 28))


def test_slopes_are_those_of_a_linear_attribute_and_the_derivative_of_a_curved_one():
    z = normal(200_000, 3)
    weights = torch.tensor([2.0, 0.0, -1.0])
    A = torch.stack([z @ weights, z[:, 0].relu(), z[:, 1].square()], 1)
    linear, curved, even = slopes(z, A).T
    torch.testing.assert_close(linear, weights / weights.norm(), rtol=0, atol=0.02)
    # E relu(s + t) has the slope P(s > 0) = ½ at t = 0, and relu the variance ½ - 1 / (2π)
    assert curved[0].item() == pytest.approx(0.5 / (0.5 - 1 / (2 * torch.pi)) ** 0.5, abs=0.02)
    assert even.abs().max() < 0.02


def test_alone_moves_one_and_no_other():
    found = normal(8, 5)
    for k in range(5):
        u = alone(found, k)
        moved = u @ found
        assert u.norm().item() == pytest.approx(1) and moved[k] > 0.1
        assert moved[[j for j in range(5) if j != k]].abs().max() < 1e-5


def test_edges_are_where_the_picture_changes():
    steep = edges(bar(10, 18, 4, 24)[None])[0]
    assert not steep[:, :9].any() and not steep[8:20, 12:16].any()
    assert (steep[8:20, [9, 10, 17, 18]] == 8).all()  # four times the step of 2


def test_equal_values_share_the_mean_of_their_ranks():
    assert ranks(torch.tensor([3.0, -1, 3, 0, 3])).tolist() == [4, 1, 4, 2, 4]
    assert ranks(torch.zeros(4)).tolist() == [2.5] * 4


def test_agreement_is_spearmans():
    a = normal(6, 4, 4)
    assert agreement(a, a.exp())[0] == pytest.approx(1) and agreement(a, -a)[0] == pytest.approx(-1)
    mean, error = agreement(normal(400, 8, 8), normal(400, 8, 8, seed=1))
    assert abs(mean) < 4 * error and error == pytest.approx(1 / (63 * 400) ** 0.5, rel=0.2)
    # half of the pixels alike in both, as where a picture is black: by position they would agree, and they do not
    a, b = F.relu(normal(200, 10, 10)), F.relu(normal(200, 10, 10, seed=2))
    mean, error = agreement(a, b)
    assert abs(mean) < 4 * error
