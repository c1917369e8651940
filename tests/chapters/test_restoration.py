"""Repairs: what is seen of a picture, the search for a latent, the network that is taught, the baselines."""

import copy
from itertools import islice

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from torch import nn

from gan_tutorial.chapters.latent import invert, search
from gan_tutorial.chapters.restoration import (
    Enlarger,
    Mask,
    Mender,
    Pool,
    consistent,
    hole,
    lessons,
    psnr,
    repair,
    repairs,
)
from gan_tutorial.networks import ConvDiscriminator
from gan_tutorial.pretrained import load_generator

DEGRADATIONS = {
    "hole": hole(slice(2, 5), slice(1, 8), size=8),
    "points": Mask(torch.rand(8, 8, generator=torch.Generator().manual_seed(0)) < 0.3),
    "nothing": Pool(1),
    "x2": Pool(2),
    "x4": Pool(4),
}
every = pytest.mark.parametrize("A", DEGRADATIONS.values(), ids=DEGRADATIONS)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(n, size=8, seed=0):
    return torch.rand(n, 1, size, size, generator=seeded(seed)) * 2 - 1


# ------------------------------------------------------------------------------------ what is seen


def test_a_hole_hides_its_pixels_and_no_others():
    x = pictures(3)
    y = hole(slice(2, 5), slice(1, 8), size=8)(x)
    assert (y[:, :, 2:5, 1:8] == 0).all()
    y[:, :, 2:5, 1:8] = x[:, :, 2:5, 1:8]
    assert torch.equal(x, y)


def test_pooling_takes_means_of_squares():
    x = torch.arange(16.0).view(1, 1, 4, 4)
    assert Pool(2)(x).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    assert torch.equal(Pool(1)(x), x)


@every
def test_back_is_the_pseudo_inverse(A):
    x, other = pictures(2), pictures(2, seed=1)
    y = A(x)
    torch.testing.assert_close(A(A.back(y)), y)  # A back A = A
    torch.testing.assert_close(A.back(A(A.back(y))), A.back(y))  # back A back = back
    # back A is symmetric, A back is the identity on what A shows, which is symmetric
    torch.testing.assert_close((A.back(A(x)) * other).sum(), (x * A.back(A(other))).sum())


@every
def test_back_is_the_adjoint_but_for_a_factor(A):
    x, y = pictures(2), A(pictures(2, seed=1))
    factor = A.k**2 if isinstance(A, Pool) else 1
    torch.testing.assert_close((A(x) * y).sum() * factor, (x * A.back(y)).sum())


@every
def test_a_consistent_picture_looks_like_what_is_seen_and_is_the_nearest(A):
    x, y = pictures(2), A(pictures(2, seed=1))
    found = consistent(A, x, y)
    torch.testing.assert_close(A(found), y)
    torch.testing.assert_close(consistent(A, found, y), found)
    unseen = pictures(2, seed=2)
    unseen = unseen - A.back(A(unseen))  # any other consistent picture is `found` and such a part
    assert ((found - x) * unseen).sum().abs() < 1e-4


# ------------------------------------------------------------------------------- G as the prior


@pytest.mark.parametrize("A", [hole(slice(8, 20), slice(8, 20)), Pool(2)], ids=["hole", "x2"])
def test_a_picture_of_gs_own_is_repaired(A):
    G, rng = load_generator(), seeded(4)
    with torch.no_grad():
        x = G(torch.randn(2, 64, generator=rng))
    found = repair(G, A, A(x), rng, restarts=4, steps=160)
    assert found.x.shape == (2, 4, 1, 28, 28) and found.z.shape == (2, 4, 64)
    assert (found.mse.diff() >= 0).all() and found.mse[:, 0].max() < 3e-3
    trivial = psnr(A.back(A(x)), x)
    assert (psnr(found.x[:, 0], x) > trivial + 6).all()
    with torch.no_grad():
        torch.testing.assert_close(found.x[1, 2], G(found.z[1, 2:3])[0])
        torch.testing.assert_close(found.mse[1, 2], (A(found.x[1, 2:3]) - A(x[1:])).square().mean())


