"""The docstrings of the chapters are true: each formula in them is evaluated. (Those of objectives and penalties are
evaluated in their own tests.)"""

import inspect
import re

import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid

from gan_tutorial.chapters import dynamics, latent, restoration, theory

RNG = np.random.default_rng(0)
p, q = RNG.dirichlet(np.ones(6), size=2)
a, b = RNG.normal(size=(2, 6))
x, y = RNG.uniform(-1, 1, size=(2, 1, 1, 4, 4))
angle = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


class Third:
    """A degradation of tensors and of arrays."""

    def __call__(self, x):
        return x / 3

    def back(self, y):
        return 3 * y


ARGUMENTS = {
    theory.value: dict(D=RNG.uniform(size=6), p=p, q=q),
    theory.optimal_discriminator: dict(p=p, q=q),
    theory.kl: dict(p=p, q=q),
    theory.jsd: dict(p=p, q=q),
    theory.total_variation: dict(p=p, q=q),
    theory.wasserstein: dict(p=p, q=q, step=0.3),
    latent.lerp: dict(a=a, b=b, w=0.3),
    latent.slerp: dict(a=a, b=b, w=0.3),
    restoration.consistent: dict(A=Third(), x=x, y=y),
    restoration.psnr: dict(x=x, y=y),
}
FORMULA = re.compile(r"^\s+(\w+)\(([\w, ]+)\) += (.+)$", re.M)
MATHS = {name: getattr(np, name) for name in ("sum", "abs", "log", "log10", "sin", "cumsum", "mean")} | {
    "kl": lambda p, q: np.sum(p * np.log(p / q)),
    "angle": angle,
}
GAMES = [dynamics.bilinear, dynamics.wasserstein, dynamics.minimax, dynamics.non_saturating]


def tensors(arguments):
    return {k: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in arguments.items()}


@pytest.mark.parametrize("function", ARGUMENTS, ids=lambda function: function.__name__)
def test_a_formula_is_what_the_code_computes(function):
    ((name, names, formula),) = FORMULA.findall(function.__doc__)
    assert name == function.__name__ and names.split(", ") == list(inspect.signature(function).parameters)
    expected = eval(formula, MATHS, ARGUMENTS[function])
    np.testing.assert_allclose(function(**tensors(ARGUMENTS[function])).squeeze(), np.squeeze(expected), rtol=1e-10)


@pytest.mark.parametrize("field", GAMES, ids=lambda field: field.__name__)
def test_a_field_is_the_slope_of_its_formulas(field):
    w = torch.from_numpy(RNG.normal(size=(2, 20))).requires_grad_()
    known = {"f": lambda t: logsigmoid(torch.as_tensor(t, dtype=torch.float64)), "theta": w[0], "psi": w[1]}
    V, L = (eval(formula, known) for _, _, formula in FORMULA.findall(field.__doc__))
    (of_V,), (of_L,) = (torch.autograd.grad(t.sum(), w, retain_graph=True) for t in (V, L))
    torch.testing.assert_close(torch.stack(field(*w)), torch.stack([-of_L[0], of_V[1]]))


@pytest.mark.parametrize("module", [dynamics, latent, restoration, theory], ids=lambda module: module.__name__)
def test_no_formula_is_left_out(module):
    functions = [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__]
    assert {f for f in functions if FORMULA.search(f.__doc__ or "")} <= {*ARGUMENTS, *GAMES}
