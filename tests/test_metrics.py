"""Metrics against closed forms and SciPy."""

import pytest
import torch
from scipy.linalg import sqrtm

from gan_tutorial.metrics import class_shares, frechet_distance

RNG = torch.Generator().manual_seed(0)


def features(n, scale=1.0, shift=0.0, dim=6):
    mix = torch.randn(dim, dim, generator=torch.Generator().manual_seed(dim))
    return torch.randn(n, dim, generator=RNG) @ mix * scale + shift


def test_frechet_distance_is_the_formula_with_scipys_root():
    a, b = features(500), features(700, 1.5, 0.3)
    S, T = a.double().T.cov(), b.double().T.cov()
    expected = (a.double().mean(0) - b.double().mean(0)).square().sum() + S.trace() + T.trace()
    expected -= 2 * sqrtm((S @ T).numpy()).trace().real
    assert frechet_distance(a, b) == pytest.approx(expected.item(), rel=1e-8)
    assert frechet_distance(b, a) == pytest.approx(expected.item(), rel=1e-8)


def test_frechet_distance_in_closed_form():
    a = features(500)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, a + 2) == pytest.approx(4 * 6, rel=1e-5)
    centred = a - a.mean(0)
    spread = centred.double().T.cov().trace().item()
    assert frechet_distance(centred, 3 * centred) == pytest.approx(4 * spread, rel=1e-4)  # (3 - 1)^2 tr S


def test_a_dead_feature_is_no_trouble():
    a = features(500)
    a[:, 0] = 0
    assert frechet_distance(a, a + 1) == pytest.approx(6, rel=1e-5)


def test_frechet_distance_refuses_what_it_cannot_tell():
    with pytest.raises(ValueError, match="6 fake samples cannot tell.*more than 6"):
        frechet_distance(features(100), features(6))
    with pytest.raises(ValueError, match=r"\(100, 6\) and \(100, 5\)"):
        frechet_distance(features(100), features(100, dim=5))
    with pytest.raises(ValueError, match="real features.*finite"):
        frechet_distance(features(100) / 0, features(100))


def test_class_shares_count_every_class():
    logits = torch.eye(4)[torch.tensor([0, 0, 2, 2, 2])]
    assert class_shares(logits).tolist() == pytest.approx([0.4, 0, 0.6, 0])
    with pytest.raises(ValueError, match=r"expected \(N, K\)"):
        class_shares(logits[0])
