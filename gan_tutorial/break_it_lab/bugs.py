"""The lab of notebook 09: twelve broken lines, what one may take them for, the tests that catch them; exercises."""

import difflib
import html
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from . import healthy, symptoms
from .symptoms import Observation


def broken_source(where: str, old: str, new: str) -> tuple[str, str]:
    """The source of a function or class of `healthy`, as it is and with `old` replaced by `new`."""
    source = inspect.getsource(getattr(healthy, where))
    if source.count(old) != 1:
        raise ValueError(f"{where} has {source.count(old)} times {old!r}; expected once")
    return source, source.replace(old, new)


def break_line(where: str, old: str, new: str) -> ModuleType:
    """A copy of the module `healthy` in which one line, in the function or class `where`, is another."""
    source = inspect.getsource(healthy).replace(*broken_source(where, old, new))
    copy = ModuleType(f"{healthy.__name__}_but_for_{where}")
    copy.__package__ = healthy.__package__
    exec(compile(source, f"<{where}, broken>", "exec"), copy.__dict__)
    return copy


@dataclass(frozen=True)
class Bug:
    symptom: Callable[[ModuleType, int], Observation]
    where: str  # the function or class of `healthy` that is broken
    old: str
    new: str
    options: tuple[tuple[str, str], ...]  # what it might be, and what the symptom says to that
    right: int  # which of them it is
    reason: str
    source: str  # published, asked about, or a common slip: it says which
    test: str  # tests/FILE.py::NAME

    def module(self) -> ModuleType:
        return break_line(self.where, self.old, self.new)

    def diff(self) -> str:
        """The line that was taken out (-) and the one put in (+); if it was moved, with what lies between."""
        before, after = broken_source(self.where, self.old, self.new)
        lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] != "?"]
        changed = [k for k, line in enumerate(lines) if line[0] in "-+"]
        return "\n".join(lines[changed[0] : changed[-1] + 1])

    def look(self, seed: int) -> Observation:
        """Train it and its healthy twin."""
        seen = self.symptom(self.module(), seed)
        if not seen.there:
            raise AssertionError(f"The symptom is not there with the seed {seed}. {seen.measured}")
        return seen

    def explanation(self, measured: str) -> str:
        """What was measured, the difference, the reason, the source and the test, as HTML."""
        return (
            f"<p>{measured}</p>"
            f'<pre style="font-family: monospace">in {self.where}:\n{html.escape(self.diff())}</pre>'
            f"<p>{self.reason}</p>"
            f"<p>{self.source}. <b>Caught by</b> <code>{self.test}</code></p>"
        )


