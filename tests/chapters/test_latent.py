"""The space of latents."""

import math

import pytest
import torch
from torch import nn

from gan_tutorial.chapters.latent import directions, invert, lerp, search, slerp, truncate
from gan_tutorial.networks import ConvGenerator
from gan_tutorial.pretrained import load_generator


@pytest.fixture
def pair():
    return torch.randn(2, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("path", [lerp, slerp])
def test_a_path_goes_from_a_to_b_and_back_the_same_way(path, pair):
    a, b = pair
    w = torch.linspace(0, 1, 9)
    there = path(a, b, w)
    assert there.shape == (9, 64) and there.dtype == a.dtype
    torch.testing.assert_close(there[0], a)
    torch.testing.assert_close(there[-1], b)
    torch.testing.assert_close(path(b, a, w), there.flip(0))


@pytest.mark.parametrize("path", [lerp, slerp])
def test_many_pairs_at_once_are_each_pair_by_itself(path):
    a, b = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1))
    w = torch.linspace(0.1, 0.9, 5)
    alone = torch.stack([path(p, q, v) for p, q, v in zip(a, b, w, strict=True)])
    torch.testing.assert_close(path(a, b, w), alone)
    torch.testing.assert_close(path(a, b, 0.5), path(a, b, torch.full((5,), 0.5)))


def test_slerp_keeps_the_length_and_turns_evenly_where_lerp_cuts_through():
    a, b = torch.tensor([2.0, 0.0, 0.0]), torch.tensor([0.0, 2.0, 0.0])
    w = torch.linspace(0, 1, 7)
    arc = slerp(a, b, w)
    torch.testing.assert_close(arc.norm(dim=1), torch.full((7,), 2.0))
    torch.testing.assert_close(torch.atan2(arc[:, 1], arc[:, 0]), w * math.pi / 2)
    assert lerp(a, b, 0.5).norm().item() == pytest.approx(math.sqrt(2))


def test_the_middle_of_two_latents_has_gs_law_on_the_arc_and_half_its_variance_on_the_segment():
    a, b = torch.randn(2, 4000, 64, generator=torch.Generator().manual_seed(2))
    assert slerp(a, b, 0.5).var().item() == pytest.approx(1.0, abs=0.02)
    assert lerp(a, b, 0.5).var().item() == pytest.approx(0.5, abs=0.01)


