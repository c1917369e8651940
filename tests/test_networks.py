"""Shapes, parameters and labels of the players."""

import pytest
import torch
from torch import nn

from gan_tutorial.chapters.conditional import Concatenated
from gan_tutorial.networks import (
    Conv2dToGrey,
    ConvDiscriminator,
    ConvGenerator,
    Dropout,
    MLPDiscriminator,
    MLPGenerator,
    one_hot,
)

y = torch.tensor([0, 1, 9])


def classic(classes=10):
    """The pair that introductory articles print."""
    G = ConvGenerator(size=32, latent_dim=100, widths=(256, 256, 128), classes=classes, slope=0.2)
    return G, ConvDiscriminator(size=32, widths=(64, 128, 256), classes=classes, dropout=0.3)


@pytest.mark.parametrize("size", [4, 8, 20, 28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("full_size_maps", [0, 2])
@pytest.mark.parametrize("labels", [(), (y,)], ids=["plain", "labels"])
def test_images_of_any_size_divisible_by_4(size, channels, full_size_maps, labels):
    G = ConvGenerator(
        size, channels, latent_dim=5, widths=(8, 4), full_size_maps=full_size_maps, classes=10 * len(labels)
    )
    D = ConvDiscriminator(size, channels, widths=(4, 8), classes=10 * len(labels))
    x = G(torch.randn(3, 5), *labels)
    assert x.shape == (3, channels, size, size)
    assert x.abs().max() <= 1
    assert D(x, *labels).shape == (3,)


@pytest.mark.parametrize("data_dim", [1, 2])
@pytest.mark.parametrize("labels", [(), (y,)], ids=["plain", "labels"])
def test_points(data_dim, labels):
    G = MLPGenerator(data_dim, latent_dim=3, widths=(8,), classes=10 * len(labels))
    D = MLPDiscriminator(data_dim, widths=(8, 9, 7), classes=10 * len(labels))
    x = G(torch.randn(3, 3), *labels)
    assert x.shape == (3, data_dim) and D(x, *labels).shape == (3,)


def test_the_classic_pair_is_as_printed():
    G, D = classic()
    ups = [m for m in G.modules() if isinstance(m, nn.ConvTranspose2d)]
    downs = [m for m in D.modules() if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in ups] == [256, 128, 1]
    assert [m.out_channels for m in downs] == [64, 128, 256]
    assert all(m.kernel_size == (4, 4) and m.stride == (2, 2) for m in ups + downs)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in G.modules()) == 3  # none after the last layer
    assert isinstance(G.net[-1], nn.Tanh) and not any(isinstance(m, nn.Sigmoid) for m in D.modules())
    assert [m.p for m in D.modules() if isinstance(m, Dropout)] == [0.3] * 3
    assert [m.negative_slope for m in G.modules() if isinstance(m, nn.LeakyReLU)] == [0.2] * 3
    assert G(torch.randn(3, 100), y).shape == (3, 1, 32, 32)


def test_full_size_maps_are_painted_by_a_3x3_convolution():
    net = ConvGenerator(28, widths=(8, 4), full_size_maps=2).net
    assert [type(m).__name__ for m in net[-4:]] == ["BatchNorm2d", "LeakyReLU", "Conv2dToGrey", "Tanh"]
    assert net[-2].weight.shape == (1, 2, 3, 3)
    assert net[:-4](torch.randn(3, 64)).shape == (3, 2, 28, 28)
    colours = ConvGenerator(28, channels=3, widths=(8, 4), full_size_maps=2)
    assert colours.net[-2].weight.shape == (3, 2, 3, 3) and colours(torch.randn(3, 64)).shape == (3, 3, 28, 28)


def test_a_convolution_to_grey_is_a_convolution():
    ours, torchs = Conv2dToGrey(5, 3, 1).double(), nn.Conv2d(5, 1, 3, padding=1).double()
    torchs.load_state_dict(ours.state_dict())
    x = torch.randn(4, 5, 9, 7, dtype=torch.float64, requires_grad=True)
    seen = []
    for net in (ours, torchs):
        y = net(x)
        seen.append([y, *torch.autograd.grad(y.tanh().sum(), [x, *net.parameters()])])
    assert seen[0][0].shape == (4, 1, 9, 7)
    torch.testing.assert_close(*seen)


@pytest.mark.parametrize("pair", [classic(), (MLPGenerator(classes=10), MLPDiscriminator(classes=10))])
def test_both_players_listen_to_the_label(pair):
    """Labels that are accepted and never used are a common slip."""
    G, D = (m.eval() for m in pair)
    z = torch.randn(3, G.latent_dim)
    x = G(z, y)
    assert not torch.allclose(x, G(z, y.flip(0)))
    assert not torch.allclose(D(x, y), D(x, y.flip(0)))


@pytest.mark.parametrize(
    ("D", "x"),
    [
        (ConvDiscriminator(8, 1, (4, 8), classes=10), torch.randn(3, 1, 8, 8)),
        (Concatenated(ConvDiscriminator(8, 1 + 10, (4, 8)), 10), torch.randn(3, 1, 8, 8)),
        (Concatenated(MLPDiscriminator(2 + 10, (64, 64)), 10), torch.randn(3, 2)),  # of few units none may change sides
    ],
    ids=["projection", "concatenation", "concatenation, points"],
)
def test_the_label_changes_what_G_is_told(D, x):
    """A label that only shifts the score moves no pixel."""
    x.requires_grad_()
    slopes = [torch.autograd.grad(D(x, labels).sum(), x)[0] for labels in (y, y.flip(0))]
    assert not torch.allclose(*slopes, rtol=1e-3, atol=0)
    assert torch.allclose(slopes[0][1], slopes[1][1])  # the middle one has the same label both times


def test_a_concatenated_label_is_ten_channels_one_of_them_1():
    seen = []
    D = Concatenated(ConvDiscriminator(8, 1 + 10, (4, 8)), 10)
    D.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    x = torch.randn(3, 1, 8, 8)
    assert D(x, y).shape == (3,)
    assert torch.equal(seen[0][:, :1], x)
    for maps, label in zip(seen[0][:, 1:], y, strict=True):
        assert (maps[label] == 1).all() and maps.sum() == 64
    with pytest.raises(TypeError, match="classes=10 was called without labels"):
        D(x)


def test_scores_are_not_squashed():
    D = ConvDiscriminator(8, widths=(4, 8))
    t = D(1e5 * torch.randn(50, 1, 8, 8))
    assert t.min() < -1 or t.max() > 1


def test_D_scores_each_image_by_itself_unless_batch_norm_mixes_them():
    x = torch.randn(6, 1, 8, 8)
    for batch_norm in (False, True):
        D = ConvDiscriminator(8, widths=(4, 8), batch_norm=batch_norm)
        alone = torch.allclose(D(x)[:3], D(x[:3]), atol=1e-6)
        assert alone is not batch_norm


def test_dropout_drops_p_keeps_the_mean_and_is_off_in_eval():
    torch.manual_seed(0)
    layer, x = Dropout(0.3), torch.ones(200, 200)
    out = layer(x)
    assert (out == 0).float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert out.mean().item() == pytest.approx(1, abs=0.02)
    assert torch.equal(layer.eval()(x), x)


def test_dropout_resumes_bit_for_bit_and_leaves_torchs_generator_alone():
    D = ConvDiscriminator(8, widths=(4, 8), dropout=0.5)
    first, second = (m(torch.ones(100)) for m in D.modules() if isinstance(m, Dropout))
    assert not torch.equal(first, second)  # each layer drops its own places
    a, b, x = Dropout(), Dropout(), torch.ones(100)
    before = torch.get_rng_state()
    a(x)
    b.load_state_dict(a.state_dict())
    assert torch.equal(a(x), b(x)) and not torch.equal(a(x), Dropout()(x))
    assert torch.equal(before, torch.get_rng_state())


def test_weights_start_as_in_dcgan():
    """Batch normalisation's scale starts at 1: around 0, a published slip, all pictures begin alike. So is a momentum
    that lands in eps."""
    torch.manual_seed(0)
    for network in classic():
        for m in network.modules():
            if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                assert m.weight.std().item() == pytest.approx(0.02, rel=0.1)
                assert abs(m.weight.mean().item()) < 0.002
            if isinstance(m, nn.BatchNorm2d):
                assert (m.weight == 1).all() and (m.bias == 0).all() and m.eps < 1e-4


def test_an_odd_side_is_halved_and_rounded_down():
    assert ConvDiscriminator(28, widths=(2, 3, 4))(torch.zeros(1, 1, 28, 28)).shape == (1,)


def kinds(network):
    return [type(m).__name__ for m in network]


@pytest.mark.parametrize("full_size_maps", [0, 3])
def test_only_the_last_layer_of_g_has_a_bias(full_size_maps):
    """Batch normalisation subtracts any other. Also where a hidden layer is as wide as there are channels."""
    G = ConvGenerator(8, channels=3, latent_dim=3, widths=(8, 3), full_size_maps=full_size_maps)
    layers = [m for m in G.net if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]
    assert [m.bias is not None for m in layers] == [False] * (len(layers) - 1) + [True]


def test_the_layers_of_d_and_their_slopes():
    """In front of the first layer, or right after it, batch normalisation would change what D sees of the pictures."""
    D = ConvDiscriminator(16, widths=(4, 8, 8), batch_norm=True, dropout=0.3)
    hidden = ["Conv2d", "BatchNorm2d", "LeakyReLU", "Dropout"]
    assert kinds(D.net) == ["Conv2d", "LeakyReLU", "Dropout", *hidden, *hidden, "Flatten"]
    assert kinds(ConvDiscriminator(8, widths=(4, 8)).net) == ["Conv2d", "LeakyReLU"] * 2 + ["Flatten"]
    assert kinds(MLPGenerator(widths=(4, 4)).net) == ["Linear", "LeakyReLU"] * 2 + ["Linear"]
    plane_D = MLPDiscriminator(widths=(4, 4)).net
    assert kinds(plane_D[0]) == ["Linear", "LeakyReLU", "Linear"] and kinds(plane_D[1:]) == ["LeakyReLU"]
    for network in (D, MLPGenerator(), MLPDiscriminator()):
        assert {m.negative_slope for m in network.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}


def test_the_projection_is_the_inner_product_of_label_and_features():
    D = MLPDiscriminator(classes=10, widths=(5,))
    x = torch.randn(3, 2)
    h, e = D.features(x), D.embedding.weight.T[y]
    torch.testing.assert_close(D(x, y), D.score(h)[:, 0] + torch.stack([a.dot(b) for a, b in zip(e, h, strict=True)]))


def test_a_label_is_a_row_with_a_single_1():
    for dtype in (torch.uint8, torch.int64):
        assert torch.equal(one_hot(y.to(dtype), 10, 3), torch.eye(10)[y])
    assert one_hot(y[:0], 10, 0).shape == (0, 10)


@pytest.mark.parametrize("pair", [classic(), (MLPGenerator(classes=10), MLPDiscriminator(classes=10))])
def test_samples_and_scores_are_float32_under_autocast(pair):
    G, D = pair
    with torch.autocast("cpu", torch.bfloat16):
        x = G(torch.randn(3, G.latent_dim), y)
        assert G.net(torch.randn(3, G.latent_dim + 10)).dtype == torch.bfloat16
        assert x.dtype == D(x, y).dtype == torch.float32
        plain = type(D)(classes=0)  # without labels nothing else would make the score float32
        sample = torch.zeros(3, *plain.shape)
        assert plain.score(plain.features(sample)).dtype == torch.bfloat16 and plain(sample).dtype == torch.float32