BUGS = (
    Bug(
        symptoms.statue,
        "learn",
        "L = bce(D(fake, *y), ones)",
        "L = bce(D(fake.detach(), *y), ones)",
        (
            (
                "D learns too fast for G.",
                "Then the fakes would move, if badly. These lie exactly where the untrained G put them.",
            ),
            (
                "In G's step the fakes carry the label 0.",
                "Then L would be small, for D does call them fake. It is large: somebody wants the label 1 and fails.",
            ),
            ("G gets no gradient.", "Yes. L is computed, and rises, but it does not reach G's weights."),
            ("The ring is too hard for so small a network.", "The healthy twin has the same network."),
        ),
        2,
        "<code>detach</code> cuts the way from D's score back to G. In D's step that is wanted (section 6); here it "
        "takes all of G's gradient away. Nothing complains: <code>backward</code> finds D's weights, and an optimiser "
        "skips weights without a gradient.",
        "A common slip. Asked in pytorch/examples #116, “why is detach necessary”, about the <code>detach</code> in "
        "D's step, which is right",
        "tests/test_training.py::test_the_loop_is_the_loop_written_by_hand",
    ),
    Bug(
        symptoms.happiness,
        "learn",
        "L = bce(D(fake, *y), ones)",
        "L = bce(D(fake, *y), zeros)",
        (
            (
                "Nothing: both losses are 0.",
                "At q = p the best D puts V and L on the dotted lines. V = 0 says that D is right, and sure.",
            ),
            (
                "G's gradient has vanished.",
                "By now nearly: L is 0. But a G that never had one stays where it is. This one ran away.",
            ),
            ("Only the axes are wrong.", "They do hide the fakes. But what drove these so far from the ring?"),
            ("In G's step the fakes carry the label 0.", "Yes. Both players now want the fakes to be recognised."),
        ),
        3,
        "With the label 0, L is −log(1 − D(G(z))), and G descends it by becoming <i>easier</i> to recognise. The "
        "label in G's step is no statement about the sample but a wish. That a loss of 0 can be a failure puzzles "
        "people, too (soumith/ganhacks #36).",
        "A common slip. Asked in yunjey/pytorch-tutorial #45, “Why train generator using real_labels”, about the line "
        "as it should be",
        "tests/test_objectives.py::test_D_wants_real_up_and_fake_down_and_G_wants_fake_up",
    ),
    Bug(
        symptoms.worse_than_guessing,
        "learn",
        "        opt_D.zero_grad()\n        (-V).backward()\n        opt_D.step()\n",
        "        (-V).backward()\n        opt_D.step()\n        opt_D.zero_grad()\n",
        (
            (
                "D descends V instead of climbing it.",
                "Then D would be paid for being wrong, and V has no floor. This V is steady.",
            ),
            (
                "D is too small.",
                "A D that cannot tell can still answer ½ and earn −1.386. After step 100 this one never does.",
            ),
            ("D's step uses gradients that G's step has left.", "Yes. Count which backward() fills D's gradients."),
            (
                "G is so good that D gives up.",
                "At q = p the best D answers ½ and earns −1.386. This one stays below it.",
            ),
        ),
        2,
        "<code>L.backward()</code> fills D's gradients, too, and here nobody clears them before D's next step. So D "
        "also descends L: of a real sample it is told “real” once, of a fake “fake” once and “real” once. While q "
        "stands still, its best answer is (p + q)/(p + 2q). It falls as q/p grows, so fakes can still be told; at q = "
        "p it is ⅔: V = log ⅔ + log ⅓ = −1.504, L = −log ⅔ = 0.405. The control (seed 0, 50 steps): clean gradients, "
        "and in D's loss the wish that the last step's fakes be called real, give the same run, but for rounding. "
        "(Without any <code>zero_grad</code> for D, V ends at −11 to −314, seeds 0 to 4.)",
        "Published in Lightning-AI/pytorch-lightning until pull request #603 (issues #557 and #591): gradients were "
        "cleared only after a step, and only those of the player whose step it was",
        "tests/test_training.py::test_the_loop_is_the_loop_written_by_hand",
    ),
    Bug(
        symptoms.glass_ceiling,
        "plane_D",
        "nn.Flatten(0)",
        "nn.Sigmoid(), nn.Flatten(0)",
        (
            (
                "The players are in balance.",
                "Look at the first step. A D that knows nothing yet answers about ½: L is near 0.693. Here it is not.",
            ),
            ("D returns a probability where the loss expects a score.", "Yes. A score in (0, 1) leaves L little room."),
            (
                "The learning rate is too low.",
                "With a slow D L <i>starts</i> near the dotted line, as the twin's does. This L starts far below.",
            ),
            ("D's gradient is cut.", "Then D would know nothing of the ring, and the fakes would not find it."),
        ),
        1,
        "The loss applies a sigmoid of its own. With scores t in (0, 1) D's probabilities lie between ½ and "
        "0.731: V stays below log σ(1) + log(1 − σ(0)) = −1.006, and L between 0.313 and 0.693, "
        "whatever happens. Softmax before a cross-entropy is the same slip with more classes.",
        "Published in PDillis/pdillis.github.io, Interactive 1D Generative Models: a last layer with a sigmoid, then "
        "<code>sigmoidCrossEntropy</code>. torchgan/torchgan #116 proposes a warning. Its sister with softmax is in "
        "eriklindernoren/PyTorch-GAN, the ACGAN (pull requests #98 and #186)",
        "tests/test_networks.py::test_scores_are_not_squashed",
    ),
    Bug(
        symptoms.growing_distance,
        "criticise",
        "(penalty - V).backward()",
        "(-V).backward()",
        (
            ("The batches are too small.", "The twin's are as small, and its V does not grow."),
            ("G gets worse and worse.", "Look at the samples: they lie about the ring, as the twin's do."),
            ("The critic lacks a sigmoid.", "A critic has none: its scores are no probabilities (05)."),
            ("Nothing keeps the critic from being steep.", "Yes. All scores times two, twice the V, and no bound."),
        ),
        3,
        "In expectation, W₁ is the largest V among critics of slope 1 at most. Without a bound on its slope a critic "
        "can multiply its scores by any number, and V with them. G learns all the same: 37 to 55 % of its fakes lie "
        "within 0.2 of a mode, of the twins' 50 to 53 % (seeds 0 to 4). A guess why: Adam divides a gradient by its "
        "usual size, so a critic ten times as steep need not push G farther.",
        "Published in torchgan/torchgan until pull request #42 brought the clipping of weights, which was the bound "
        "before the penalty",
        "tests/test_training.py::test_penalties_are_part_of_what_D_pays",
    ),
    Bug(
        symptoms.no_distance,
        "criticise",
        "slope.norm(dim=1)",
        "slope.norm()",
        (
            ("It has converged: W₁ is 0.", "Then V would have risen before, as the twin's did early on."),
            (
                "The penalty asks for slope 1 of the batch, not of each point.",
                "Yes: 64 slopes share what each should have.",
            ),
            (
                "The penalty's weight is too small.",
                "Too small a penalty lets the critic be steeper than 1. This one is flatter.",
            ),
            ("The critic's learning rate is too low.", "The twin has the same, and its V ends farther from 0."),
        ),
        1,
        "The norm of all gradients of the batch is √(s₁ + … + s₆₄), with s the squared slopes. If that is 1, the "
        "slopes' root mean square is 1/√64 = 0.125. V shrinks with it, and both depend on the batch size. G learns, if "
        "less: 26 to 42 % of its fakes lie within 0.2 of a mode, of the twins' 50 to 53 % (seeds 0 to 4).",
        "Published in torchgan/torchgan, losses/functional.py: <code>gradients.norm(2)</code>",
        "tests/test_penalties.py::test_slope_is_per_sample_and_per_image",
    ),
    Bug(
        symptoms.same_dish,
        "Obedient",
        "self.net(z + self.embed(y))",
        "self.net(z)",
        (
            (
                "G collapsed, as GANs do.",
                "Perhaps. But look whether the order counts at all: only chance makes the rows differ.",
            ),
            ("The labels are shuffled against the samples.", "Then D could not use them, and would not win."),
            (
                "G never looks at the label.",
                "Yes. It is accepted, its embedding given to the optimiser, and neither used.",
            ),
            ("Eight numbers are too few for an embedding.", "The twin has as many."),
        ),
        2,
        "D mostly sees a mode's number and a point elsewhere, and knows: fake. G cannot answer, since it does not know "
        "the number: on average one order in eight is met by luck. No error is raised, for an unused weight is no "
        "error.",
        "A common slip. Asked in autonomousvision/graf #8, whose G is meant to ignore y",
        "tests/test_networks.py::test_both_players_listen_to_the_label",
    ),
    Bug(
        symptoms.one_picture,
        "start",
        "nn.Linear |",
        "nn.BatchNorm2d | nn.Linear |",
        (
            ("The pictures are shown with a wrong range.", "The twin's are shown by the same call, and they differ."),
            ("G has collapsed.", "Collapse is variety lost. This G had next to none from the start."),
            ("D is too strong.", "Then V would stay near 0. It comes back to −1.386 and below again and again."),
            (
                "BatchNorm's scale γ starts around 0 instead of 1.",
                "Yes. At the start the last BatchNorm lets about a fiftieth of the signal pass.",
            ),
        ),
        3,
        "γ ~ N(0, 0.02²) in place of γ = 1. Before the first step the variety falls by a factor of 75 to 123 (seeds 0 "
        "to 4): by 40 to 60 with the last BatchNorm broken alone, by 1.6 to 1.7 with the first two: the BatchNorm that "
        "follows undoes a common scale, but for ε.",
        "Published in aladdinpersson/Machine-Learning-Collection, WGAN and WGAN-GP, and DeepLearning.AI's "
        "GAN course. DCGAN's paper (Radford et al. 2016) says that <i>all</i> weights start around zero; "
        "pytorch/examples starts γ around 1 (#516 asks why)",
        "tests/test_networks.py::test_weights_start_as_in_dcgan",
    ),
    Bug(
        symptoms.company,
        "sample",
        "    G.eval()\n",
        "",
        (
            ("Someone drew other latents.", "They are the same: the notebook hands over the same tensor."),
            (
                "G samples in training mode.",
                "Yes. Batch normalisation then uses the batch at hand: 24 pictures, then a single one.",
            ),
            ("Dropout is on.", "It would make a difference, too, but this G has none."),
            ("G is not trained enough.", "It is the twin's G, and the twin draws the same picture twice."),
        ),
        1,
        "In training mode each channel is shifted and scaled by the mean and variance of the batch <i>at hand</i>; "
        "alone, a picture is normalised by itself. In eval mode the running averages of the training stand in, and a "
        "picture depends on its latent only. (Pix2pix samples in training mode on purpose: "
        "junyanz/pytorch-CycleGAN-and-pix2pix #693.)",
        "Published in pytorch/examples, dcgan/main.py, and soumith/dcgan.torch, generate.lua (#19 and #48 ask about "
        "it): neither puts G into eval mode before it samples",
        "tests/test_looking.py::test_at_rest_means_eval_mode_without_gradients_and_ends_with_an_exception_too",
    ),
    Bug(
        symptoms.no_night,
        "pictures",
        "/ 127.5 - 1",
        "/ 255",
        (
            ("G needs more steps.", "Its twin, after as many, paints the background black."),
            ("G's tanh should be a sigmoid.", "G can reach −1 as it is, and does not want to."),
            ("The real pictures lie in [0, 1].", "Yes. G paints what it was shown: a background of 0, which is grey."),
            ("The pictures are shown with a wrong range.", "The same call shows the twin's, and its black is black."),
        ),
        2,
        "G's tanh reaches from −1 to 1, and the lower half is never asked for. As long as G uses it, D can tell "
        "real from fake without having seen a garment. At the end G has found the right grey, and the "
        "curves look healthy (seeds 0 to 4).",
        "Published in khalooei/ALOCC-CVPR2018 (#3; an author defends it: the network refines its input)",
        "tests/test_pictures.py::test_sampler_of_images",
    ),
    Bug(
        symptoms.early_genius,
        "show",
        "to_grid(x, columns)",
        "to_grid(2 * (x - x.min()) / (x.max() - x.min()) - 1, columns)",
        (
            (
                "G learns textures first.",
                "Then the colleague would see them, too: both viewers show the same x.",
            ),
            (
                "Each batch is stretched to its own darkest and brightest pixel.",
                "Yes. The contrast is made by the viewer.",
            ),
            ("The weights start too large.", "They are the same at the colleague's, where the pictures are faint."),
            (
                "BatchNorm amplifies the noise.",
                "It may, within G. But both viewers show what leaves G, and at the colleague's it is faint.",
            ),
        ),
        1,
        "<code>normalize=True</code>, or for grey pictures <code>imshow</code> without <code>vmin</code> and "
        "<code>vmax</code>, stretches every batch. A G that fades to grey can then look as lively as a good "
        "one. The curves are right, the eyes are deceived.",
        "Published in pytorch/examples, dcgan/main.py: <code>save_image(…, normalize=True)</code> (#315 asks about it)",
        "tests/test_plots.py::test_grid_has_a_fixed_range_and_keeps_the_order",
    ),
    Bug(
        symptoms.chalk,
        "picture_G",
        "nn.Tanh(),",
        "norm(1), nn.LeakyReLU(0.2),",
        (
            (
                "D is too strong: give it fewer channels.",
                "It is the twin's D. What has changed is how easy its work is.",
            ),
            ("The real pictures lie in [0, 1].", "Then V would lie near −1.386, as in case 10. Here D wins."),
            (
                "G's last layer normalises and bends instead of bounding.",
                "Yes. It does both at once, and that lets D win; either alone does not.",
            ),
            ("G's learning rate is too high.", "Its fakes would still lie in [−1, 1], which tanh cannot leave."),
        ),
        2,
        "Batch normalisation gives G's pixels, over the batch, the mean β and the variance γ², which start at 0 and "
        "1; LeakyReLU then divides what is below 0 by five. It takes both: with a LeakyReLU alone in place of the "
        "tanh, or a BatchNorm before it, V ends at −1.34 to −1.27 (seeds 0 to 4). Of the real pixels half are −1: a "
        "guess is that D looks no farther. DCGAN (Radford et al. 2016) has a tanh and no BatchNorm there.",
        "A common slip. A normalisation of what goes into G's last tanh was published in naoto0804/chainer-cyclegan "
        "until pull request #2",
        "tests/test_networks.py::test_the_classic_pair_is_as_printed",
    ),
)