def test_slerp_between_nearly_parallel_latents_is_nearly_lerp_and_never_nan(pair):
    a, b = pair
    for tiny in (1e-2, 1e-4, 1e-6, 1e-9, 0.0):
        torch.testing.assert_close(slerp(a, a + tiny * b, 0.3), lerp(a, a + tiny * b, 0.3), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(slerp(a, 3 * a, 0.25), 1.5 * a)


def test_slerp_from_zero_is_straight_for_zero_has_no_direction(pair):
    a, zero = pair[0], torch.zeros(64)
    torch.testing.assert_close(slerp(zero, a, 0.3), 0.3 * a)
    torch.testing.assert_close(slerp(a, zero, 0.3), 0.7 * a)
    assert not slerp(zero, zero, 0.3).any()


def test_slerp_says_that_opposite_latents_have_no_shortest_arc(pair):
    a, b = pair
    with pytest.raises(ValueError, match="use lerp"):
        slerp(a, -2 * a, 0.5)
    nearly = (1e-4 * b - a) * (a.norm() / (1e-4 * b - a).norm())
    arc = slerp(a, nearly, torch.linspace(0, 1, 5))
    torch.testing.assert_close(arc.norm(dim=1), a.norm().expand(5), rtol=0.01, atol=0)


@pytest.mark.parametrize("threshold", [0.3, 1.0, 2.0])
def test_truncation_is_the_law_that_drawing_again_makes(threshold):
    rng = torch.Generator().manual_seed(3)
    again = torch.randn(200_000, generator=rng)
    while (beyond := again.abs() > threshold).any():
        again[beyond] = torch.randn(int(beyond.sum()), generator=rng)
    cut = truncate(torch.randn(200_000, generator=rng), threshold)
    assert cut.abs().max() <= threshold
    ranks = torch.linspace(0.01, 0.99, 50)
    torch.testing.assert_close(cut.quantile(ranks), again.quantile(ranks), rtol=0, atol=0.02 * threshold)


def test_truncation_ends_at_all_of_the_law_and_at_one_point():
    z = torch.tensor([[-40.0, -3.0, 0.0, 1e-3, 2.5, 9.0]])
    assert torch.equal(truncate(z, math.inf), z) and not truncate(z, 0.0).any()
    assert (truncate(z, 0.5).diff() >= 0).all() and truncate(z, 0.5).isfinite().all()
    torch.testing.assert_close(truncate(z[:, 1:5], 6.0), z[:, 1:5], rtol=0, atol=1e-4)


def test_directions_are_what_the_first_layer_stretches_most_and_their_signs_are_fixed():
    torch.manual_seed(0)
    G = ConvGenerator(8, latent_dim=6, widths=(8, 4), classes=3)
    matrix = G.net[0].weight[:, :6]
    found = directions(G, 4)
    torch.testing.assert_close(found @ found.T, torch.eye(4), rtol=0, atol=1e-5)
    stretched = (found @ matrix.T).norm(dim=1)
    torch.testing.assert_close(stretched, torch.linalg.svdvals(matrix)[:4])
    assert (found.amax(1) >= -found.amin(1)).all()
    with torch.no_grad():
        G.net[0].weight.neg_()
    torch.testing.assert_close(directions(G, 4), found)
    assert directions(G, 99).shape == (6, 6)


class Shell(nn.Module):
    latent_dim, classes = 5, 0

    def __init__(self, *layers):
        super().__init__()
        self.net = nn.Sequential(*layers)

    def forward(self, z):
        return self.net(z)


def test_directions_of_a_first_layer_that_is_a_transposed_convolution():
    first = nn.ConvTranspose2d(5, 3, 4, bias=False)
    found = directions(Shell(nn.Unflatten(1, (5, 1, 1)), first), 5)
    stretched = first(found[:, :, None, None]).flatten(1).norm(dim=1)
    assert (stretched.diff() < 0).all()
    torch.testing.assert_close(stretched[0], torch.linalg.matrix_norm(first.weight.flatten(1), 2))


@pytest.mark.parametrize("layers", [(), (nn.Linear(2, 9), nn.Linear(14, 3))], ids=["none", "not of z"])
def test_directions_of_a_network_whose_first_layer_does_not_take_z_are_the_axes(layers):
    assert torch.equal(directions(Shell(*layers), 3), torch.eye(5)[:3])


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_picture_that_g_made_is_found_again():
    G, rng = load_generator(), seeded(4)
    z = torch.randn(1, 64, generator=rng)
    with torch.no_grad():
        x = G(z)
    found = invert(G, x, rng, restarts=4, steps=240)
    assert found.z.shape == (1, 4, 64) and found.mse.shape == (1, 4)
    assert found.mse[0, 0] < 1e-3
    assert (found.z[0, 0] - z[0]).norm() < 1  # independent latents are 11 apart
    assert all(p.grad is None for p in G.parameters())


def test_a_search_needs_no_gradients_switched_on():
    G, x = linear([2.0, 1.0]), torch.zeros(1, 4)
    with torch.no_grad():
        off = invert(G, x, seeded(5), restarts=2, steps=3)
    assert torch.equal(off.z, invert(G, x, seeded(5), restarts=2, steps=3).z) and off.mse[0, 0] > 0


def linear(spectrum):
    """A G that multiplies z with a matrix of these singular values; its axes are none of z's."""
    size = len(spectrum)
    turn, _ = torch.linalg.qr(torch.randn(size, size, generator=seeded(4)))
    layer = nn.Linear(size, 2 * size, bias=False)
    with torch.no_grad():
        layer.weight[:] = torch.cat([torch.tensor(spectrum).diag() @ turn, torch.zeros(size, size)])
    G = Shell(layer).eval()
    G.latent_dim = size
    return G


def test_steep_and_flat_directions_are_found_alike():
    G, z = linear([20.0, 4.0, 1.0, 0.2, 0.05]), torch.randn(3, 5, generator=seeded(5))
    found = invert(G, G(z).detach(), seeded(), restarts=6)
    torch.testing.assert_close(found.z, z[:, None].expand(3, 6, 5), rtol=0, atol=0.02)


def test_the_nearest_start_comes_first_and_its_error_is_that_of_its_picture():
    G, x = load_generator(), torch.rand(2, 1, 28, 28, generator=seeded(6)) * 2 - 1
    z, error = invert(G, x, seeded(), restarts=3, steps=3)
    assert (error.diff() >= 0).all() and error[0, 0] < error[0, 2]
    with torch.no_grad():
        pictures = G(z.flatten(0, 1)).view(2, 3, 28, 28)
    torch.testing.assert_close((pictures - x).square().mean((2, 3)), error)


def test_the_search_stays_where_g_was_trained():
    G = linear([1.0] * 5)
    found = invert(G, 100 * torch.ones(1, 10), seeded())
    torch.testing.assert_close(found.z.norm(dim=2), torch.full((1, 8), math.sqrt(5) + 2))


def test_a_search_begins_where_it_is_told():
    G, start = linear([3.0, 2.0, 1.0]), torch.randn(2, 4, 3, generator=seeded(7))
    x = G(start[:, 1]).detach()
    z, error = next(search(G, x, seeded(), start=start))
    torch.testing.assert_close(z.sort(1).values, start.sort(1).values)
    torch.testing.assert_close(z[:, 0], start[:, 1])  # the nearest
    assert (error[:, 0] < 1e-10).all()
