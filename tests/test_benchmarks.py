"""The published recipes of the benchmark are what their authors print, and they run; so do the rows of the plane."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan_tutorial.pictures import images
from gan_tutorial.sampling import sample

PIXELS = torch.randint(0, 256, (300, 28, 28), dtype=torch.uint8)
NAMES = ["ours", "DCGAN paper", "PyTorch-GAN", "TensorFlow tutorial", "R3GAN, small", "WGAN-GP"]


@pytest.fixture
def recipes(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    import recipes

    assert list(recipes.RECIPES) == NAMES
    return recipes.RECIPES


def parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_takes_a_step_and_draws_pictures(recipes, name):
    players, steps = recipes[name](PIXELS, seed=0)
    step = next(steps)
    assert step.value.isfinite() and step.cost.isfinite()
    x, _ = sample(players.G_ema, 2)
    assert x.shape in [(2, 1, 28, 28), (2, 1, 32, 32)]


def test_tensorflows_networks_have_the_parameters_of_its_layers(recipes):
    players, _ = recipes["TensorFlow tutorial"](PIXELS, seed=0)
    assert (parameters(players.G), parameters(players.D)) == (2_305_472, 212_865)  # the trainable ones


@pytest.fixture
def plane(monkeypatch):
    from gan_tutorial.experiments import n05_plane as plane

    return plane


def test_every_row_of_the_plane_plays_and_is_measured(plane):
    for row in plane.ROWS.values():
        for distribution in plane.DISTRIBUTIONS.values():
            players, steps = row(distribution, seed=0)
            assert next(steps).value.isfinite()
            found = plane.measure(plane.draw(players, 100), distribution)
            assert 0 <= found["covered"] <= len(distribution.modes) and 0 <= found["poorest"] <= 1


def test_the_laws_of_the_plane_have_variance_one(plane):
    for distribution in plane.DISTRIBUTIONS.values():
        (x,) = distribution(100_000, torch.Generator().manual_seed(0))
        assert x.var(0).mean().item() == pytest.approx(1, abs=0.01)


def test_the_bonds_of_the_plane_bind(plane):
    for name, row in plane.ROWS.items():
        players, steps = row(plane.DISTRIBUTIONS["ring"], seed=0)
        for _ in range(3):
            next(steps)
        weights = [m.weight.detach() for m in players.D.modules() if isinstance(m, torch.nn.Linear)]
        if "clipping" in name:
            assert max(w.abs().max() for w in weights) <= 0.1
        elif "spectral" in name:
            assert max(torch.linalg.matrix_norm(w, 2) for w in weights) < 1.1  # power iteration is on its way
        else:
            assert max(torch.linalg.matrix_norm(w, 2) for w in weights) > 1.5


def test_our_recipe_ends_and_its_rates_fall(plane, monkeypatch):
    monkeypatch.setattr(plane, "OURS_STEPS", 200)
    players, steps = plane.ours(plane.DISTRIBUTIONS["grid"], seed=0)
    rates = [players.opt_G.param_groups[0]["lr"] for _ in steps]
    assert len(rates) == players.step == 200
    assert rates[:40] == [plane.RATE] * 40 and plane.RATE / 42 < rates[-1] < plane.RATE / 35
    assert players.opt_D.param_groups[0]["lr"] == rates[-1]


@pytest.fixture
def conditional(monkeypatch):
    from gan_tutorial.experiments import n11_conditional as conditional

    return conditional


def test_only_the_deaf_D_does_not_hear_the_label(conditional):
    x, labels = PIXELS[:8, None].float() / 127.5 - 1, torch.arange(8)
    for kind in ("projection", "concatenation", "ignored"):
        pair = conditional.players(kind, conditional.RECIPE)
        next(conditional.RECIPE.train(pair, conditional.images(PIXELS, torch.arange(300) % 10)))
        hears = not torch.allclose(pair.D.eval()(x, labels), pair.D(x, labels.flip(0)))
        assert hears == (kind != "ignored")
    ours, recipe = conditional.players("projection", conditional.RECIPE), conditional.RECIPE.players()
    for a, b in ((ours.G, recipe.G), (ours.D, recipe.D)):
        assert all(torch.equal(v, w) for v, w in zip(a.parameters(), b.parameters(), strict=True))


def test_the_share_that_is_planted_is_the_share_that_is_read(conditional):
    real, labels = conditional.fashion_mnist()
    compass = conditional.Compass()
    assert compass.errs <= 0.001
    for share in (0.1, 0.5):
        pixels, same = conditional.planted(0, share)
        changed = (pixels != real).any(2).any(1)
        assert torch.equal(same, labels) and (labels[changed] == conditional.BOOT).all()
        s = compass(conditional.unit(pixels[labels == conditional.BOOT, None]))
        assert changed.sum().item() == pytest.approx(share * 6000, abs=2)  # a boot may be its own mirror image
        assert (s < 0).double().mean().item() == pytest.approx(share, abs=0.001)


@pytest.fixture
def records(monkeypatch):
    from gan_tutorial.experiments import records

    return records


def test_only_missing_runs_are_made(records, tmp_path):
    script, file = tmp_path / "count.py", tmp_path / "runs.jsonl"
    script.write_text(
        f"import json, sys; sys.stdout = open({str(file)!r}, 'a'); "
        "print(json.dumps({'name': sys.argv[1], 'seed': int(sys.argv[2]), 'made': 'by the script'}))"
    )
    records.append(file, {"name": "a", "seed": 0, "made": "before"})
    runs = records.complete([str(script)], file, [{"name": "a", "seed": 0}, {"name": "a", "seed": 1}])
    assert [(run["seed"], run["made"]) for run in runs] == [(0, "before"), (1, "by the script")]
    assert {"machine", "torch"} <= runs[0].keys()


def test_the_table_of_quality_states_medians_ranges_and_what_was_never_reached(recipes):
    import quality

    runs = [{"rows": [{"seconds": s, "step": s, "fd": fd / s} for s in quality.MARKS]} for fd in (3000, 6000, 9000)]
    _, _, row = quality.table({"some": runs}).splitlines()
    # 6000 / s is at 400 after 15 s, at 200 after 30, at 100 after 60, at 50 after 120
    assert row == (
        "| some | 3 | 600 (600–600) | 15 | 30 | 60 | 120 "
        "| 1200.0 (600.0–1800.0) | 300.0 (150.0–450.0) | 100.0 (50.0–150.0) | 25.0 (12.5–37.5) | 10.0 (5.0–15.0) |"
    )
    assert quality.reached(runs[0], 1.0) == float("inf")


def test_the_first_seed_goes_by_the_clock_and_the_others_by_its_steps(recipes, tmp_path, monkeypatch):
    import quality

    monkeypatch.setattr(quality, "RESULTS", tmp_path / "quality.jsonl")
    monkeypatch.setattr(quality, "MARKS", (0.2, 0.4))
    monkeypatch.setattr(quality, "sample", lambda G, n: sample(G, 200))
    first = quality.run("ours", 0)["rows"]
    assert [row["seconds"] for row in first] == [0.2, 0.4] and 0 < first[0]["step"] <= first[1]["step"]
    for row, step in zip(first, (2, 5), strict=True):
        row["step"] = step
    quality.records.append(quality.RESULTS, {"recipe": "ours", "seed": 0, "rows": first})
    rows = quality.run("ours", 1)["rows"]
    assert [(row["seconds"], row["step"]) for row in rows] == [(0.2, 2), (0.4, 5)]


@pytest.fixture
def contest(monkeypatch):
    from gan_tutorial.experiments import n14_families as families

    return families


def test_the_families_have_as_many_parameters_and_learn(contest):
    counts = []
    for start in contest.FAMILIES.values():
        one = start(PIXELS, seed=0)
        before = [w.clone() for w in one.net.parameters()]
        assert contest.train(one, 1e-6) == 1  # a step is never cut short
        assert any(not torch.equal(a, b) for a, b in zip(before, one.net.parameters(), strict=True))
        counts.append(contest.parameters(one))
    assert max(counts) / min(counts) < 1.1


def test_bits_per_pixel_are_those_of_a_law_that_is_known(contest):
    """A velocity of 0, and a decoder that is deaf to z, leave q = N(0, I)."""
    flow = contest.Flow(lambda x, t: 0 * x)
    vae = contest.VAE(lambda z: z.new_zeros(len(z), 1, 28, 28), lambda x: x.new_zeros(len(x), 2), 1)
    vae.log_noise.data.zero_()
    x = contest.unit(contest.fashion_mnist("test")[0][:50]).double().flatten(1)
    square = x.square().mean(1) + 1 / 3 / 255**2  # of a pixel, spread evenly over its cell
    known = math.log2(255 / 2) + (square + math.log(2 * math.pi)) / (2 * math.log(2))
    for net in (flow, vae):
        value, error = contest.bits_per_pixel(net, 50)
        assert value == pytest.approx(known.mean().item(), abs=1e-3)
        assert error == pytest.approx(known.std().item() / 50**0.5, rel=0.01)


def test_the_table_of_families_states_medians_and_ranges(contest):
    def run(fd):
        shares = {"precision": 0.5, "recall": 0.25, "coverage": 0.125}
        rows = [{"seconds": s, "step": 2 * s, "fd": fd / s} | shares for s in contest.MARKS]
        return {"parameters": 1000, "rows": rows}

    _, _, row = contest.table({"some": [run(1200), run(2400), run(6000)]}).splitlines()
    assert row == (
        "| some | 3 | 1,000 | 480 | 120.0 (60.0–300.0) | 40.0 (20.0–100.0) | 20.0 (10.0–50.0) | 10.0 (5.0–25.0) "
        "| 0.50 (0.50–0.50) | 0.25 (0.25–0.25) | 0.12 (0.12–0.12) |"
    )


@pytest.fixture
def scale(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    import scale

    return scale


def test_every_way_of_the_scale_sees_as_many_pictures(scale):
    for way in scale.WAYS.values():
        recipe = scale.configured(way, seed=1)
        assert recipe.steps * way.processes * recipe.batch_size == pytest.approx(80_000, rel=2e-3)
        assert recipe.decay**recipe.steps == pytest.approx(scale.Recipe().decay ** 2500, rel=0.05)
    runs = [{"way": way, "steps": 7, "fd": fd, "rarest": fd / 100} for way in scale.WAYS for fd in (3.0, 5.0, 1.0)]
    assert scale.table(runs).splitlines()[2] == "| alone | 3 | 7 | 3.0 (1.0–5.0) | 1.0% |"


def test_products_in_bfloat16_leave_pictures_scores_and_weights_in_float32(scale):
    for channels in (1, 3):
        recipe = replace(scale.Recipe(), channels=channels, widths_G=(8, 4), full_size_maps=4, widths_D=(4, 8))
        data = images(PIXELS[:, None].expand(-1, channels, -1, -1))
        plain, short = (recipe.players() for _ in range(2))
        a, b = next(recipe.train(plain, data)), next(scale.bfloat16(recipe.train(short, data)))
        assert 0 < abs(a.value - b.value) < 0.05 and abs(a.cost - b.cost) < 0.05  # G meets the D that has just learnt
        assert {t.dtype for t in (*b[1:], *short.G_ema.parameters())} == {torch.float32}
