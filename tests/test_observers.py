"""Observers: they see every step, keep what they say they keep, and steer nothing."""

from itertools import islice

import pytest
import torch

from gan_tutorial.distributions import ring
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.observers import History, Progress, Record, Snapshots, every, watch
from gan_tutorial.training import Players, Step, train


def steps(n):
    """Steps whose numbers are known: of step k, V = k, L = -k, and the scores have the means 2k and 3k."""
    for k in range(1, n + 1):
        spread = torch.tensor([-1.0, 0.0, 1.0])
        yield Step(k, torch.tensor(float(k)), torch.tensor(-float(k)), 2 * k + spread, 3 * k + 2 * spread)


def test_watch_passes_every_step_on_after_the_observers_have_seen_it_in_their_order():
    seen = []
    watched = watch(
        steps(3), lambda step: seen.append(("a", step.number)), lambda step: seen.append(("b", step.number))
    )
    for k, step in enumerate(watched, start=1):
        assert step.number == k and seen == [(name, n) for n in range(1, k + 1) for name in "ab"]


def test_watch_asks_for_no_step_that_nobody_wants():
    source = steps(5)
    list(islice(watch(source, History()), 2))
    assert next(source).number == 3


def test_every_shows_the_multiples():
    seen = []
    list(watch(steps(10), every(3, lambda step: seen.append(step.number))))
    assert seen == [3, 6, 9]
    with pytest.raises((ValueError, TypeError)):
        every(0, print)


def test_history_keeps_numbers_and_means():
    history = History()
    list(watch(steps(4), history))
    assert history == [Record(k, k, -k, 2 * k, 3 * k) for k in range(1, 5)]
    for name, factor in (("number", 1), ("value", 1), ("cost", -1), ("d_real", 2), ("d_fake", 3)):
        assert history.column(name).tolist() == [factor * k for k in range(1, 5)]


def players():
    torch.manual_seed(0)
    return Players.create(MLPGenerator(widths=(8,), classes=3), MLPDiscriminator(widths=(8,), classes=3))


def labelled(n, rng):
    return *ring()(n, rng), torch.randint(3, (n,), generator=rng)


def test_snapshots_are_what_g_makes_of_the_same_latents_at_each_step():
    cast, z, y = players(), torch.randn(4, 2), torch.tensor([0, 1, 2, 0])
    snapshots, expected = Snapshots(cast.G, z, y), []
    for step in watch(islice(train(cast, labelled, OBJECTIVES["minimax"], batch_size=8), 3), snapshots):
        expected.append((step.number, cast.G(z, y).detach()))
    torch.testing.assert_close(list(snapshots), expected, rtol=0, atol=0)
    assert not torch.equal(snapshots[0][1], snapshots[2][1])


def test_snapshots_hold_no_graph_of_a_g_that_learns():
    cast = players()
    snapshots = Snapshots(cast.G, torch.randn(4, 2), torch.zeros(4).long())
    snapshots(next(steps(1)))
    ((_, x),) = snapshots
    assert all(p.requires_grad for p in cast.G.parameters()) and not x.requires_grad and x.grad_fn is None


def test_progress_counts_the_steps_and_is_done_after_the_last(capsys):
    progress = Progress(20)
    list(watch(steps(19), progress))
    assert progress.bar.n == 19 and not progress.bar.disable and progress.bar.postfix == "V +10.00, L -10.00"
    progress(next(steps(1)))
    assert progress.bar.n == 20 and progress.bar.disable  # tqdm's word for closed
    assert "20/20" in capsys.readouterr().err