def test_what_a_search_yields_is_what_an_inversion_finds_after_so_many_steps():
    G, x = load_generator(), pictures(1, 28)
    steps = list(islice(search(G, x, seeded(), restarts=2), 4))
    for k in (0, 1, 3):
        found = invert(G, x, seeded(), restarts=2, steps=k)
        assert torch.equal(found.z, steps[k].z) and torch.equal(found.mse, steps[k].mse)
    assert steps[3].mse[0, 0] < steps[0].mse[0, 0]
    (seen,) = islice(repairs(G, Pool(1), x, seeded(), restarts=2), 1)
    assert torch.equal(seen.z, steps[0].z)


def test_a_repair_is_what_the_search_finds_after_so_many_steps():
    G, x = load_generator(), pictures(1, 28)
    steps = list(islice(repairs(G, Pool(4), Pool(4)(x), seeded(), restarts=2), 4))
    for k in (0, 1, 3):
        found = repair(G, Pool(4), Pool(4)(x), seeded(), restarts=2, steps=k)
        assert torch.equal(found.z, steps[k].z) and torch.equal(found.mse, steps[k].mse)
    assert not found.x.requires_grad


# ----------------------------------------------------------------------- a network that repairs


def pupils():
    torch.manual_seed(0)
    return Enlarger(8), ConvDiscriminator(8, 1, (4,))


def data(n, rng):
    return (torch.rand(n, 1, 8, 8, generator=rng) * 2 - 1,)


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_an_enlarger_makes_each_side_four_times_as_long():
    net, _ = pupils()
    assert net(torch.zeros(2, 1, 7, 7)).shape == (2, 1, 28, 28)
    assert net(100 * torch.ones(1, 1, 3, 3)).abs().max() <= 1


def test_a_mender_keeps_the_size_and_looks_at_every_pixel():
    net, y = Mender(8), pictures(3)
    made = net(y)
    assert made.shape == y.shape and made.abs().max() <= 1
    y[0, 0, 3, 5] += 0.5
    changed = (net(y) != made).flatten(1).any(1)
    assert changed.tolist() == [True, False, False] and net(y)[0, 0, 3, 5] != made[0, 0, 3, 5]


@pytest.mark.parametrize("weight", [0.0, 0.1])
def test_d_learns_only_if_it_is_asked(weight):
    net, D = pupils()
    of_net, of_D = weights(net), weights(D)
    lesson = next(lessons(net, D, Pool(4), data, seeded(), weight))
    assert not torch.equal(weights(net), of_net)
    assert torch.equal(weights(D), of_D) == (weight == 0) and (lesson.cost > 0) == (weight > 0)


def test_the_gradient_is_that_of_the_sum_of_both_parts():
    net, D = pupils()
    twin, twin_D = copy.deepcopy(net), copy.deepcopy(D)
    lesson = next(lessons(net, D, Pool(4), data, seeded(), 0.1, batch_size=4))
    (x,) = data(4, seeded())
    made = twin(Pool(4)(x))
    distance = (made - x).abs().mean()
    torch.testing.assert_close(lesson.distance, distance.detach())
    value = nn.functional.logsigmoid(twin_D(x)).mean() + nn.functional.logsigmoid(-twin_D(made.detach())).mean()
    (-value).backward(inputs=list(twin_D.parameters()))
    for p, q in zip(D.parameters(), twin_D.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad)
    twin_D.load_state_dict(D.state_dict())  # it has taken its step
    cost = nn.functional.softplus(-twin_D(made)).mean()
    torch.testing.assert_close(lesson.cost, cost.detach())
    (distance + 0.1 * cost).backward(inputs=list(twin.parameters()))
    for p, q in zip(net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad)


