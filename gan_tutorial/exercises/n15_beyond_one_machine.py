"""The exercises of notebook 15."""

import torch
from torch import Tensor

from . import Exercise, filled, named


def solve_heart(own: Tensor, new: Tensor, fake: Tensor) -> Tensor:
    return (own.mean() - new.mean()) / (own.mean() - fake.mean())


def mistake_of_heart(heart) -> str:
    own, new, fake = torch.tensor([2.0, 0.5, 1.1]), torch.tensor([0.3, -0.9]), torch.tensor([-1.0, -2.0, 0.2, -0.6])
    said, right = torch.as_tensor(filled(heart(own, new, fake))), solve_heart(own, new, fake)
    if said.shape != right.shape:
        return f"one number is asked for; yours has the shape {tuple(said.shape)}. Take means first."
    a, b, c = own.mean(), new.mean(), fake.mean()
    return named(
        said,
        (right, ""),
        (-right, "the sign is turned: it is 0 if D knows nothing by heart, and grows as it learns its own."),
        (1 - right, "this is how far new pictures are from fakes; asked is how far they are from D's own."),
        (1 / right, "this is upside down: the distance to the fakes is the whole, it stands below."),
        (a - b, "this is a difference of scores. Whether it is large depends on how far D holds fakes away."),
        ((a - b) / (b - c), "the whole is from D's own pictures to the fakes, not from the new ones."),
        (torch.sigmoid(a) - torch.sigmoid(b), "scores are asked for, not probabilities."),
        other=f"for the scores of the check it is {right:.3f}, you say {float(said):.3f}.",
    )


heart = Exercise(
    mistake_of_heart,
    solve_heart,
    (
        "Three means, one number each. Where does the mean of the new pictures lie between the other two?",
        "0 must come out if new = own, and 1 if new = fake: (own - new) / (own - fake), of the means.",
    ),
)


def solve_joined(gradients: list[Tensor], pictures: list[int]) -> Tensor:
    # each gradient is a mean: times its pictures it is a sum, and sums add up
    return torch.stack([n * g for n, g in zip(pictures, gradients, strict=True)]).sum(0) / sum(pictures)


def mistake_of_joined(joined) -> str:
    gradients, pictures = [torch.tensor([1.0, -2.0, 0.5]), torch.tensor([3.0, 1.0, 0.0])], [32, 8]
    said = torch.as_tensor(filled(joined([g.clone() for g in gradients], pictures)))
    right, (g, h) = solve_joined(gradients, pictures), gradients
    if said.shape != right.shape:
        return f"a gradient has the shape {tuple(right.shape)}, yours has {tuple(said.shape)}."
    return named(
        said,
        (right, ""),
        ((g + h) / 2, "this counts a picture of the small batch four times. Weigh by the pictures."),
        (g + h, "this is a sum of means."),
        (32 * g + 8 * h, "this is the sum over all pictures; the loss is a mean over them."),
        ((8 * g + 32 * h) / 40, "the weights are exchanged."),
        ((32 * g + 8 * h) / 2, "divide by the number of pictures, not of processes."),
        other=f"the first number is {right[0]:.4f}, you say {float(said[0]):.4f}.",
    )


joined = Exercise(
    mistake_of_joined,
    solve_joined,
    (
        "The loss of process i is a mean over n_i pictures. What is the sum over them, and the sum over all?",
        "n_i times the gradient, added up, divided by the number of all pictures.",
    ),
)


def solve_speed_up(n: int, step: float, message: float) -> float:
    return n * step / (step + 2 * (n - 1) / n * message)


def mistake_of_speed_up(speed_up) -> str:
    n, step, message = 4, 0.030, 0.010
    said, right = filled(speed_up(n, step, message)), solve_speed_up(n, step, message)
    if abs(float(filled(speed_up(1, step, message))) - 1) > 1e-6:
        return "one process has nobody to send to: its speed-up is 1."
    cost = 2 * (n - 1) / n * message
    return named(
        said,
        (right, ""),
        (step / (step + cost), "this is the share of the time spent on the pictures. How many more of them a second?"),
        (n * step / (step + cost / 2), "there and back: each number is sent twice, once to add and once to tell."),
        (n * step / (step + 2 * (n - 1) * message), "a ring sends n parts of a message, each 1 / n as long."),
        ((step + cost) / (n * step), "this is upside down."),
        (n * (step + cost) / step, "the message makes it slower, not faster."),
        other=f"for {n} processes, {step} s and {message} s it is {right:.3f}, you say {float(said):.3f}.",
    )


speed_up = Exercise(
    mistake_of_speed_up,
    solve_speed_up,
    (
        "In the time of one step, step + 2 (n - 1) / n * message, n processes see n batches.",
        "Alone, one batch takes `step`. Divide the batches a second by each other.",
    ),
)