# Lines that do not show, some that do, and the halves of case 12: the world, then what `break_line` is given
QUIET = {
    "real label 1.1": ("plane", "learn", "V = -bce(D(x, *y), ones)", "V = -bce(D(x, *y), 1.1 * ones)"),
    "penalty off the segment": ("critic", "criticise", "torch.rand(n, 1", "torch.randn(n, 1"),
    "penalty at the real points": ("critic", "criticise", "torch.rand(n, 1, generator=rng)", "torch.ones(n, 1)"),
    "ε = 0.8": ("pictures", "norm", "nn.BatchNorm2d(n)", "nn.BatchNorm2d(n, 0.8)"),
}
LOUD = {
    "BatchNorm in the critic": (
        "critic",
        "plane_D",
        "mlp(2, 64, 64, 1)",
        "mlp(2, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2), mlp(64, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2), "
        "mlp(64, 1)",
    ),
    "latents of another distribution": ("plane", "plane", "torch.randn(n, 2", "torch.rand(n, 2"),
    "no zero_grad for D": ("plane", "learn", "        opt_D.zero_grad()\n", ""),
}
HALVES = {
    "LeakyReLU in place of tanh": ("pictures", "picture_G", "nn.Tanh(),", "nn.LeakyReLU(0.2),"),
    "BatchNorm before tanh": ("pictures", "picture_G", "nn.Tanh(),", "norm(1), nn.Tanh(),"),
}
