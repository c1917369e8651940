"""The Trainer, driven as the front end does; every run is compared with a plain loop, bit for bit."""

import copy
import time

import pytest
import torch
from frontend import front_end_sets, pixels, stands_for, until

from gan_tutorial.distributions import ring
from gan_tutorial.networks import ConvDiscriminator, ConvGenerator, MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.penalties import R1, R2
from gan_tutorial.pictures import images
from gan_tutorial.training import Players, train
from gan_tutorial.widgets import Trainer
from gan_tutorial.widgets.step_thread import beside_a_browser

SIZE, BATCH = 8, 4


def plane(seed=0):
    torch.manual_seed(seed)
    G, D = MLPGenerator(widths=(8,)), MLPDiscriminator(widths=(8,))
    return Players.create(G, D, seed=seed)


def pictures(batch_norm=False, dropout=0.0):
    torch.manual_seed(0)
    G = ConvGenerator(SIZE, latent_dim=6, widths=(8, 4))
    D = ConvDiscriminator(SIZE, widths=(4, 8), batch_norm=batch_norm, dropout=dropout)
    return Players.create(G, D)


def noise():
    pixels = torch.randint(256, (50, SIZE, SIZE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return images(pixels)


def panel(players, data=None, **kwargs):
    return Trainer(players, data or ring(), batch_size=BATCH, **kwargs)


@beside_a_browser()
def plain(players, steps, objective="non-saturating", penalties=(), data=None):
    """The same run without a panel."""
    game = train(players, data or ring(), OBJECTIVES[objective], penalties, batch_size=BATCH)
    for _ in range(steps):
        next(game)
    return players


def same(a, b):
    """Whether the two players are in one state, bit for bit."""

    def leaves(node):
        if isinstance(node, dict):
            node = list(node.values())
        return [leaf for part in node for leaf in leaves(part)] if isinstance(node, list | tuple) else [node]

    pairs = zip(leaves(a.state_dict()), leaves(b.state_dict()), strict=True)
    return all(torch.equal(x, y) if torch.is_tensor(x) else x == y for x, y in pairs)


def plays_to(trainer, step):
    trainer.stop.value = step
    trainer.play()
    until(lambda: not trainer.thread.playing)
    trainer.pause()


def weights(network):
    return [p.clone() for p in network.parameters()]


def equal(before, network):
    return all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


def test_nothing_moves_before_play_and_a_pause_freezes():
    players, untouched = plane(), plane()
    t = panel(players, steps=10**6)
    assert same(players, untouched) and "step 0" in t.text.value and t.button.description == "Play"
    assert t.message.value == ""
    t.button.click()
    assert t.button.description == "Pause"
    until(lambda: players.step > 5)
    t.button.click()
    step, frozen = players.step, copy.deepcopy(players.state_dict())
    time.sleep(0.05)
    assert players.step == step == t.done and torch.equal(players.rng.get_state(), frozen["rng"])
    assert t.button.description == "Play" and f"step {step} of" in t.text.value
    assert same(players, plain(plane(), step))


@pytest.mark.parametrize("kind", [plane, pictures], ids=["plane", "pictures"])
def test_pause_look_and_resume_is_the_run_without_a_pause(kind):
    data = ring() if kind is plane else noise()
    players = kind()
    t = panel(players, data)
    plays_to(t, 5)
    front_end_sets(t.source, index=1 - t.source.index)
    t.step()
    t.step(2)
    plays_to(t, 12)
    assert players.step == 12 and same(players, plain(kind(), 12, data=data))


def muddled():
    """A plane whose D mixes the samples of a batch."""
    torch.manual_seed(0)
    D = MLPDiscriminator(widths=(8,))
    D.net.append(torch.nn.BatchNorm1d(8))
    return Players.create(MLPGenerator(widths=(8,)), D)


@pytest.mark.parametrize(
    "kind, data", [(lambda: pictures(True, dropout=0.3), noise()), (muddled, ring())], ids=["pictures", "plane"]
)
def test_looking_leaves_batch_normalisation_and_dropout_alone(kind, data):
    players = kind()
    t = panel(players, data)
    front_end_sets(t.source, index=1)
    plays_to(t, 6)
    assert players.G.training and players.D.training
    assert same(players, plain(kind(), 6, data=data))


def test_it_stops_where_it_is_told_and_leaves_players_that_a_plain_loop_goes_on_with():
    players = plane()
    t = panel(players, steps=7)
    plays_to(t, 7)
    assert players.step == 7 and t.bar.value == 1.0 and "7 of 7" in t.text.value
    assert same(plain(players, 5), plain(plane(), 12))
    t.play()  # play at the end means: as many again
    until(lambda: not t.thread.playing)
    t.pause()
    assert t.done == 14 and t.stop.value == 14


def test_two_side_by_side_do_not_disturb_each_other():
    one, two = plane(1), plane(2)
    a, b = panel(one, steps=40), panel(two, steps=30)
    a.play()
    b.play()
    until(lambda: not a.thread.playing and not b.thread.playing)
    a.pause(), b.pause()
    assert same(one, plain(plane(1), 40)) and same(two, plain(plane(2), 30))


@pytest.mark.parametrize("playing", [False, True])
def test_of_a_burst_of_events_the_last_one_holds(playing):
    players = plane()
    t = panel(players, penalty="R1", steps=10**6)
    if playing:
        t.play()
    for k in range(12):
        front_end_sets(t.rules["weight"], value=0.01 * (k + 1))
        front_end_sets(t.lr_D, value=1e-4 * (k + 1))
    if playing:
        step = players.step
        until(lambda: players.step > step + 1)
        t.pause()
    assert t.rules_in_force["weight"] == 0.12 and players.opt_D.param_groups[0]["lr"] == pytest.approx(0.0012)


def test_a_new_rule_holds_from_the_next_step_on():
    players, twin = plane(), plane()
    t = panel(players)
    plays_to(t, 3)
    front_end_sets(t.rules["objective"], index=list(OBJECTIVES).index("hinge"))
    t.step()
    front_end_sets(t.rules["penalty"], index=3)
    front_end_sets(t.rules["weight"], value=0.5)
    t.step()
    front_end_sets(t.lr_G, value=0.01)
    t.step()
    plain(twin, 3)
    plain(twin, 1, "hinge")
    plain(twin, 1, "hinge", [R1(0.5), R2(0.5)])
    twin.opt_G.param_groups[0]["lr"] = 0.01
    plain(twin, 1, "hinge", [R1(0.5), R2(0.5)])
    assert same(players, twin)


def test_a_rule_changed_while_it_plays_is_taken_by_the_thread():
    players = plane()
    t = panel(players, steps=10**6)
    t.play()
    until(lambda: players.step > 3)
    front_end_sets(t.rules["objective"], index=list(OBJECTIVES).index("wasserstein"))
    until(lambda: t.objective is OBJECTIVES["wasserstein"])
    assert t.thread.playing
    t.pause()
    n = int(t.dashboard.marks[0].get_xdata()[0])  # the line where the new rule began
    twin = plain(plane(), n)
    assert same(players, plain(twin, players.step - n, "wasserstein"))


@pytest.mark.parametrize("who, stands, moves", [("D", "G", "D"), ("G", "D", "G")])
def test_only_one_learns(who, stands, moves):
    players = plane()
    t = panel(players)
    t.step()
    front_end_sets(t.learns, index=["both", "D", "G"].index(who))
    still, other = weights(getattr(players, stands)), weights(getattr(players, moves))
    t.step()
    plays_to(t, 4)
    assert equal(still, getattr(players, stands)) and not equal(other, getattr(players, moves))
    front_end_sets(t.learns, index=0)
    t.step()
    assert not equal(still, getattr(players, stands)) and players.step == 2 and t.done == 5


@pytest.mark.parametrize("playing", [False, True])
def test_a_penalty_that_batch_normalisation_forbids_is_refused_and_the_run_goes_on(playing):
    players = pictures(batch_norm=True)
    t = panel(players, noise(), steps=10**6)
    if playing:
        t.play()
    front_end_sets(t.rules["penalty"], index=1)
    until(lambda: "batch normalisation" in t.message.value)
    assert t.rules["penalty"].value == "none" and t.thread.playing == playing
    t.step()
    assert t.message.value == "" and same(players, plain(pictures(True), players.step, data=noise()))


class Poisoned:
    """The ring, until NaN is asked for."""

    def __init__(self):
        self.bad = False

    def __call__(self, n, rng):
        (x,) = ring()(n, rng)
        return (x * torch.nan if self.bad else x,)


def test_an_error_is_shown_and_the_players_are_as_in_the_picture():
    players, data = plane(), Poisoned()
    t = panel(players, data)
    plays_to(t, 4)
    before, shown = copy.deepcopy(players), t.picture.value
    data.bad = True
    t.step()
    assert "smaller learning rate" in t.message.value and "step 4" in t.message.value
    assert same(players, before) and t.done == 4 and t.picture.value == shown
    t.play()
    until(lambda: not t.thread.playing)
    t.pause()
    assert same(players, before) and "NaN" in t.message.value and t.button.description == "Play"
    data.bad = False
    plays_to(t, 9)
    assert t.message.value == "" and same(players, plain(plane(), 9))


def test_an_error_while_it_plays_costs_no_more_than_the_steps_since_the_last_picture():
    players, data = plane(), Poisoned()
    t = panel(players, data, steps=10**6)
    t.play()
    until(lambda: players.step > 20)
    data.bad = True
    until(lambda: not t.thread.playing)
    t.pause()
    assert t.message.value and players.step == t.done == len(t.dashboard.curves["real"])
    assert same(players, plain(plane(), players.step))


def test_start_again_is_the_start_also_a_second_time_and_for_players_who_came_with_a_past():
    players = plain(plane(), 3)
    t = panel(players)
    for _ in range(2):
        plays_to(t, 6)
        t.restart()
        assert same(players, plain(plane(), 3)) and t.done == 0
    front_end_sets(t.lr_D, value=0.02)
    t.restart()
    assert players.opt_D.param_groups[0]["lr"] == 0.02  # the rules are what the controls say


def test_a_loop_of_ones_own_takes_the_place_of_train():
    players = plane()
    game = lambda players: train(players, ring(), OBJECTIVES["hinge"], batch_size=BATCH)  # noqa: E731
    t = panel(players, loop=game, objective="hinge")
    assert list(t.rules) == ["learns"]
    t.step()
    front_end_sets(t.learns, index=1)
    before = weights(players.G)
    t.step()
    assert equal(before, players.G)
    front_end_sets(t.learns, index=0)
    plays_to(t, 5)
    assert players.step == 4 and "t(x)" in t.text.value
    t = panel(plane(), loop=lambda players: iter([*map(lambda _: next(game(players)), range(3))]))
    t.play()  # a loop that ends
    until(lambda: not t.thread.playing)
    t.pause()
    assert t.done == 3 and t.message.value == ""


def test_slow_motion_draws_every_step():
    t = panel(plane(), steps=10**6)
    front_end_sets(t.speed, index=2)
    assert t.thread.speed == 10.0
    t.play()
    until(lambda: t.done == 2)
    t.pause()
    assert t.thread.rate == 20.0


@pytest.mark.parametrize("kind", [plane, pictures], ids=["plane", "pictures"])
def test_the_picture_moves_and_stands_for_it_without_a_kernel(kind):
    t = panel(kind(), ring() if kind is plane else noise())
    start, half = pixels(t), pixels(t).shape[1] // 2
    plays_to(t, 30)
    changed = pixels(t) != start
    assert changed[:, :half].any() and changed[:, half:].any()
    bundle = t._repr_mimebundle_()
    assert stands_for(bundle, t) and bundle["text/plain"] == repr(t) == "Trainer at step 30"


def test_data_that_cannot_be_drawn_and_rules_that_are_refused_are_named_at_the_door():
    with pytest.raises(ValueError, match="points"):
        torch.manual_seed(0)
        G, D = MLPGenerator(3), MLPDiscriminator(3)
        Trainer(Players.create(G, D), lambda n, rng: (torch.randn(n, 3, generator=rng),))
    with pytest.raises(ValueError, match="batch normalisation"):
        panel(pictures(batch_norm=True), noise(), penalty="R1")


def test_without_a_page_that_answers_it_trains_on_and_sends_a_few_pictures_only():
    players = plane()
    t = panel(players, steps=10**6)
    before = t.picture.number
    front_end_sets(t.picture, drawn=before)
    sent = []
    t.text.observe(lambda _: sent.append(t.text.value), "value")
    t.thread.rate, draw = 1e9, t.thread.draw
    t.thread.draw = lambda: (draw(), setattr(t.thread, "rate", 1e9))
    t.play()
    until(lambda: players.step > 150)
    assert t.picture.number == before + 6 and len(sent) <= 6
    assert t.last_good[0]["step"] > players.step - 50  # but an error would cost no more than before
    front_end_sets(t.picture, drawn=t.picture.number)
    until(lambda: t.picture.number > before + 6)
    t.pause()
    assert f"step {players.step} of" in t.text.value and same(players, plain(plane(), players.step))
