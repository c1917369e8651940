"""The exercises of notebook 06."""

import torch
import torch.nn.functional as F
from torch import Tensor

from . import Exercise, filled, named


def solve_side(side: int, kernel: int, stride: int, padding: int, output_padding: int) -> int:
    # (side - 1) strides between the first and the last patch, a patch of its own width, the border cut off
    return (side - 1) * stride + kernel - 2 * padding + output_padding


def mistake_of_side(side_after) -> str:
    for settings in ((4, 5, 3, 2, 1), (7, 4, 2, 1, 0), (4, 5, 2, 2, 0), (5, 3, 1, 0, 0)):
        side, kernel, stride, padding, extra = settings
        layer = torch.nn.ConvTranspose2d(1, 1, kernel, stride, padding, extra)
        right = layer(torch.zeros(1, 1, side, side)).shape[-1]
        sentence = named(
            filled(side_after(*settings)),
            (right, ""),
            (
                (side + 2 * padding - kernel) // stride + 1,
                "this is the convolution, which makes a picture smaller. The transposed one goes the other way.",
            ),
            (side * stride, "this holds for kernel 4, stride 2, padding 1, and not in general."),
            (right - extra, "the output padding is missing."),
            (right + 2 * padding, "padding does not add here: it cuts off a border of the result."),
            (right + stride, "between the first and the last of `side` patches there are side - 1 strides."),
            other=f"side {side}, kernel {kernel}, stride {stride}, padding {padding}, output padding {extra} give "
            f"{right}.",
        )
        if sentence:
            return sentence
    return ""


side_after = Exercise(
    mistake_of_side,
    solve_side,
    (
        "Each pixel of the input lays a patch of kernel x kernel on the output, stride apart from the next. How far is "
        "it from the first pixel of the first patch to the last of the last?",
        "That length is (side - 1) stride + kernel. Then padding cuts a border off at both ends.",
    ),
)


def solve_matrix(kernel: Tensor, n: int) -> Tensor:
    # row i says what output i takes from each input: the kernel, moved i places to the right
    k = len(kernel)
    A = torch.zeros(n - k + 1, n)
    for i in range(n - k + 1):
        A[i, i : i + k] = kernel
    return A


def mistake_of_matrix(matrix) -> str:
    kernel, n = torch.tensor([1.0, 2.0, 4.0]), 6
    A, right = filled(matrix(kernel, n)), solve_matrix(kernel, n)
    assert torch.equal(right @ torch.eye(n), F.conv1d(torch.eye(n)[:, None], kernel[None, None])[:, 0].T)
    if A.shape == right.T.shape and torch.equal(A, right.T):
        return "this is the matrix of the transposed convolution. Outputs go in rows, inputs in columns."
    if A.shape != right.shape:
        return f"a kernel of 3 fits at 4 places of 6 numbers, so the shape is (4, 6), not {tuple(A.shape)}."
    return named(
        A,
        (right, ""),
        (
            solve_matrix(kernel.flip(0), n),
            "the kernel is turned round. Networks leave it as it is.",
        ),
        other="row 1 must say what output 1 takes from each input: 0, 1, 2, 4, 0, 0 for the kernel 1, 2, 4.",
    )


matrix_of_convolution = Exercise(
    mistake_of_matrix,
    solve_matrix,
    (
        "Output i is kernel[0] x[i] + kernel[1] x[i + 1] + ...: what stands in row i of A?",
        "Begin with torch.zeros(n - k + 1, n) and put the kernel into each row, one place further to the right.",
    ),
)
