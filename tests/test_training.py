"""The loop: who moves, what is left alone, resuming, and errors at the door."""

import math
from itertools import islice

import pytest
import torch
from torch import nn

from gan_tutorial.checkpoints import load, save
from gan_tutorial.distributions import ring
from gan_tutorial.networks import ConvDiscriminator, ConvGenerator, MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import OBJECTIVES, NonSaturating
from gan_tutorial.observers import History, Snapshots, every, watch
from gan_tutorial.penalties import PENALTIES, R1, R2, Interpolated, squared_slope
from gan_tutorial.pictures import images
from gan_tutorial.training import Players, descend, train

PIXELS = torch.randint(0, 256, (100, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(100, dtype=torch.uint8) % 10
RULES = list(OBJECTIVES.items())
SHIFT_FREE = [OBJECTIVES[n] for n in ("hinge", "wasserstein", "relativistic")]  # hinge: inside its margin


def plane(seed=0, **kwargs):
    torch.manual_seed(seed)
    return Players.create(
        MLPGenerator(widths=(16, 16)),
        MLPDiscriminator(widths=(16, 16)),
        seed=seed,
        **kwargs,
    )


def pictures(seed=0, classes=0):
    torch.manual_seed(seed)
    G = ConvGenerator(8, latent_dim=4, widths=(8, 4), classes=classes)
    return Players.create(G, ConvDiscriminator(8, widths=(4, 8), classes=classes, dropout=0.3), seed=seed)


CASES = {
    "plane": (plane, ring()),
    "images": (pictures, images(PIXELS)),
    "labels": (lambda: pictures(classes=10), images(PIXELS, LABELS)),
}


def weights(network):
    return [p.detach().clone() for p in network.parameters()]


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def run(players, data, steps, objective=OBJECTIVES["non-saturating"], **kwargs):
    return list(islice(train(players, data, objective, batch_size=16, **kwargs), steps))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("rule", [r for _, r in RULES], ids=[n for n, _ in RULES])
@pytest.mark.parametrize("penalties", [(), (R1(), R2()), (Interpolated(10.0),)], ids=["none", "R1+R2", "GP"])
def test_every_variant_steps_and_moves_every_weight_of_both(case, rule, penalties):
    make, data = CASES[case]
    players = make()
    G, D = weights(players.G), weights(players.D)
    steps = run(players, data, 2, rule, penalties=penalties)
    assert [s.number for s in steps] == [1, 2]
    assert all(s.value.isfinite() and s.cost.isfinite() for s in steps)
    assert all(s.d_real.shape == s.d_fake.shape == (16,) for s in steps)
    # adding a constant to all scores pays nothing in these games, so D's last bias may rest
    may_rest = {"score.bias"} if rule in SHIFT_FREE else set()
    for (name, after), before in zip(players.D.named_parameters(), D, strict=True):
        assert not torch.equal(after, before) or name in may_rest, name
    for (name, after), before in zip(players.G.named_parameters(), G, strict=True):
        assert not torch.equal(after, before), name


def test_only_the_player_that_moves_gets_a_gradient():
    players = plane()
    x, z = torch.randn(8, 2), torch.randn(8, 2)
    rule = OBJECTIVES["minimax"]
    G = weights(players.G)
    descend(players.opt_D, -rule.value(players.D(x), players.D(players.G(z))))  # even without detach
    assert all(p.grad is None for p in players.G.parameters()) and same(G, weights(players.G))
    assert all(p.grad is not None for p in players.D.parameters())
    D, grads = weights(players.D), [p.grad.clone() for p in players.D.parameters()]
    descend(players.opt_G, rule.generator_loss(None, players.D(players.G(z))))
    assert all(p.grad is not None and p.grad.any() for p in players.G.parameters())
    assert same(D, weights(players.D)) and same(grads, [p.grad for p in players.D.parameters()])


def test_D_climbs_and_G_descends_on_a_fixed_batch():
    players = plane(lr_G=1e-2, lr_D=1e-2)
    x, z = torch.randn(64, 2), torch.randn(64, 2)
    rule = OBJECTIVES["minimax"]

    def value():
        return rule.value(players.D(x), players.D(players.G(z)))

    start = value().item()
    for _ in range(5):
        descend(players.opt_D, -value())
    high = value().item()
    for _ in range(5):
        descend(players.opt_G, rule.generator_loss(None, players.D(players.G(z))))
    assert high > start and value().item() < high


def heaps(n, rng):
    """Points of three kinds, each around a number of its own."""
    y = torch.randint(3, (n,), generator=rng)
    return y[:, None] + 0.3 * torch.randn(n, 2, generator=rng), y


def slope_of_each(D, x, *labels):
    """|grad_x D(x)| of each sample by itself: (N,)."""
    slopes = []
    for k in range(len(x)):
        one = x[k : k + 1].detach().requires_grad_()
        (slope,) = torch.autograd.grad(D(one, *(y[k : k + 1] for y in labels)), one, create_graph=True)
        slopes.append(slope.norm())
    return torch.stack(slopes)


@pytest.mark.parametrize("critic_steps", [1, 3])
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("weight", [0, 2.0])
def test_the_loop_is_the_loop_written_by_hand(critic_steps, classes, weight):
    """Algorithm 1 with plain torch, sharing nothing with the package but networks and data."""

    def players():
        torch.manual_seed(3)
        networks = MLPGenerator(widths=(16, 16), classes=classes), MLPDiscriminator(widths=(16, 16), classes=classes)
        return Players.create(*networks, lr_G=1e-3, lr_D=3e-3, seed=3)

    ours, other, data = players(), players(), heaps if classes else ring()
    penalties = [R1(weight), R2(weight / 2)] if weight else []
    steps = run(ours, data, 3, decay=0.9, critic_steps=critic_steps, penalties=penalties)

    G, D, rng, bce = other.G, other.D, other.rng, nn.BCEWithLogitsLoss()
    opt_D = torch.optim.Adam(D.parameters(), 3e-3, (0.5, 0.99))
    opt_G = torch.optim.Adam(G.parameters(), 1e-3, (0.5, 0.99))
    ema = weights(G)
    for step in steps:
        for _ in range(critic_steps):
            x, *y = data(16, rng)
            fake = G(torch.randn(16, 2, generator=rng), *y)
            d_real, d_fake = D(x, *y), D(fake.detach(), *y)
            loss = bce(d_real, torch.ones(16)) + bce(d_fake, torch.zeros(16))
            value = -loss.detach()
            if weight:
                slopes = slope_of_each(D, x, *y), slope_of_each(D, fake, *y)
                loss = loss + weight / 2 * slopes[0].square().mean() + weight / 4 * slopes[1].square().mean()
            opt_D.zero_grad()
            loss.backward()
            opt_D.step()
        cost = bce(D(fake, *y), torch.ones(16))
        opt_G.zero_grad()
        cost.backward()
        opt_G.step()
        ema = [0.9 * a + 0.1 * p.detach() for a, p in zip(ema, G.parameters(), strict=True)]
        torch.testing.assert_close([*step[1:]], [value, cost.detach(), d_real.detach(), d_fake.detach()])
    for mine, theirs in ((ours.G, weights(G)), (ours.D, weights(D)), (ours.G_ema, ema)):
        torch.testing.assert_close(weights(mine), theirs, rtol=1e-4, atol=1e-6)


def test_with_plain_gradient_steps_each_weight_moves_by_its_rate_times_the_slope():
    """Adam would hide a factor before a loss."""
    ours, other = plane(), plane()
    ours.opt_G, ours.opt_D = torch.optim.SGD(ours.G.parameters(), 0.1), torch.optim.SGD(ours.D.parameters(), 0.3)
    run(ours, ring(), 1)
    (x,), game = ring()(16, other.rng), OBJECTIVES["non-saturating"]
    fake = other.G(torch.randn(16, 2, generator=other.rng))
    for network, rate, loss in (
        (other.D, 0.3, lambda: -game.value(other.D(x), other.D(fake.detach()))),
        (other.G, 0.1, lambda: game.cost(other.D(fake)).mean()),
    ):
        for p, slope in zip(network.parameters(), torch.autograd.grad(loss(), [*network.parameters()]), strict=True):
            p.data -= rate * slope
    torch.testing.assert_close(weights(ours.D), weights(other.D))
    torch.testing.assert_close(weights(ours.G), weights(other.G))


def test_penalties_are_part_of_what_D_pays():
    slopes = {}
    for weight in (0.0, 100.0):
        players = plane(lr_D=1e-2)
        run(players, ring(), 30, penalties=[R1(weight)])
        (x,) = ring()(100, torch.Generator().manual_seed(0))
        slopes[weight] = squared_slope(players.D, x, []).mean().item()
    assert slopes[100.0] < slopes[0.0] / 10


def test_critic_steps_are_steps_of_D_alone():
    draws = []

    def data(n, rng):
        draws.append(n)
        return ring()(n, rng)

    players = plane()
    run(players, data, 3, critic_steps=4)
    assert len(draws) - 1 == 3 * 4  # one more for the look at the door
    assert players.opt_D.state_dict()["state"][0]["step"] == 12
    assert players.opt_G.state_dict()["state"][0]["step"] == 3


@pytest.mark.parametrize("case", CASES)
def test_only_one_learns_while_the_other_and_the_count_stand_still(case):
    make, data = CASES[case]
    players = make()
    run(players, data, 2)
    for who, other in (("G", "D"), ("D", "G")):
        before = {k: weights(getattr(players, k)) for k in ("G", "D", "G_ema")}
        moments = [t.clone() for t in flat(getattr(players, f"opt_{other}").state_dict())]
        run(players.only(who), data, 3)
        assert not same(weights(getattr(players, who)), before[who])
        assert same(weights(getattr(players, other)), before[other])
        assert same(weights(players.G_ema), before["G_ema"]) == (who == "D")
        assert same(flat(getattr(players, f"opt_{other}").state_dict()), moments) and players.step == 2


def test_average_weights_are_the_mean_and_statistics_are_copied():
    players = pictures()
    start = weights(players.G_ema)
    list(
        islice(
            train(players, images(PIXELS), OBJECTIVES["hinge"], batch_size=16, decay=0.75),
            1,
        )
    )
    for a, p, e in zip(start, players.G.parameters(), players.G_ema.parameters(), strict=True):
        torch.testing.assert_close(e, 0.75 * a + 0.25 * p.detach())
    assert same(players.G.buffers(), players.G_ema.buffers())
    run(players, images(PIXELS), 1, decay=0.0)
    assert same(players.G.parameters(), players.G_ema.parameters())
    assert not players.G_ema.training and players.G.training


def flat(state):
    if isinstance(state, dict):
        return [t for k in sorted(state, key=str) for t in flat(state[k])]
    if isinstance(state, list | tuple):
        return [t for s in state for t in flat(s)]
    return [state if isinstance(state, torch.Tensor) else torch.tensor(-1.0 if state is None else state)]


@pytest.mark.parametrize("case", CASES)
def test_resume_is_bit_for_bit(case, tmp_path):
    make, data = CASES[case]
    straight, first, second = make(), make(), make()
    run(straight, data, 7)
    run(first, data, 3)
    save(tmp_path / "run.pt", first)
    torch.manual_seed(99)  # another process has other global random numbers
    load(tmp_path / "run.pt", second)
    steps = run(second, data, 4)
    assert steps[-1].number == 7
    assert same(flat(straight.state_dict()), flat(second.state_dict()))


@pytest.mark.parametrize("case", CASES)
def test_pause_look_and_go_on_is_bit_for_bit(case):
    make, data = CASES[case]
    straight, looked_at = make(), make()
    run(straight, data, 6)
    z = torch.randn(9, straight.G.latent_dim)
    labels = (torch.arange(9),) * (case == "labels")
    history, snapshots = History(), Snapshots(looked_at.G_ema, z, *labels)
    steps = watch(
        train(looked_at, data, OBJECTIVES["non-saturating"], batch_size=16),
        history,
        every(2, snapshots),
    )
    for _ in islice(steps, 3):
        torch.rand(5)
        looked_at.G_ema(z, *labels)
    steps.close()
    run(looked_at, data, 3)
    assert same(flat(straight.state_dict()), flat(looked_at.state_dict()))
    assert history.column("number").tolist() == [1, 2, 3] and [n for n, _ in snapshots] == [2]


@pytest.mark.parametrize(
    "data, message",
    [
        (
            lambda n, rng: (torch.rand(n, 1, 8, 8),),
            r"pixels lie in \[.*expected \[-1, 1\].*2 \* x - 1",
        ),
        (
            lambda n, rng: (torch.rand(n, 1, 8, 8) * 255,),
            r"pixels lie in .*expected \[-1, 1\].*127.5",
        ),
        (
            lambda n, rng: (torch.zeros(n, 1, 8, 8, dtype=torch.uint8),),
            "torch.uint8.*expected torch.float32",
        ),
        (
            lambda n, rng: (torch.randn(n, 1, 12, 12).clamp(-1, 1),),
            r"G makes samples of shape \(1, 8, 8\).*\(1, 12, 12\)",
        ),
        (
            lambda n, rng: (torch.randn(n - 1, 1, 8, 8),),
            r"shape \(15, 1, 8, 8\).*expected.*\(16, ...\)",
        ),
        (lambda n, rng: (torch.full((n, 1, 8, 8), float("nan")),), "holds NaN"),
    ],
)
def test_wrong_data_is_named_before_anything_moves(data, message):
    players = pictures()
    before = flat(players.state_dict())
    with pytest.raises((ValueError, TypeError), match=message):
        train(players, data, OBJECTIVES["hinge"], batch_size=16)
    assert same(before, flat(players.state_dict()))


def test_a_penalty_on_a_d_with_batch_normalisation_is_refused():
    D = ConvDiscriminator(8, widths=(4, 8), batch_norm=True)
    players = Players.create(ConvGenerator(8, widths=(8, 4)), D)
    with pytest.raises(ValueError, match="batch normalisation"):
        train(players, images(PIXELS), OBJECTIVES["wasserstein"], [Interpolated()])


@pytest.mark.parametrize("penalties", PENALTIES.values(), ids=PENALTIES)
@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_whatever_stands_in_both_tables_can_be_played(objective, penalties):
    run(plane(), ring(), 1, objective, penalties=penalties)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("player", ["D", "G"])
def test_a_loss_that_is_not_finite_stops_the_run_with_the_player_and_the_step(player, bad):
    class Broken(NonSaturating):
        def __init__(self):
            self.calls = {"D": 0, "G": 0}

        def broken(self, who, loss):
            self.calls[who] += 1
            return loss + (bad if player == who and self.calls[who] == 3 else 0)

        def value(self, d_real, d_fake):
            return self.broken("D", super().value(d_real, d_fake))

        def generator_loss(self, d_real, d_fake):
            return self.broken("G", super().generator_loss(d_real, d_fake))

    players = plane()
    with pytest.raises(FloatingPointError, match=f"loss of {player} became -?(nan|inf) at step 3.*checkpoint"):
        run(players, ring(), 5, Broken())
    assert players.step == 2
    assert all(p.isfinite().all() for p in players.G.parameters())
    assert all(p.isfinite().all() for p in players.D.parameters())
