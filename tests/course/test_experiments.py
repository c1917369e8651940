"""The experiments of the notebooks: what they train, what they measure, and the tables on file."""

import copy
import json
import math
import sys
from functools import partial
from importlib import import_module
from itertools import islice

import pytest
import torch
import torch.nn.functional as F

from gan_tutorial.break_it_lab.bugs import BUGS, HALVES
from gan_tutorial.experiments import (
    n03_rates as rates,
    n04_collapse as collapse,
    n05_plane as plane,
    n07_curves as curves,
    n08_rest as rest,
    n09_lines as lines,
    n10_starts as starts,
    n11_conditional as conditional,
    n13_labels as few,
    n14_families as families,
    records,
)
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator
from gan_tutorial.observers import Record
from gan_tutorial.pictures import images
from gan_tutorial.pretrained import load_generator
from gan_tutorial.recipe import Recipe

PIXELS = torch.randint(0, 256, (300, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(300) % 10
X = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1
NAMES = (
    *("n03_rates", "n04_collapse", "n05_plane", "n07_curves", "n08_rest", "n09_lines"),
    *("n10_starts", "n11_conditional", "n12_restoration", "n13_labels", "n14_families"),
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


# The runs on file


@pytest.mark.parametrize("name", NAMES)
def test_a_complete_experiment_makes_no_run_and_writes_the_table_that_is_shipped(name, tmp_path, monkeypatch, capsys):
    module = import_module(f"gan_tutorial.experiments.{name}")
    shipped, copy = module.RESULTS, tmp_path / module.RESULTS.name
    copy.write_bytes(shipped.read_bytes())
    monkeypatch.setattr(module, "RESULTS", copy)
    monkeypatch.setattr(records.subprocess, "run", lambda *_, **__: pytest.fail("a run on file is made again"))
    module.main()
    written = copy.with_suffix(".md").read_text("utf-8")
    assert written == shipped.with_suffix(".md").read_text("utf-8") == capsys.readouterr().out[:-1]


def test_a_script_makes_the_one_run_that_its_arguments_name(tmp_path, monkeypatch):
    def run(row: str, share: float, seed: int, file: str | None = None) -> dict:
        return {"row": row, "share": share, "seed": seed, "file": file}

    kept = tmp_path / "runs.jsonl"
    for arguments, named in [
        (["1", "0.5", "3"], {"row": "1", "share": 0.5, "seed": 3, "file": None}),
        (["a", "1", "0", "f"], {"row": "a", "share": 1.0, "seed": 0, "file": "f"}),
    ]:
        monkeypatch.setattr(sys, "argv", ["script", *arguments])
        assert records.start(pytest.fail, kept, run) == named
        assert records.load(kept)[-1].items() > named.items()
    monkeypatch.setattr(sys, "argv", ["script"])
    assert records.start(lambda: None, kept, pytest.fail) is None and len(records.load(kept)) == 2


@pytest.mark.parametrize("name", NAMES)
def test_without_runs_the_first_one_is_started_by_its_module(name, tmp_path, monkeypatch):
    module, started = import_module(f"gan_tutorial.experiments.{name}"), []
    monkeypatch.setattr(module, "RESULTS", tmp_path / "none.jsonl")
    monkeypatch.setattr(records.subprocess, "run", lambda command, check: started.append(command) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        module.main()
    ((python, flag, module_name, *values),) = started
    assert (python, flag, module_name) == (sys.executable, "-m", f"gan_tutorial.experiments.{name}")
    first = {
        "n03_rates": ["0.002", "0.001", "1000"],
        "n04_collapse": ["0.03", "0.0", "8000"],
        "n05_plane": ["minimax", "ring", "0"],
        "n07_curves": ["the recipe", "0"],
        "n08_rest": ["the recipe", "0"],
        "n09_lines": ["case 1", "0"],
        "n10_starts": ["0"],
        "n11_conditional": ["projection", "0.1", "1500", "0"],
        "n12_restoration": ["enlarger", "0.0", "0"],
        "n13_labels": ["labels alone", "100", "0"],
        "n14_families": ["GAN", "0"],
    }
    assert values == first[name]


def test_only_missing_runs_are_made(tmp_path, monkeypatch):
    file, made = tmp_path / "new" / "runs.jsonl", []

    def run(command, check):
        assert check
        made.append(command[1:])
        records.append(file, {"name": command[2], "seed": int(command[3]), "made": "by the script"})

    monkeypatch.setattr(records.subprocess, "run", run)
    assert records.load(file) == []
    records.append(file, {"name": "a", "seed": 0, "made": "before"})
    runs = records.complete(["script.py"], file, ({"name": "a", "seed": seed} for seed in (0, 1)))
    assert [(run["seed"], run["made"]) for run in runs] == [(0, "before"), (1, "by the script")]
    assert made == [["script.py", "a", "1"]]
    assert {"machine", "torch"} <= runs[0].keys()
    assert [json.loads(line) for line in file.read_text("utf-8").splitlines()] == runs


# Notebook 03: two rates


def test_a_pair_of_rates_is_played_and_measured():
    young, older = rates.play(2e-3, 1e-3, 3, seed=0), rates.play(2e-3, 1e-3, 150, seed=0)
    assert young["covered"] <= older["covered"] <= 8 and young["energy"] > 5 * older["energy"]
    assert -2 < older["value"] < -1 and rates.play(2e-3, 1e-3, 3, seed=0) == young


def test_a_slow_D_is_enough_for_a_slower_G_and_the_ratio_alone_does_not_decide():
    all_modes = {}
    for row in records.load(rates.RESULTS):
        assert len(row["covered"]) == len(row["energy"]) == len(row["value"]) == len(rates.SEEDS)
        all_modes[row["lr_D"], row["lr_G"], row["steps"]] = sum(covered == 8 for covered in row["covered"])
    slow = [all_modes[2e-4, lr_G, 1000] for lr_G in (1e-4, 2e-4, 5e-4, 1e-3)]
    assert slow == sorted(slow, reverse=True) and slow[0] == 8 and slow[-1] <= 2
    assert all_modes[2e-3, 1e-2, 1000] == 8  # the ratio of the row that loses modes
    assert 1 < all_modes[2e-4, 1e-3, 10_000] < 8  # time helps some seeds


# Notebook 04: collapse


def test_a_run_is_filmed_with_the_same_latents_at_equal_distances():
    film = collapse.play(0, None, 0.1, steps=16, looks=4)
    assert film.shape == (2, 4, collapse.FAKES) and torch.equal(film, collapse.play(0, None, 0.1, steps=16, looks=4))
    assert torch.equal(film[:, :2], collapse.play(0, None, 0.1, steps=8, looks=2))
    (first, *_, last), (*_, averaged) = film
    assert not torch.equal(first, last) and not torch.equal(last, averaged)
    for other in (collapse.play(1, None, 0.1, steps=4, looks=1), collapse.play(0, 0.9, 0.1, steps=4, looks=1)):
        assert not torch.equal(other[:, 0], film[:, 0])


def test_a_run_has_collapsed_from_the_step_after_which_no_look_misses():
    left, half = torch.full((10,), -1.0), torch.tensor([-1.0, 1.0]).repeat(5)
    assert collapse.on_one_mode(torch.stack([left, -left, half])).tolist() == [1, 1, 0.5]
    for film, since in [((left, half, left, -left), 300), ((left, -left), 100), ((left, half), None)]:
        assert collapse.collapsed_from(torch.stack(film), 100 * len(film)) == since


def test_plain_steps_collapse_at_smaller_rates_too_and_not_with_r1():
    runs = {(run["h"], run["gamma"]): run for run in records.load(collapse.RESULTS)}
    assert set(runs) == {row[:2] for row in collapse.ROWS}
    for run in runs.values():
        film = torch.tensor(run["fakes"])
        assert film.shape == (len(collapse.SEEDS), collapse.LOOKS, 10)
        for seed, since in enumerate(run["collapsed from"]):
            assert (since is None) == (run["gamma"] > 0)
            assert (collapse.on_one_mode(film[seed, -1]) > 0.9) == (since is not None)


# Notebook 05: the plane


def test_every_row_of_the_plane_plays_and_is_measured():
    for row in plane.ROWS.values():
        for distribution in plane.DISTRIBUTIONS.values():
            players, steps = row(distribution, seed=0)
            assert next(steps).value.isfinite()
            found = plane.measure(plane.draw(players.G_ema, 100), distribution)
            assert 0 <= found["covered"] <= len(distribution.modes) and 0 <= found["poorest"] <= 1


def test_both_weights_are_measured_and_the_averaged_ones_come_first():
    players, _ = plane.ROWS["minimax"](plane.DISTRIBUTIONS["ring"], seed=0)
    for weight in players.G.parameters():
        weight.data.mul_(3)  # the averaged G stays behind
    found = plane.both_measures(players, plane.DISTRIBUTIONS["ring"])
    for G, measured in ((players.G_ema, found), (players.G, found["last"])):
        assert measured.items() >= plane.measure(plane.draw(G), plane.DISTRIBUTIONS["ring"]).items()


def test_five_critic_steps_are_tried_at_equal_time_and_at_equal_steps_of_G():
    runs = plane.records.load(plane.RESULTS)
    one, five = "Wasserstein, gradient penalty", "Wasserstein, gradient penalty, 5 critic steps"
    steps = {run["row"]: run["steps"] for run in runs}
    assert steps[plane.EQUAL_STEPS] == steps[one] > 3 * steps[five]
    seconds = {row: [run["seconds"] for run in runs if run["row"] == row] for row in (one, five, plane.EQUAL_STEPS)}
    assert max(seconds[five]) < min(seconds[plane.EQUAL_STEPS]) > 2 * max(seconds[one])


def test_time_alone_plays_the_same_game_for_as_long_as_ours():
    steps = {run["row"]: run["steps"] for run in records.load(plane.RESULTS)}
    assert {steps[row] for row in (plane.TIME_ALONE, "ours")} == {plane.OURS_STEPS}


def test_a_range_is_that_of_all_seeds_or_of_none():
    assert plane.spread([0.5, 0.1, 0.9, 0.3, 0.4], ".0%") == "40% (10%–90%)"
    assert plane.spread([0.5, 0.1], ".0%") == ""


def test_the_width_of_a_mode_is_told_from_its_place():
    ring, rng = plane.DISTRIBUTIONS["ring"], torch.Generator().manual_seed(0)
    (x,) = ring(20_000, rng)
    assert plane.width(x, ring) == pytest.approx(0.974, abs=0.01)
    narrow = ring.modes.repeat(500, 1) + 0.4 * ring.std * torch.randn(4000, 2, generator=rng)
    assert plane.width(narrow, ring) == pytest.approx(0.4, abs=0.01)
    assert plane.width(narrow + ring.std, ring) == pytest.approx(0.4, abs=0.02)  # beside its place


def test_the_distributions_of_the_plane_have_variance_one():
    for distribution in plane.DISTRIBUTIONS.values():
        (x,) = distribution(100_000, torch.Generator().manual_seed(0))
        assert x.var(0).mean().item() == pytest.approx(1, abs=0.01)


def test_the_constraints_on_D_hold():
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


def test_our_recipe_ends_and_its_rates_fall(monkeypatch):
    monkeypatch.setattr(plane, "OURS_STEPS", 100)
    monkeypatch.setattr(plane, "networks", lambda seed: (MLPGenerator(widths=(8,)), MLPDiscriminator(widths=(8,))))
    players, steps = plane.ours(plane.DISTRIBUTIONS["grid"], seed=0)
    rates = [players.opt_G.param_groups[0]["lr"] for _ in steps]
    assert len(rates) == players.step == 100
    assert rates[:20] == [plane.RATE] * 20 and plane.RATE / 42 < rates[-1] < plane.RATE / 35
    assert players.opt_D.param_groups[0]["lr"] == rates[-1]


# Notebook 07: curves


def test_every_run_of_the_curves_differs_from_the_recipe_in_what_its_name_says():
    rates = {}
    for row, start in curves.ROWS.items():
        players, steps = start(0, images(PIXELS))
        before = copy.deepcopy(players.D.state_dict())
        for _ in islice(steps, 2):
            pass
        assert players.step == 2 and any(not torch.equal(v, before[k]) for k, v in players.D.state_dict().items())
        (G,), (D,) = players.opt_G.param_groups, players.opt_D.param_groups
        rates[row] = G["lr"], D["lr"], G["betas"][0]
    lr = Recipe().lr_G
    assert rates["the recipe"] == rates["five steps of D"] == rates["D rests"] == (lr, lr, 0.0)
    assert rates["G's rate / 200"] == (lr / 200, lr, 0.0) and rates["both rates / 200"] == (lr / 200, lr / 200, 0.0)
    assert rates["D's rate / 30"] == (lr, lr / 30, 0.0) and rates["β₁ = 0.9"] == (lr, lr, 0.9)


def test_D_rests_from_step_100_on_and_G_does_not():
    players, steps = curves.resting(0, images(PIXELS))
    moved = {"G": [], "D": []}
    before = {"G": players.G.net[0].weight.clone(), "D": players.D.score.weight.clone()}
    for k, _ in enumerate(islice(steps, 103), 1):
        now = {"G": players.G.net[0].weight.clone(), "D": players.D.score.weight.clone()}
        for who, numbers in moved.items():
            numbers += [k] * (not torch.equal(now[who], before[who]))
        before = now
    assert moved == {"G": [*range(1, 104)], "D": [*range(1, 101)]}


def test_ends_are_medians_of_the_last_hundred_steps():
    history = curves.History()
    history += [Record(k, float(-k), 1.0, 0.0, 0.0) for k in range(1, 251)]
    assert curves.ends(history) == {"V": -201.0, "L": 1.0, "swing": 0.0}  # of 151 to 250 the lower one in the middle


def test_diversity_is_the_share_of_the_variance_that_the_mean_picture_does_not_explain():
    between, of_the_mean = X.var(0, correction=0).mean(), X.mean(0).var(correction=0)
    assert curves.diversity(X) == pytest.approx((between / (between + of_the_mean)).item())
    assert curves.diversity(X / 9 - 0.8) == pytest.approx(curves.diversity(X), rel=1e-4)  # the same pictures, but dim
    assert curves.diversity(X[:1] + 0.0 * X) == pytest.approx(0)
    black_and_white = torch.tensor([-1.0, 1.0])[:, None, None, None].expand(2, 1, 28, 28)
    assert curves.diversity(black_and_white) == 1


# Notebook 08: D rests


def test_in_the_second_row_D_looks_at_each_picture_by_itself():
    for row, alone in zip(rest.ROWS, (False, True), strict=True):
        players = rest.cast(row, 0)
        assert torch.equal(players.G.net[0].weight, Recipe().players().G.net[0].weight)
        with torch.no_grad():
            assert torch.allclose(players.D(X)[:2], players.D(X[:2]), atol=1e-5) == alone


def test_D_moves_in_every_so_many_steps_only():
    for every, moves in ((3, True), (4, False)):
        players = Recipe().players()
        before = copy.deepcopy(players.D.score.weight)
        found = rest.go_on(players, images(PIXELS), every, (1, 2))  # and one step on: there D may move
        assert list(found) == [1, 2] and players.step == moves and all(0 < said < 1 for _, said in found.values())
        assert torch.equal(players.D.score.weight, before) != moves
        (first, _), (second, _) = found.values()
        assert not torch.equal(first.net[0].weight, second.net[0].weight)


def test_each_arm_goes_on_where_the_one_before_it_ended(monkeypatch):
    monkeypatch.setattr(rest, "LOOKS", {"a": ("start", 2, (1,)), "b": ("a", 1, (1, 3)), "c": ("start", 2, (1,))})
    players, data = Recipe().players(), images(PIXELS)
    played = rest.play(players, data, ("a", "b", "c"))
    assert {arm: list(looks) for arm, looks in played.items()} == {"a": [1], "b": [3, 5], "c": [1]}
    a, b, c = (next(iter(looks.values()))[0].net[0].weight for looks in played.values())
    assert torch.equal(a, c) and not torch.equal(a, b)


def test_the_table_finds_a_measure_of_each_seed():
    looks = [{"arm": "D rests", "step": 99, "FD": 1.0}, {"arm": "D rests", "step": 199, "FD": 2.0}]
    runs = [{"row": "r", "seed": s, "looks": [look | {"FD": look["FD"] + s} for look in looks]} for s in (1, 0)]
    assert rest.column(runs, "r", "D rests", 199, "FD") == [2.0, 3.0]
    assert rest.column(runs, "r", "D rests", 99, "same") == rest.column(runs, "other", "D rests", 99, "FD") == []


def test_BatchNorm_in_D_keeps_variety_while_D_rests_and_G_comes_back():
    runs = records.load(rest.RESULTS)

    def five(*look):
        return torch.tensor(rest.column(runs, *look))

    left = {row: five(row, "D rests", 99, "diversity") / five(row, "start", 0, "diversity") for row in rest.ROWS}
    plain, bare = rest.ROWS
    assert len(left[plain]) == len(left[bare]) == 5 and left[plain].min() > 0.7 > 0.51 > left[bare].max()
    assert five(plain, "D rests on", 499, "recall").max() < 0.005
    assert (five(plain, "D answers", 399, "FD") / five(plain, "start", 0, "FD") - 1).abs().max() < 0.1


# Notebook 09: broken lines


def test_what_notebook_09_says_of_the_runs_on_file():
    runs = records.load(lines.RESULTS)

    def lies(row: str, name: str, low: float, high: float) -> bool:
        values = lines.column(runs, row, name)
        return len(values) == 5 and low <= min(values) and max(values) <= high

    def shifts(row: str, name: str) -> list[float]:
        return [a - b for a, b in zip(*(lines.column(runs, row, key) for key in (name, f"twin_{name}")), strict=True)]

    assert all(lines.column(runs, row, "there") == [True] * 5 for row in lines.CASES)
    # the sheet
    assert all(lies(f"case {k}", "V", -0.3, 0) and lies(f"case {k}", "L", 5, 15) for k in (1, 7, 12))
    assert lies("case 2", "V", -0.05, 0) and lies("case 2", "L", 0, 0.05)
    assert lies("case 3", "V", -1.51, -1.485) and lies("case 3", "L", 0.40, 0.42)
    assert lies("no zero_grad for D", "V", -315, -11) and lies("no zero_grad for D", "modes", 0, 1)
    assert lies("case 4", "V", -1.4, -1.35) and lies("case 4", "patient", 0, 0.6932)
    assert lies("case 5", "V", 2.5, 5) and lies("case 6", "V", -0.02, 0.02)
    assert lies("BatchNorm in the critic", "V", 0.025, 0.075) and lies("BatchNorm in the critic", "near", 0, 0.01)
    assert all(0.1 < shift < 0.35 for shift in shifts("case 8", "V"))
    assert all(abs(shift) < 0.3 for shift in (*shifts("case 8", "L"), *shifts("case 10", "L")))
    assert all(abs(shift) < 0.05 for shift in shifts("case 10", "V"))
    assert lies("case 5", "near", 0.365, 0.555) and lies("case 6", "near", 0.255, 0.425)
    assert lies("case 6", "twin_near", 0.495, 0.535)  # and so are those of case 5
    assert lies("case 3", "near", 0.3, 0.52) and lies("case 4", "near", 0.3, 0.53)
    # what does not show
    assert all(abs(shift) < 0.14 for row in lines.QUIET for shift in shifts(row, "V"))
    assert all(shift > 0 for row in ("real label 1.1", "ε = 0.8") for shift in shifts(row, "V"))
    assert min(lines.column(runs, "ε = 0.8", "V")) > max(lines.column(runs, "ε = 0.8", "twin_V"))
    assert lies("penalty at the real points", "slope", 1.1, 1.4) and lies(
        "penalty at the real points", "twin_slope", 0.95, 1.06
    )
    # case 8: which BatchNorm?
    told = BUGS[7].reason
    for name, form in {"all": "{:.0f} to {:.0f}", "last": "{:.0f} to {:.0f}", "first two": "{:.1f} to {:.1f}"}.items():
        factors = lines.column(runs, "variety", name)
        assert form.format(min(factors), max(factors)) in told
    # case 12: either half alone
    V = [value for row in HALVES for value in lines.column(runs, row, "V")]
    assert f"V ends at −{-min(V):.2f} to −{-max(V):.2f} (seeds 0 to 4)" in BUGS[11].reason and len(V) == 10


def test_a_run_of_a_line_and_of_the_varieties():
    assert set(lines.run("case 9", 0)) == {"row", "seed", "there", "twin", "patient"}
    found = lines.run("penalty at the real points", 0)
    assert found["V"] != found["twin_V"] and {"near", "modes", "slope"} <= found.keys()
    assert lines.varieties(0)["last"] > 20 > 3 > lines.varieties(0)["first two"] > 1


# Notebook 10: starts of an inversion


def test_each_start_has_one_fate_and_those_at_the_hidden_latent_have_found_it():
    G, rng = load_generator(), seeded()
    hidden = torch.randn(2, 64, generator=rng)
    with torch.no_grad():
        x = G(hidden)
    z = torch.stack([hidden, torch.randn(2, 64, generator=rng), 10 * F.normalize(hidden.flip(0), dim=1)], 1)
    with torch.no_grad():
        mse = (G(z.flatten(0, 1)) - x.repeat_interleave(3, 0)).square().mean((1, 2, 3)).view(2, 3)
    later = torch.where(torch.tensor([False, True, False]), 5e-4, mse)
    fate = starts.fates(G, x, hidden, starts.Ends(z, mse, later))
    assert (sum(mask.int() for mask in fate.values()) == 1).all()
    assert fate["found"].tolist() == [[True, False, False]] * 2 and fate["limit"][:, 2].all()
    assert fate["slow"][:, 1].all()
    up = starts.heights(G, x, hidden, z)
    torch.testing.assert_close(up[:, :, 0], torch.zeros(2, 3), rtol=0, atol=1e-8)
    torch.testing.assert_close(up[:, :, -1], mse)
    early, late = starts.follow(G, x, rng, 0, 3), starts.follow(G, x, rng, 20, 1)
    assert early.z.shape == (2, starts.STARTS, 64)
    assert (early.later < early.mse).any() and late.mse.mean() < early.mse.mean()
    assert starts.plain(G, x, rng, steps=30).min() < starts.plain(G, x, rng, steps=1).min()


def test_half_of_the_starts_that_fail_are_slow_and_most_that_are_stuck_lie_at_the_limit():
    rows = records.load(starts.RESULTS)
    assert sorted(row["seed"] for row in rows) == list(starts.SEEDS)
    for row in rows:
        count = sum(row[fate] for fate in ("found", "slow", "limit", "ridge", "inside"))
        assert count == starts.PICTURES * starts.STARTS
        assert row["plain"] < row["found"]
    slow, limit, ridge, inside = (sum(row[fate] for row in rows) for fate in ("slow", "limit", "ridge", "inside"))
    assert 0.4 < slow / (slow + limit + ridge + inside) < 0.6 and limit > ridge and inside == 0


# Notebook 11: labels


def test_only_the_deaf_D_does_not_hear_the_label():
    x, labels = PIXELS[:8, None].float() / 127.5 - 1, torch.arange(8)
    for kind in ("projection", "concatenation", "late", "ignored"):
        pair = conditional.players(kind, conditional.RECIPE)
        next(conditional.RECIPE.train(pair, conditional.images(PIXELS, torch.arange(300) % 10)))
        hears = not torch.allclose(pair.D.eval()(x, labels), pair.D(x, labels.flip(0)))
        assert hears == (kind != "ignored")
    ours, recipe = conditional.players("projection", conditional.RECIPE), conditional.RECIPE.players()
    for a, b in ((ours.G, recipe.G), (ours.D, recipe.D)):
        assert all(torch.equal(v, w) for v, w in zip(a.parameters(), b.parameters(), strict=True))


def test_the_share_that_is_planted_is_the_share_that_is_read():
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


def test_the_boots_are_measured_as_they_point():
    class Points(torch.nn.Module):
        latent_dim, classes = 64, 10

        def __init__(self, x):
            super().__init__()
            self.x = x

        def forward(self, z, labels):
            return self.x[: len(z)]

    evaluator = conditional.Evaluator()
    measured = conditional.Boots(evaluator, conditional.Compass())
    pixels, labels = conditional.fashion_mnist("test")
    boots = conditional.unit(pixels[labels == conditional.BOOT])[:, None]
    left, right = (measured.measure(Points(x)) for x in (boots[:125], boots[:125].flip(3)))
    assert left["mirrored"] == 0 and right["mirrored"] == 1
    assert left["mended distance"] < left["distance"] - 20 and right["distance"] > left["distance"]


def test_what_notebook_11_says_of_the_runs_on_file():
    runs = records.load(conditional.RESULTS)

    def chosen(kind, steps, share=conditional.SHARE):
        return [run for run in runs if (run["kind"], run["steps"], run["share"]) == (kind, steps, share)]

    late, five, six = chosen("late", 500), chosen("projection", 750), chosen("projection", 1500)
    assert [len(found) for found in (late, five, six)] == [5, 5, 6]
    assert all(0.09 < run["conditional_accuracy"]["500"] < 0.14 for run in late)
    assert all(0.78 < run["conditional_accuracy"]["500"] < 0.85 for run in six)
    assert all(run["mirrored"] == 0 for run in six) and all(run["mirrored"] < 0.001 for run in five)
    half = chosen("projection", 1500, 0.5)
    assert min(run["mirrored"] for run in half) > 0.5 and sum(run["unclear"] for run in half) / len(half) > 0.25
    assert max(run["mirrored"] for run in chosen("projection", 1500, 0.25)) < 0.03
    early = chosen("concatenation", 1500)
    below = min(run["conditional_accuracy"]["500"] for run in six)
    assert len(early) == 5 and all(run["conditional_accuracy"]["500"] < below for run in early)
    assert sum(run["mirrored"] > 0.01 for run in early) == 1
    assert sum(all(abs(D - 0.5) < 0.02 for D in run.get("D", {"eval": {"": 0}})["eval"].values()) for run in early) == 1
    for run in five:
        last = run["boots"]["750"]
        assert 25 < last["distance"] - last["mended distance"] < 60
        assert all(row["mirrored"] < 0.05 for step, row in run["boots"].items() if step != "125")
        for answers in run["D"].values():
            assert answers["test boots, mirrored"] > answers["test boots"] + 0.2
            gain = answers["test sneakers, mirrored"] - answers["test sneakers"]
            assert answers["test boots, mirrored"] - answers["test boots"] > gain + 0.1
            assert answers["fake boots"] < answers["fake boots, half-way"] < answers["fake boots, mirrored"]


# Notebook 13: few labels


@pytest.mark.parametrize("method", few.PLAYED)
def test_every_method_learns_a_few_labels_by_heart(method, monkeypatch):
    small = partial(Recipe, widths_G=(8, 4), full_size_maps=2, widths_D=(8, 16), batch_size=16)
    monkeypatch.setattr(few, "Recipe", small)
    x, y = images(PIXELS, LABELS)(16, seeded())
    players, steps = few.cast(method, 0), 300 if method.endswith("no BatchNorm") else 30
    for _ in islice(few.learn(method, players, PIXELS, lambda: (x, y)), steps):
        pass
    assert few.accuracy(players.D, x, y) > 0.9
    assert players.step == (steps if method.startswith("K+1") else 0)


def test_the_cost_of_feature_matching_is_the_gap_of_the_mean_features():
    players = few.cast("K+1, feature matching", 0)
    D = players.D.eval()
    rule = few.FeatureMatching(D, None)
    real, fake = X[:3], X[3:]
    cost = rule.generator_loss(lambda: D(real), D(fake))
    gap = D.features(real).mean(0) - D.features(fake).mean(0)
    torch.testing.assert_close(cost, gap.square().sum())


def test_a_turned_picture_is_turned_by_the_quarters_that_are_named():
    x, k = few.turned(X, seeded())
    assert len(set(k.tolist())) > 1
    for before, after, quarters in zip(X, x, k.tolist(), strict=True):
        assert torch.equal(after[0], torch.rot90(before[0], quarters))


@pytest.mark.parametrize("method", few.PROBED)
def test_every_teacher_is_probed_on_the_same_labelled_pictures(method, monkeypatch):
    monkeypatch.setattr(few, "STEPS", 1)
    monkeypatch.setattr(few, "COUNT", 8)
    x = X.repeat(5, 1, 1, 1)
    y = torch.arange(30) % 2
    found = few.probe(method, PIXELS, y, x, x[:4], 0)
    assert found.shape == (4,) and set(found.tolist()) <= {0, 1}


def test_what_D_sees_varies_alike_in_all_layers():
    D = Recipe().discriminator()
    h = few.seen(D, X, X)
    assert D.training and h.shape == (6, 16 * 16 + 32 * 16 + 64 * 9)
    parts = h.split([16 * 16, 32 * 16, 64 * 9], dim=1)
    torch.testing.assert_close(torch.stack([part.var(0).sum() for part in parts]), torch.ones(3))


# Notebook 14: families


def test_networks_without_an_opponent_have_batches_and_averages_as_in_the_recipe(monkeypatch):
    given = []
    monkeypatch.setattr(families, "train_alone", lambda *_, **options: given.append(options))
    families.vae(PIXELS, 0), families.flow(PIXELS, 0)
    assert given == [{"batch_size": Recipe().batch_size, "decay": Recipe().decay}] * 2


def test_the_families_have_as_many_parameters_and_learn():
    counts = []
    for start in families.FAMILIES.values():
        one = start(PIXELS, seed=0)
        before = [w.clone() for w in one.net.parameters()]
        assert families.train(one, 1e-6) == 1  # a step is never cut short
        assert any(not torch.equal(a, b) for a, b in zip(before, one.net.parameters(), strict=True))
        counts.append(families.parameters(one))
    assert max(counts) / min(counts) < 1.1


def test_bits_per_pixel_are_those_of_a_distribution_that_is_known():
    """A velocity of 0, and a decoder that ignores z, leave q = N(0, I)."""
    flow = families.Flow(lambda x, t: 0 * x)
    vae = families.VAE(lambda z: z.new_zeros(len(z), 1, 28, 28), lambda x: x.new_zeros(len(x), 2), 1)
    vae.log_noise.data.zero_()
    x = families.unit(families.fashion_mnist("test")[0][:50]).double().flatten(1)
    square = x.square().mean(1) + 1 / 3 / 255**2  # of a pixel, spread evenly over its cell
    known = math.log2(255 / 2) + (square + math.log(2 * math.pi)) / (2 * math.log(2))
    for net in (flow, vae):
        value, error = families.bits_per_pixel(net, 50)
        assert value == pytest.approx(known.mean().item(), abs=1e-3)
        assert error == pytest.approx(known.std().item() / 50**0.5, rel=0.01)


def test_the_table_of_families_states_medians_and_ranges():
    def run(fd):
        shares = {"precision": 0.5, "recall": 0.25, "coverage": 0.125}
        rows = [{"seconds": s, "step": 2 * s, "fd": fd / s} | shares for s in families.MARKS]
        return {"parameters": 1000, "rows": rows}

    _, _, row = families.table({"some": [run(1200), run(2400), run(6000)]}).splitlines()
    assert row == (
        "| some | 3 | 1,000 | 480 | 120.0 (60.0–300.0) | 40.0 (20.0–100.0) | 20.0 (10.0–50.0) | 10.0 (5.0–25.0) "
        "| 0.50 (0.50–0.50) | 0.25 (0.25–0.25) | 0.12 (0.12–0.12) |"
    )
