"""The exercises of notebook 13."""

import torch
import torch.nn.functional as F
from torch import Tensor

from . import Exercise, filled, named


def solve_score(logits: Tensor) -> Tensor:
    # D(x) = Z / (Z + 1) = sigmoid(log Z), and Z is a sum of exponentials
    return logits.logsumexp(1)


def mistake_of_score(score) -> str:
    logits = torch.tensor([[0.3, -1.2, 2.0], [-2.0, -0.5, -3.1], [900.0, 2.0, 1.0], [1.4, 1.5, 1.6]]).double()
    said, right = torch.as_tensor(filled(score(logits))), solve_score(logits)
    if said.shape != right.shape:
        return f"a score a picture has the shape {tuple(right.shape)}, yours has {tuple(said.shape)}."
    return named(
        said,
        (right, ""),
        (logits.exp().sum(1).log(), "the formula is right, but exp(900) is inf for a computer. Is there a safer sum?"),
        (logits.exp().sum(1), "this is Z. The score is the number whose sigmoid is Z / (Z + 1)."),
        (right.sigmoid(), "this is D(x), a probability. The score comes before the sigmoid."),
        (F.logsigmoid(right), "this is log D(x). The score is log D(x) - log(1 - D(x))."),
        (F.softplus(right), 'this is log(Z + 1): the logit of "fake", 0, is in the sum.'),
        (logits.max(1).values, "the best class alone: a little of each class makes a picture real, too."),
        (logits.sum(1), "the exponentials are added, not the logits."),
        (-right, "the sign is turned: large logits of the classes mean real."),
        other=f"for the first picture it is {right[0]:.4f}, you say {float(said[0]):.4f}.",
    )


score = Exercise(
    mistake_of_score,
    solve_score,
    ("Solve sigmoid(t) = Z / (Z + 1) for t.", "torch has the logarithm of a sum of exponentials: logsumexp."),
)


def solve_error(first: Tensor, second: Tensor) -> Tensor:
    # per picture: +1 if only the first is right, -1 if only the second, 0 if they agree
    lead = first.double() - second.double()
    return lead.std() / len(lead) ** 0.5


def mistake_of_error(error) -> str:
    rng = torch.Generator().manual_seed(0)
    ease, luck = torch.rand(400, generator=rng), torch.rand(2, 400, generator=rng)
    first, second = ease + 0.3 * luck[0] > 0.3, ease + 0.3 * luck[1] > 0.4  # what is hard is hard for both
    n, lead, right = 400, first.double() - second.double(), solve_error(first, second)
    said = filled(error(first, second))
    return named(
        said,
        (right, ""),
        (lead.std(correction=0) / n**0.5, ""),
        (
            ((first.double().var() + second.double().var()) / n).sqrt(),
            "this would be right for two sets of test pictures. Here both answer the same ones, and what is hard for "
            "one is hard for the other: take the difference picture by picture.",
        ),
        (lead.std(), "this is how much one picture scatters. You want the scatter of the mean of n of them."),
        (lead.var() / n, "this is the variance of the mean. The error is its root."),
        (lead.mean(), "this is the lead itself. How much would it scatter with other pictures?"),
        (lead.abs().std() / n**0.5, "without its sign a picture that speaks for the second counts for the first."),
        (100 * right, "these are percentage points. Give a share."),
        other=f"for these answers it is {right:.5f}, you say {float(said):.5f}.",
    )


error_of_lead = Exercise(
    mistake_of_error,
    solve_error,
    (
        "Give each picture +1 if only the first is right, -1 if only the second is, 0 otherwise: their mean is the "
        "lead. (Booleans are subtracted after .double().)",
        "The mean of n independent numbers with standard deviation s has standard deviation s / sqrt(n).",
    ),
)
