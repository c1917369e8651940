"""The exercises of notebook 11."""

import torch
from torch import Tensor

from . import Exercise, filled, named


def solve_projection(h: Tensor, y: Tensor, w: Tensor, b: float, e: Tensor) -> Tensor:
    # one glance h, and the label chooses the question w + e_y
    return h @ w + b + (e[y] * h).sum(1)


def mistake_of_projection(score) -> str:
    rng = torch.Generator().manual_seed(0)
    h, w, e = (torch.randn(*shape, generator=rng).double() for shape in ((6, 4), (4,), (3, 4)))
    y, b = torch.tensor([0, 1, 2, 2, 1, 0]), 0.7
    said, right = torch.as_tensor(filled(score(h, y, w, b, e))), solve_projection(h, y, w, b, e)
    if said.shape != right.shape:
        return f"a score a picture has the shape {tuple(right.shape)}, yours has {tuple(said.shape)}: y chooses one."
    return named(
        said,
        (right, ""),
        (right - b, "b is missing."),
        (right - h @ w - b, "this is the fit of the label alone. How real is the picture? w, and b, say that."),
        (h @ w + b, "this D is deaf: y makes no difference."),
        (h @ w + b + e[y].sum(1), "this adds a number for each class whatever the picture: the late concatenation."),
        (h @ w + b + (h @ e.T).sum(1), "here every class asks its question at once. y chooses one row of e."),
        (right.sigmoid(), "this is D(x, y). The score comes before the sigmoid."),
        other=f"for the first picture it is {right[0]:.4f}, you say {float(said[0]):.4f}.",
    )


projection = Exercise(
    mistake_of_projection,
    solve_projection,
    ("e[y] has a row for each picture: the vector of its class.", "An inner product for each row: (a * h).sum(1)."),
)


def solve_truth(seen: Tensor, confusion: Tensor) -> Tensor:
    # seen = truth @ confusion, so confusion.T @ truth = seen
    return torch.linalg.solve(confusion.T, seen)


def mistake_of_truth(truth) -> str:
    confusion = torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.0, 0.1, 0.9]]).double()
    right = torch.tensor([0.6, 0.3, 0.1]).double()
    seen = right @ confusion
    said = torch.as_tensor(filled(truth(seen, confusion)))
    if said.shape != right.shape:
        return f"there is a share for each class, so the shape is {tuple(right.shape)}; yours is {tuple(said.shape)}."
    return named(
        said,
        (right, ""),
        (seen, "this is what the evaluator sees, his mistakes included."),
        (seen @ confusion, "this puts his mistakes in a second time."),
        (confusion @ seen, "this does not undo the table. You need its inverse."),
        (torch.linalg.solve(confusion, seen), "rows and columns are exchanged: what is seen is the sum over rows."),
        (seen / confusion.diag(), "this undoes what he misses, but leaves in what he takes for this class by mistake."),
        other=f"your first share is {float(said[0]):.4f}, the right one {right[0]:.4f}.",
    )


truth = Exercise(
    mistake_of_truth,
    solve_truth,
    (
        "Write down what is seen if the truth is known: seen[j] = sum_i truth[i] confusion[i, j], that is truth @ "
        "confusion.",
        "These are as many linear equations as classes: torch.linalg.solve(A, b) finds the v with A @ v = b. "
        "Which A is it, confusion or its transpose?",
    ),
)