def test_lessons_teach():
    net, D = pupils()

    def flat(n, rng):  # one grey for each picture
        return (torch.rand(n, 1, 1, 1, generator=rng).expand(n, 1, 8, 8).contiguous() * 2 - 1,)

    course = [lesson.distance.item() for lesson in islice(lessons(net, D, Pool(4), flat, seeded(), 0.0), 200)]
    assert np.mean(course[-20:]) < np.mean(course[:20]) / 4


# ----------------------------------------------------------------------------- how near is it?


@pytest.mark.parametrize("gap, decibels", [(2, 0.0), (0.2, 20.0), (0.02, 40.0), (10 / 127.5, 28.13)])
def test_psnr_of_a_constant_difference(gap, decibels):
    x = torch.full((3, 1, 8, 8), -1.0)
    torch.testing.assert_close(psnr(x, x + gap), torch.full((3,), decibels), atol=2e-3, rtol=0)


def test_psnr_is_scikit_images_and_of_each_picture_alone():
    x, y = pictures(3), pictures(3, seed=1)
    y[2] = x[2]
    found = psnr(x, y)
    assert found[2] == torch.inf
    for k in (0, 1):
        theirs = peak_signal_noise_ratio(x[k].numpy(), y[k].numpy(), data_range=2)
        assert found[k].item() == pytest.approx(theirs, rel=1e-5)


# ----------------------------------------------------------------------------------- baselines


@pytest.fixture
def benchmark_module(monkeypatch):
    from gan_tutorial.experiments import n12_restoration as restoration

    steps, dust = torch.randn(2, 2000, 1, 28, 28, generator=seeded(3))
    some = (0.3 * steps.cumsum(3) + 0.1 * dust - 0.4).tanh()  # smooth along the rows
    monkeypatch.setattr(restoration, "training_pictures", lambda: some)
    restoration.moments.cache_clear()
    yield restoration
    restoration.moments.cache_clear()


def test_every_baseline_fills_holes_and_keeps_what_is_seen(benchmark_module):
    A, _ = benchmark_module.TASKS["hole"]
    x = torch.linspace(-1, 1, 28).expand(2, 1, 28, 28).contiguous()  # a ramp, which is biharmonic
    y = A(x)
    torch.testing.assert_close(benchmark_module.biharmonic(A, y), x, atol=1e-3, rtol=0)
    filled = benchmark_module.mean_fill(A, y)
    torch.testing.assert_close(A(filled), y)
    torch.testing.assert_close(filled[0, 0, 10, 10], x[0, 0][A.seen].mean())


def test_a_median_ignores_single_points_and_keeps_edges(benchmark_module):
    x = torch.cat([-torch.ones(1, 1, 8, 4), torch.ones(1, 1, 8, 4)], 3)
    y = x.clone()
    y[0, 0, 4, 2] = 1
    assert torch.equal(benchmark_module.median(y, 3), x)


def test_the_linear_guess_is_the_best_of_the_linear_ones(benchmark_module):
    x, task = benchmark_module.training_pictures(), "x4"
    A, sigma = benchmark_module.TASKS[task]
    made = benchmark_module.Linear(A, sigma)(A(x))
    best = (made - x).square().mean()
    flat = A(x).flatten(1).double()
    inputs = torch.cat([flat, torch.ones(len(flat), 1)], 1)
    fitted = inputs @ torch.linalg.lstsq(inputs, x.flatten(1).double()).solution  # ordinary least squares
    assert best.item() == pytest.approx((fitted - x.flatten(1)).square().mean().item(), rel=0.01)
    shrunk = benchmark_module.Linear(Pool(1), 1e6)(x[:3])  # nothing but noise: the mean
    torch.testing.assert_close(shrunk, x.mean(0).expand(3, 1, 28, 28), atol=1e-3, rtol=0)


