"""Looking changes nothing: after any look the run is, to the last bit, what it was before."""

from itertools import islice

import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

from gan_tutorial import checkpoints, plots
from gan_tutorial.chapters import latent, restoration
from gan_tutorial.distributions import ring
from gan_tutorial.networks import Discriminator, Dropout, Generator, MLPGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.observers import History, Progress, Snapshots
from gan_tutorial.sampling import at_rest, device_of, sample
from gan_tutorial.training import Players, train


class Run:
    """A run in which everything can be disturbed: running statistics, both kinds of dropout, gradients, and modules
    that are in another mode than the network around them."""

    def __init__(self):
        torch.manual_seed(0)
        G = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))
        D = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), Dropout(0.5))
        self.players = Players.create(Generator(2, 0, G), Discriminator((2,), 0, D, 8))
        self.step = next(train(self.players, ring(), OBJECTIVES["hinge"]))
        self.G, self.D = self.players.G, self.players.D
        G[1].eval()
        D[2].eval()
        D[0].weight.requires_grad_(False)

    def state(self):
        networks = [self.G, self.D, self.players.G_ema]
        parameters = [p for network in networks for p in network.parameters()]
        return {
            "players": self.players.state_dict(),
            "torch's random numbers": torch.get_rng_state(),
            "modes": [m.training for network in networks for m in network.modules()],
            "who needs gradients": [p.requires_grad for p in parameters],
            "gradients": [p.grad for p in parameters],
        }


X, Z = torch.randn(2, 5, 2, generator=torch.Generator().manual_seed(1))


def rng():
    return torch.Generator().manual_seed(2)


def axes():
    return Figure().subplots()


LOOKS = {
    "sample": lambda run, _: sample(run.G, 5),
    "Snapshots": lambda run, _: Snapshots(run.G, Z)(run.step),
    "History": lambda run, _: History()(run.step),
    "Progress": lambda run, _: Progress(1)(run.step),
    "surface": lambda run, _: plots.surface(run.D, 1.0, 5),
    "show_plane": lambda run, _: plots.show_plane(axes(), X, X, run.D),
    "show_warp": lambda run, _: plots.show_warp(axes(), run.G, lines=3),
    "directions": lambda run, _: latent.directions(run.G, 2),
    "search": lambda run, _: list(islice(latent.search(run.G, X, rng(), restarts=2), 3)),
    "invert": lambda run, _: latent.invert(run.G, X, rng(), restarts=2, steps=2),
    "repairs": lambda run, _: list(islice(restoration.repairs(run.G, lambda x: x[:, :1], X[:, :1], rng()), 3)),
    "repair": lambda run, _: restoration.repair(run.G, lambda x: x[:, :1], X[:, :1], rng(), steps=2),
    "train's look at the door": lambda run, _: train(run.players, ring(), OBJECTIVES["hinge"]),
    "save": lambda run, folder: checkpoints.save(folder / "run.pt", run.players),
    "save_weights": lambda run, folder: checkpoints.save_weights(folder / "G.safetensors", run.G),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_changes_nothing(look, tmp_path):
    looked_at, left_alone = Run(), Run()
    torch.manual_seed(3)
    before = left_alone.state()
    look(looked_at, tmp_path)
    torch.testing.assert_close(looked_at.state(), before, rtol=0, atol=0, equal_nan=True)


def test_a_network_in_training_mode_would_be_changed():
    """The run is one that shows it."""
    for name in ("G", "D"):
        run, before = Run(), Run().state()
        getattr(run, name)(X)
        with pytest.raises(AssertionError):
            torch.testing.assert_close(run.state(), before, rtol=0, atol=0)


def test_between_two_steps_of_a_search_the_network_is_as_it_was():
    run, alone = Run(), Run()
    steps = latent.search(run.G, X, rng())
    for _ in range(2):
        next(steps)
        assert run.state()["modes"] == alone.state()["modes"]
    steps.close()


def test_at_rest_means_eval_mode_without_gradients_and_ends_with_an_exception_too():
    run, alone = Run(), Run()
    with pytest.raises(KeyError), at_rest(run.D) as D:
        assert D is run.D and not any(m.training for m in D.modules())
        assert not D(X).requires_grad
        raise KeyError
    assert torch.is_grad_enabled() and run.state()["modes"] == alone.state()["modes"]


@pytest.mark.parametrize("training", [True, False])
def test_what_is_seen_does_not_depend_on_the_mode(training):
    run, resting = Run(), Run()
    run.G.train(training), resting.G.eval()
    assert torch.equal(sample(run.G, 5)[0], sample(resting.G, 5)[0])
    a, b = (latent.invert(r.G, X, rng(), steps=2) for r in (run, resting))
    assert torch.equal(a.z, b.z) and torch.equal(a.mse, b.mse)


class Elsewhere(nn.Module):
    """Its weights are on another device than the CPU, and so must be what it is given; what it makes is zeros."""

    latent_dim = 2

    def __init__(self, *shape, classes=0):
        super().__init__()
        self.weight, self.shape, self.classes = nn.Parameter(torch.zeros(1, device="meta")), shape, classes

    def forward(self, *inputs):
        assert {t.device.type for t in inputs} == {"meta"}
        return torch.zeros(len(inputs[0]), *self.shape)


def test_what_a_network_looks_at_is_made_on_its_device():
    """No second device is needed: `meta` holds no numbers, but refuses those of another device."""
    assert device_of(Elsewhere()).type == "meta" and device_of(nn.Identity()).type == "cpu"
    plots.surface(Elsewhere(), 1.0, 5)
    plots.show_plane(axes(), X, X, Elsewhere())
    plots.show_warp(axes(), Elsewhere(2))
    assert sample(Elsewhere(2), 3)[1] is None and sample(Elsewhere(2, classes=3), 3)[1].device.type == "meta"
    G = MLPGenerator(widths=(4,)).to("meta")
    assert sample(G, 3)[0].device.type == "meta"
    assert latent.directions(G, 2).device.type == latent.directions(Elsewhere(), 2).device.type == "meta"
    found = list(islice(latent.search(G, X, rng()), 2))[1]  # pictures on the CPU, a generator of random numbers too
    assert found.z.device.type == found.mse.device.type == "meta"
