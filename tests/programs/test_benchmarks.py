"""The published recipes of the benchmarks are what their authors print; the tables on file are those of their runs."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
import torch

from gan_tutorial.pictures import images
from gan_tutorial.sampling import sample
from gan_tutorial.training import train

PIXELS = torch.randint(0, 256, (300, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
NAMES = ["ours", "DCGAN paper", "PyTorch-GAN", "TensorFlow tutorial", "R3GAN, small", "WGAN-GP"]


@pytest.fixture
def benchmark_(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    return import_module


@pytest.fixture
def recipes(benchmark_):
    return benchmark_("recipes")


@pytest.fixture
def quality(benchmark_):
    return benchmark_("quality")


@pytest.fixture
def scale(benchmark_):
    return benchmark_("scale")


def parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_takes_a_step_and_draws_pictures(recipes, name, monkeypatch):
    """A step of four pictures, whatever the recipe's batch."""
    monkeypatch.setattr(recipes, "train", lambda *given, **options: train(*given, **options | {"batch_size": 4}))
    assert list(recipes.RECIPES) == NAMES
    players, steps = recipes.RECIPES[name](PIXELS, seed=0)
    step = next(steps)
    assert step.value.isfinite() and step.cost.isfinite()
    x, _ = sample(players.G_ema, 2)
    assert x.shape in [(2, 1, 28, 28), (2, 1, 32, 32)]


def test_tensorflows_networks_have_the_parameters_of_its_layers(recipes):
    players, _ = recipes.tensorflow(PIXELS, seed=0)
    assert (parameters(players.G), parameters(players.D)) == (2_305_472, 212_865)  # the trainable ones


@pytest.mark.parametrize("name", ["quality", "stability", "scale"])
def test_a_complete_benchmark_makes_no_run_and_writes_the_table_that_is_shipped(
    name, benchmark_, tmp_path, monkeypatch, capsys
):
    module = benchmark_(name)
    shipped, copy = module.RESULTS, tmp_path / module.RESULTS.name
    copy.write_bytes(shipped.read_bytes())
    table = shipped.with_suffix(".md").read_text("utf-8")
    monkeypatch.setattr(module, "RESULTS", copy)
    monkeypatch.setattr(module.records.subprocess, "run", lambda *_, **__: pytest.fail("a run on file is made again"))
    monkeypatch.setattr(module, "draw", lambda runs: None, raising=False)
    times = table[table.index("| ms per step") : -1] if name == "scale" else ""  # measured anew each time
    monkeypatch.setattr(module, "step_times", lambda: times, raising=False)
    module.main()
    assert copy.with_suffix(".md").read_text("utf-8") == table == capsys.readouterr().out[:-1]


def test_the_table_of_quality_states_medians_ranges_and_what_was_never_reached(quality):
    runs = [{"rows": [{"seconds": s, "step": s, "fd": fd / s} for s in quality.MARKS]} for fd in (3000, 6000, 9000)]
    _, _, row = quality.table({"some": runs}).splitlines()
    # 6000 / s is at 400 after 15 s, at 200 after 30, at 100 after 60, at 50 after 120
    assert row == (
        "| some | 3 | 600 (600–600) | 15 | 30 | 60 | 120 "
        "| 1200.0 (600.0–1800.0) | 300.0 (150.0–450.0) | 100.0 (50.0–150.0) | 25.0 (12.5–37.5) | 10.0 (5.0–15.0) |"
    )
    assert quality.reached(runs[0], 1.0) == float("inf")


class Evaluator:
    """In place of the shipped classifier: three pixels are the features, ten are the logits."""

    def __init__(self):
        self.real, _ = self(torch.randn(20, 1, 28, 28, generator=torch.Generator().manual_seed(0)))

    def __call__(self, x):
        return x[:, 0, 0, :3], x[:, 0, 1, :10]


def test_the_first_seed_goes_by_the_clock_and_the_others_by_its_steps(quality, tmp_path, monkeypatch):
    monkeypatch.setattr(quality, "RESULTS", tmp_path / "quality.jsonl")
    monkeypatch.setattr(quality, "MARKS", (0.05, 0.1))
    monkeypatch.setattr(quality, "sample", lambda G, n: sample(G, 20))
    monkeypatch.setattr(quality, "Evaluator", Evaluator)
    first = quality.run("ours", 0)["rows"]
    assert [row["seconds"] for row in first] == [0.05, 0.1] and 0 < first[0]["step"] <= first[1]["step"]
    for row, step in zip(first, (2, 5), strict=True):
        row["step"] = step
    quality.records.append(quality.RESULTS, {"recipe": "ours", "seed": 0, "rows": first})
    rows = quality.run("ours", 1)["rows"]
    assert [(row["seconds"], row["step"]) for row in rows] == [(0.05, 2), (0.1, 5)]


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