def test_all_principal_components_give_the_picture_back_and_fewer_the_nearest(benchmark_module):
    components, x = benchmark_module.Components(), benchmark_module.training_pictures()
    code = components.code(x, 784)
    torch.testing.assert_close(components.decode(code), x, atol=2e-3, rtol=0)
    k = 10
    lost = (components.decode(components.code(x, k)) - x).square().sum() / len(x)
    assert lost.item() == pytest.approx(components.sd[k:].square().sum().item(), rel=0.01)
    assert components.code(x, k).var(0) == pytest.approx(np.ones(k), rel=0.01)


@pytest.mark.parametrize("bits, loss", [(2, 0.1188), (3, 0.03744), (4, 0.01154)])  # Max 1960
def test_rounding_costs_what_an_optimal_uniform_quantiser_costs(benchmark_module, bits, loss):
    t = torch.randn(200_000, generator=seeded(5))
    rounded = benchmark_module.quantised(t, bits)
    assert len(rounded.unique()) <= 2**bits
    assert (rounded - t).square().mean().item() == pytest.approx(loss, rel=0.03)


def test_the_bytes_of_a_file_are_counted(benchmark_module):
    grey, noise = torch.zeros(1, 28, 28), pictures(1, 28)[0]
    few, many = (benchmark_module.scan_bytes(benchmark_module.file_of(x[0], "jpeg", quality=50)) for x in (grey, noise))
    assert few == 12  # 16 blocks of the middle grey: 2 bits for no difference of the mean and 4 for the end, each
    assert many > 200
    out, coded, whole = benchmark_module.jpeg(noise[None], 95)
    assert out.shape == (1, 1, 28, 28) and coded + 300 < whole and psnr(out, noise[None]) > 25
    coded, whole = benchmark_module.png_bytes(noise[None])
    assert 784 <= coded < 784 * 1.1 and whole == coded + 57  # signature 8, IHDR 25, IDAT's frame 12, IEND 12


def test_bits_go_where_they_save_most(benchmark_module):
    assert benchmark_module.shared_out([4.0, 4.0, 1e-9], 4) == [2, 2, 0]
    bits = benchmark_module.shared_out([100.0, 1.0, 0.01], 6)
    assert sum(bits) == 6 and bits[0] > bits[1] > bits[2]


def test_a_mender_is_shown_what_the_task_does_to_a_picture(benchmark_module):
    x = pictures(2, 28)
    for task, (A, sigma) in benchmark_module.TASKS.items():
        show = benchmark_module.damaged(task, seeded())
        y = show(x)
        assert y.shape == x.shape and torch.equal(show(x), y) == (sigma == 0)
        if sigma:
            assert (y - x).std().item() == pytest.approx(sigma, rel=0.1)
        else:
            torch.testing.assert_close(A(y), A(x))


def test_every_method_of_a_task_is_given_what_is_seen(benchmark_module):
    x = pictures(2, 28)
    for task, (A, _) in benchmark_module.TASKS.items():
        if task != "noise":  # its parameters are chosen, which takes long
            made = benchmark_module.baselines(task, A(x))
            assert "linear" in made and {picture.shape for picture in made.values()} == {x.shape}


def test_what_notebook_12_says_of_the_runs_on_file():
    from gan_tutorial.experiments import n12_restoration as restoration, records

    runs = records.load(restoration.RESULTS)
    of = {run["task"]: run for run in runs}
    fds = of["floors"]["fd"]
    assert len(fds) == restoration.FLOORS and min(fds) < of["hole"]["floor"] < max(fds)
    enlargers = [run for run in runs if run["task"] == "enlarger"]
    assert sorted((run["weight"], run["seed"]) for run in enlargers) == [
        (weight, seed) for weight in (0.0, 0.01) for seed in range(5)
    ]
    menders = {run["damage"]: run for run in runs if run["task"] == "mender"}
    assert set(menders) == set(restoration.MENDED)
    jpeg = [run for run in of["codecs"]["rows"] if run["method"] == "JPEG"]
    assert {round(run["file_bytes"] - run["bytes"]) for run in jpeg} == {330}  # headers and tables
