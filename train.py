"""Train a network that reads handwritten digits, from MNIST's 60,000 images to the files that the service runs.

    python train.py --seeds 3            the network of the service: three that learn alone, then from each other
    python train.py --quick              a small one that reads 99 % after some seconds of training
    python train.py --net blog --seeds 5 the network of a blog post of 2017, exactly as published
    python train.py --dry-run            everything once, on a few batches, to see that it works
    python train.py --resume             go on after Ctrl-C or a crash: at most one epoch is lost

The file reads from top to bottom as a tutorial. Each part says what it does and why; the parts that any project would
have (finding the data, exporting, pictures) are in `model/`.
"""

import argparse
import copy
import datetime
import json
import math
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from model import export, mnist, report, synthesis
from model.augment import augment
from model.ink import Pixels
from model.muon import Muon
from model.networks import DIGITS, NETWORKS, DigitNet, FirstStage, folded, parameters
from model.reader import Reading, look, seen_as_it_is
from model.verdict import Calibration, judge, probabilities

# ----------------------------------------------------------------------------------------------------------------------
# 1. Recipes: every number that decides how a network is trained. They were chosen on the held-out images.


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    network: str  # which class of model/networks.py
    epochs: int  # passes over the training images
    batch: int  # images that each step learns from
    # "sgd"; "adamw", which is Adam where there is no decay; or "muon" for the convolutions inside, AdamW for the rest.
    optimiser: str
    rate: float  # learning rate; the highest one where there is a schedule
    betas: tuple[float, float] = (0.9, 0.99)  # Adam's memory of gradients and of their squares; SGD takes the first
    decay: float = 0.0  # weight decay
    # Warm up to `rate`, then cool down to nothing: the largest single gain in accuracy per epoch.
    one_cycle: bool = True
    together: int = 0  # epochs of a second cycle, in which each seed's network learns from what all of them say
    settle: int = 0  # as many epochs at the end, twice: at a small rate, on images changed less, most of them MNIST's
    smoothing: float = 0.0  # label smoothing: the target is not 1 but 1 - smoothing, which keeps the network modest
    augment: float = 0.0  # strength of the random changes to MNIST's images, see model/augment.py
    augment_drawn: float = 0.0  # and to what was drawn for the training, which varies by itself
    styles: int = 0  # drawings in styles that MNIST lacks, beside its images, see model/synthesis.py
    marks: int = 0  # drawings that are no digit
    pieces: int = 0  # images cut and joined from MNIST's until they are no digit
    coarse: float = 0.0  # the share of the styles' drawings seen as in a picture of few pixels; as many of MNIST's, too
    first: int = 0  # epochs in which its first stage learns from the finished network
    sets: int = 1  # how many such sets are made; each epoch takes the next, so that none is learnt by heart
    none_weight: float = 1.0  # what a drawing that is no digit counts: to lose a digit is worse than to pass a letter
    average: float = 0.0  # evaluate a moving average of the weights that remembers this share at each step
    reduced: bool = True  # compute in bfloat16 where the processor has instructions for it
    integers: bool = False  # the service computes in 8-bit integers, see model/export.py


MUON_RATE = 2.0  # times AdamW's: from half to twice of this nothing changes
TOGETHER_RATE = 0.5  # the share of the highest rate that the second cycle begins with
TOGETHER_SHARE = 0.5  # what all networks say counts so much in the second cycle, the label the rest
SETTLE_RATE = 0.1  # the share of the highest rate that settling begins with, both times
SETTLE_CHANGE = (0.3, 0.6)  # the share of the usual changes to the images while settling, the first time and the second
# The share of what is not MNIST's that is still seen then: where styles are at odds, a flagged 1 with an American 7
# say, MNIST has the last word.
SETTLE_ADDED = (0.6, 0.2)

RECIPES = {
    "digitnet": Recipe(
        "digitnet",
        epochs=12,
        together=8,
        settle=3,
        first=10,
        batch=256,
        optimiser="muon",
        rate=0.01,
        decay=0.01,
        smoothing=0.05,
        augment=0.8,
        augment_drawn=0.4,
        styles=24_000,
        marks=10_000,
        pieces=3_500,
        coarse=0.1,
        sets=8,
        none_weight=0.5,
        average=0.998,
        integers=True,
    ),
    "quick": Recipe("quick", 1, 256, "adamw", 0.03, betas=(0.7, 0.9), smoothing=0.05),
    # As published in 2017. The batch size is not given there; the tutorial it follows used 4.
    "blog": Recipe("blog", 20, 4, "sgd", 0.001, betas=(0.5, 0.0), one_cycle=False, reduced=False),
}

# ----------------------------------------------------------------------------------------------------------------------
# 2. The data, and the three parts it is cut into. The network learns from 55,000 of MNIST's images, from digits drawn
#    in ways that MNIST's writers did not know, and from drawings that are no digit. Every choice (a recipe, a
#    threshold, which seed ships) is made on others that it never learns from. MNIST's 10,000 test images are looked at
#    once for each finished seed, to report: who chooses by them reports luck.


TYPICAL = 4_000  # images that the ranges of integers are taken from
HELD_OUT_SET, FIRST_SET = 1, 100  # seeds of drawings; tests/benchmarks measures with others


@dataclass(frozen=True)
class Data:
    """All in memory. A DataLoader that transforms image by image would take ten times as long as the training.

    `train`: MNIST's images, `real` of them, then the sets of what is added. `strength`: (n,) how much each of these may
    be changed. `epochs`: which of them each epoch sees, in turns. `held_out`: MNIST's images that nothing learns from.
    `held_out_drawn`: the same share of everything else.
    """

    train: mnist.Split
    real: int
    strength: Tensor
    epochs: list[Tensor]
    held_out: mnist.Split
    held_out_drawn: mnist.Split
    test: mnist.Split


def load_data(folder: Path, recipe: Recipe, limit: int | None) -> Data:
    """MNIST, or its first `limit` images of each part, and what the recipe adds to it."""
    train, held_out = mnist.hold_out(mnist.load(folder, train=True))
    train, held_out, test = (part.first(limit) for part in (train, held_out, mnist.load(folder, train=False)))
    scale = 1.0 if limit is None else min(1.0, limit / 55_000)
    sets = [added(recipe, scale, train, FIRST_SET + index) for index in range(recipe.sets)]
    held_out_drawn = added(replace(recipe, coarse=0.0), scale * len(held_out) / len(train), held_out, HELD_OUT_SET)
    count, size = len(train), len(sets[0])
    epochs = [torch.cat((torch.arange(count), torch.arange(size) + count + size * i)) for i in range(len(sets))]
    everything = mnist.Split.joined(train, *sets)
    strength = torch.full((len(everything),), recipe.augment_drawn)
    strength[:count] = recipe.augment
    return Data(everything, count, strength, epochs, held_out, held_out_drawn, test)


def added(recipe: Recipe, share: float, digits: mnist.Split, seed: int) -> mnist.Split:
    """A share of what a recipe adds. `digits`: to cut up and to make small; `seed`: none occurs with another one."""
    styles, marks, pieces = (math.ceil(share * count) for count in (recipe.styles, recipe.marks, recipe.pieces))
    images, labels = np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64)
    whole = (digits.images[:, 0].numpy() * 255 + 0.5).astype(np.uint8)
    if styles:
        drawn, drawn_labels = synthesis.styles(styles, seed, recipe.coarse)
        images, labels = np.concatenate((images, drawn)), np.concatenate((labels, drawn_labels))
    if few := math.ceil(recipe.coarse * styles):
        seen, seen_labels = synthesis.in_few_pixels(few, seed, whole, digits.labels.numpy())
        images, labels = np.concatenate((images, seen)), np.concatenate((labels, seen_labels))
    if marks:
        images = np.concatenate((images, synthesis.marks(marks, seed)))
    if pieces:
        images = np.concatenate((images, synthesis.pieces(pieces, seed, whole, digits.labels.numpy())))
    none = np.full(len(images) - len(labels), synthesis.NOT_A_DIGIT)
    tensor = torch.from_numpy(images)[:, None].float() / 255
    return mnist.Split(tensor, torch.from_numpy(np.concatenate((labels, none))))


def batches(data: Data, epoch: int, size: int, change: float, added: float) -> Iterator[tuple[Tensor, Tensor]]:
    """Every image of an epoch once, in a new order, changed by that share of its strength; no batch is part full.

    `added`: of what is not MNIST's that share is kept, and any of MNIST's images put in place of the rest.
    """
    images = data.epochs[epoch % len(data.epochs)]
    if added < 1:
        replaced = (images >= data.real) & (torch.rand(len(images)) >= added)
        images = torch.where(replaced, torch.randint(data.real, images.shape), images)
    order = images[torch.randperm(len(images))]
    for chosen in order.split(size)[: len(order) // size]:
        seen, strength = data.train.images[chosen], data.strength[chosen] * change
        yield augment(seen, strength) if strength.any() else seen, data.train.labels[chosen]


# ----------------------------------------------------------------------------------------------------------------------
# 3. One run: a network, its optimiser and its schedule, and where it stands. All of it goes into a checkpoint after
#    each epoch, the state of the random generator included, so that a resumed run ends as if it had never stopped.


def bfloat16_is_fast() -> bool:
    """Whether this processor multiplies in bfloat16: 2 to 4 times as fast as float32, and good enough to train."""
    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # older releases cannot say
    return bool(known.get("amx_bf16") or known.get("avx512_bf16"))


class Run:
    """The training of one network from one seed. `build` makes another network than the recipe's."""

    def __init__(
        self, recipe: Recipe, seed: int, steps_per_epoch: int, build: Callable[[], nn.Module] | None = None
    ) -> None:
        torch.manual_seed(seed)
        self.recipe, self.seed = recipe, seed
        self.network = (build or NETWORKS[recipe.network])().to(memory_format=torch.channels_last)
        self.averaged = copy.deepcopy(self.network) if recipe.average else self.network
        self.optimisers = self._optimisers()
        self.per_epoch = steps_per_epoch
        rate_at = self._one_cycle if recipe.one_cycle else lambda _: 1.0
        self.schedules = [torch.optim.lr_scheduler.LambdaLR(optimiser, rate_at) for optimiser in self.optimisers]
        self.reduced = recipe.reduced and bfloat16_is_fast()
        self.step = 0
        self.seconds = 0.0
        self.history: list[dict[str, float]] = []

    def _optimisers(self) -> list[torch.optim.Optimizer]:
        recipe, weights = self.recipe, list(self.network.parameters())
        if recipe.optimiser == "sgd":
            return [torch.optim.SGD(weights, recipe.rate, momentum=recipe.betas[0])]
        is_inner = _is_inner if recipe.optimiser == "muon" else lambda _: False
        inner = [weight for weight in weights if is_inner(weight)]
        rest = [weight for weight in weights if not is_inner(weight)]
        adam = torch.optim.AdamW(rest, recipe.rate, recipe.betas, weight_decay=recipe.decay)
        return [adam, Muon(inner, MUON_RATE * recipe.rate, decay=recipe.decay)] if inner else [adam]

    def _one_cycle(self, step: int) -> float:
        """The share of the highest rate at a step: up, then down; down again together, and each time they settle."""
        epoch, recipe = step / max(1, self.per_epoch), self.recipe
        if epoch < 0.2 * recipe.epochs:
            return 0.04 + 0.96 * epoch / (0.2 * recipe.epochs)
        if epoch < recipe.epochs:
            return _down(epoch, 0.2 * recipe.epochs, recipe.epochs)
        settling = recipe.epochs + recipe.together
        if epoch < settling:
            return TOGETHER_RATE * _down(epoch, recipe.epochs, settling)
        start = settling + (epoch - settling) // max(1, recipe.settle) * recipe.settle
        return SETTLE_RATE * _down(epoch, start, start + recipe.settle)

    def learn(self, images: Tensor, labels: Tensor, said: Tensor | None = None) -> Tensor:
        """The step that everything rests on: answer, measure the error, follow its gradient downhill.

        `said`: what a committee says to the images, (n, classes).
        """
        images = images.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.reduced):
            logits = self.network(images)
        classes = logits.shape[1]
        target = functional.one_hot(labels, classes) * (1 - self.recipe.smoothing) + self.recipe.smoothing / classes
        if said is not None:
            target = torch.lerp(target, said, TOGETHER_SHARE)
        weight = torch.where(labels < DIGITS, 1.0, self.recipe.none_weight)
        losses = functional.cross_entropy(logits.float(), target, reduction="none")
        loss = (losses * weight).sum() / weight.sum()
        self.network.zero_grad()
        loss.backward()
        for optimiser, schedule in zip(self.optimisers, self.schedules, strict=True):
            optimiser.step()
            schedule.step()
        self.step += 1
        if self.recipe.average:
            self._average()
        return loss.detach()

    @torch.no_grad()
    def _average(self) -> None:
        """Move the averaged network towards the trained one; its batch-norm statistics too, or they would not fit."""
        keep = min(self.recipe.average, self.step / (self.step + 10))
        for mean, value in zip(self._tensors(self.averaged), self._tensors(self.network), strict=True):
            mean.lerp_(value, 1 - keep)

    @staticmethod
    def _tensors(network: nn.Module) -> list[Tensor]:
        return [tensor for tensor in network.state_dict().values() if tensor.is_floating_point()]

    @torch.no_grad()
    def answers(self, images: Tensor) -> Tensor:
        """Logits of the averaged network for (n, 1, 28, 28) images, in full precision."""
        self.averaged.eval()
        return torch.cat([self.averaged(part) for part in images.split(1000)])

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        state: dict[str, Any] = {
            "recipe": json.dumps(asdict(self.recipe)),
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "schedules": [_rates(schedule) for schedule in self.schedules],
            "random": torch.get_rng_state(),
            "step": self.step,
            "seconds": self.seconds,
            "history": self.history,
            "per_epoch": self.per_epoch,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, path.with_suffix(".partial"))
        path.with_suffix(".partial").replace(path)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint. Exits where it belongs to another recipe, or to more images or fewer."""
        state = torch.load(path, weights_only=True)
        same_recipe = json.loads(state["recipe"]) == json.loads(json.dumps(asdict(self.recipe)))
        if not same_recipe or state.get("per_epoch") != self.per_epoch:
            sys.exit(f"{path} was trained with other flags. Train anew without --resume, or with the same flags.")
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        for schedule, saved in zip(self.schedules, state["schedules"], strict=True):
            schedule.load_state_dict({**schedule.state_dict(), **saved})
        torch.set_rng_state(state["random"])
        self.step, self.seconds, self.history = state["step"], state["seconds"], state["history"]


def _is_inner(weight: Tensor) -> bool:
    """Whether it is a convolution's, (outputs, inputs, height, width), that sees neither pixels nor classes."""
    return weight.dim() == 4 and weight.shape[1] > 1 and weight[0, 0].numel() > 1


def _rates(schedule: torch.optim.lr_scheduler.LambdaLR) -> dict[str, Any]:
    """Where a schedule stands, without the function that follows from the recipe."""
    return {key: value for key, value in schedule.state_dict().items() if key != "lr_lambdas"}


def _down(at: float, start: float, end: float) -> float:
    """From 1 at the start to 0 at the end, along half a cosine."""
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, (at - start) / max(end - start, 1e-9)))


class Committee:
    """What the networks of all seeds say together. It is right more often than any one of them, and it knows when the
    question is hard: to imitate it teaches a network more than the labels do (Hinton et al., 2015)."""

    def __init__(self, runs: list[Run]) -> None:
        self.networks = [folded(run.averaged).to(memory_format=torch.channels_last) for run in runs]
        self.reduced = runs[0].reduced

    @torch.no_grad()
    def shares(self, images: Tensor) -> Tensor:
        """Their mean probabilities for (n, 1, 28, 28) images: (n, classes)."""
        images = images.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.reduced):
            said = [functional.softmax(network(images).float(), dim=1) for network in self.networks]
        return torch.stack(said).mean(dim=0)


# ----------------------------------------------------------------------------------------------------------------------
# 4. Train: epoch after epoch, with a bar that shows where it stands.


def train(runs: Mapping[Path, Run], data: Data, until: int, committee: Committee | None = None) -> None:
    """Train until so many epochs are done, from wherever each run stands. `runs`: by checkpoint, all of one recipe.

    Those that stand at the same epoch see the same images, so that a committee has to be asked only once.
    """
    recipe = next(iter(runs.values())).recipe
    for epoch in range(min(len(run.history) for run in runs.values()), until):
        learning = {path: run for path, run in runs.items() if len(run.history) == epoch}
        settled = epoch - recipe.epochs - recipe.together
        settling = settled >= 0
        change, added = 1.0, 1.0
        if settling:
            change, added = (each[settled // recipe.settle] for each in (SETTLE_CHANGE, SETTLE_ADDED))
        images = batches(data, epoch, recipe.batch, change, added)
        began, losses = time.perf_counter(), torch.zeros(len(learning))
        for run in learning.values():
            run.network.train()
        per_epoch = len(data.epochs[0]) // recipe.batch
        # disable=None: no bar where nobody watches; the lines below are enough for a file.
        with tqdm(images, _title(*learning.values()), per_epoch, leave=False, mininterval=0.5, disable=None) as bar:
            for done, (seen, labels) in enumerate(bar, 1):
                said = committee.shares(seen) if committee and not settling else None
                losses += torch.stack([run.learn(seen, labels, said) for run in learning.values()])
                if done % 50 == 0:
                    bar.set_postfix_str(f"loss {losses.mean().item() / done:.3f}, {_left(*learning.values())}")
        seconds = (time.perf_counter() - began) / len(learning)
        for (path, run), loss in zip(learning.items(), (losses / per_epoch).tolist(), strict=True):
            title = _title(run)
            run.seconds += seconds
            held_out, drawn = (share_right(run, part) for part in (data.held_out, data.held_out_drawn))
            run.history.append({"loss": loss, "held_out": held_out, "held_out_drawn": drawn})
            run.save(path)
            figures = f"loss {loss:.4f}, held out {held_out:.2%}, drawn {drawn:.2%}, {run.seconds:.0f} s"
            print(f"{title}: {figures}", flush=True)


def _epochs(recipe: Recipe) -> int:
    return recipe.epochs + recipe.together + len(SETTLE_ADDED) * recipe.settle


def _title(*runs: Run) -> str:
    """Which epoch of what is trained."""
    recipe, seeds = runs[0].recipe, ", ".join(str(run.seed) for run in runs)
    stage = "" if recipe.network in RECIPES else f"{recipe.network} of "
    return f"{stage}seed {seeds}, epoch {len(runs[0].history) + 1}/{_epochs(recipe)}"


def _left(*runs: Run) -> str:
    """How good they are so far, and the time left, from the epochs done."""
    if not runs[0].history:
        return "? left"
    best = max(entry["held_out"] for run in runs for entry in run.history)
    rest = _epochs(runs[0].recipe) - len(runs[0].history)
    minutes = sum(run.seconds / len(run.history) for run in runs) * rest / 60
    return f"held out {best:.2%}, {minutes:.1f} min left"


def share_right(run: Run, split: mnist.Split) -> float:
    """The share of right answers: the likeliest digit for a digit, none for what is none; 1 where nothing is asked."""
    if not len(split):
        return 1.0
    logits = run.answers(split.images)
    digits, is_digit = logits[:, :DIGITS].argmax(1), split.labels < DIGITS
    right = torch.where(is_digit, digits == split.labels, logits.argmax(1) == split.labels)
    return right.float().mean().item()


# ----------------------------------------------------------------------------------------------------------------------
# 5. Calibrate: make the probabilities honest, and choose how likely an answer must be before a person may rely on it.

SURE_RISK = 0.01  # an answer to a held-out digit is "sure" where it is wrong with at most this chance
SURE_NONE = 0.02  # of what is no digit, at most this share is answered "sure"
FIRST_ERROR = 0.002  # of what the first stage answers, the whole network may doubt at most this share
DROPPED = 0.001  # at most this share of the held-out digits is called no digit: worse than to pass a letter as one


def calibrate(logits: Tensor, labels: Tensor) -> Calibration:
    """Choose temperature and thresholds on held-out drawings: (n, classes) logits and (n,) labels, 10 for no digit.

    The temperature is the one that makes the right answers likeliest (Guo et al., 2017). `sure` is the lowest
    probability at which an answer to a digit is wrong with at most the chance `SURE_RISK`, and above which at most
    `SURE_NONE` of what is no digit lies.
    """
    temperatures = torch.logspace(-1, 1, 201)
    losses = torch.stack([functional.cross_entropy(logits / temperature, labels) for temperature in temperatures])
    temperature = float(temperatures[losses.argmin()])
    shares, none = (torch.from_numpy(part) for part in probabilities(logits.numpy(), temperature))
    best, answers = shares.max(1)
    digit = labels < DIGITS
    sure = max(0.5, _sure_from(best[digit], (answers != labels)[digit], SURE_RISK))
    if not digit.all():
        sure = max(sure, float(torch.quantile(best[~digit], 1 - SURE_NONE)))
    not_a_digit = max(0.5, float(torch.quantile(none[digit], 1 - DROPPED)))
    return Calibration(round(temperature, 4), round(min(sure, 0.9999), 4), round(not_a_digit, 4))


def _sure_from(shares: Tensor, wrong: Tensor, risk: float) -> float:
    """The probability at which an answer is wrong with that chance; infinity where the probabilities say nothing of it.

    By logistic regression of (n,) `wrong` on the logits of (n,) `shares` (Platt, 1999). To count the errors above a
    threshold would hang on five of them, of which every network makes three at 0.99 and more: that gave 0.961 to 0.992
    for 15 networks of five trainings, this 0.977 to 0.984.
    """
    scores = torch.special.logit(shares.double(), eps=1e-6)
    errors = int(wrong.sum())
    target = torch.where(wrong, (errors + 1) / (errors + 2), 1 / (len(wrong) - errors + 2)).double()
    line = torch.zeros(2, dtype=torch.double, requires_grad=True)
    optimiser = torch.optim.LBFGS([line], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = functional.binary_cross_entropy_with_logits(line[0] + line[1] * scores, target)
        value.backward()
        return value

    optimiser.step(loss)
    start, slope = line.tolist()
    if slope >= 0:
        return math.inf
    return torch.sigmoid(torch.tensor((math.log(risk / (1 - risk)) - start) / slope)).item()


def _reliable_from(scores: Tensor, wrong: Tensor, share: float) -> float:
    """The lowest of (n,) scores from which on at most that share of (n,) is wrong; infinity where there is none."""
    order = scores.argsort(descending=True)
    so_far = wrong[order].float().cumsum(0) / torch.arange(1, len(order) + 1)
    reliable = torch.nonzero(so_far <= share)
    return float(scores[order[reliable[-1]]]) if len(reliable) else math.inf


def _is_sure(logits: Tensor, calibration: Calibration) -> Tensor:
    """Of (n, classes) logits, which answers are verdicts that a person may rely on: (n,) bool."""
    shares, none = probabilities(logits.numpy(), calibration.temperature)
    return torch.tensor([judge(*answer, calibration)[0] == "sure" for answer in zip(shares, none, strict=True)])


def first_stage(
    best: Run, data: Data, calibration: Calibration, checkpoint: Path, resume: bool
) -> dict[str, float] | None:
    """Train the first stage of a finished network, and choose when its answer stands.

    It learns from what the whole network says. Its answer stands where it prefers a digit to all else by a margin, in
    logits, from which on the whole network is sure of the same digit. The network gets the stage, and its card what is
    returned: that margin, and the share of the held-out digits that have it. No stage and None where there is none.
    """
    # Not by Muon: what that taught stood for 66 of 100 held-out digits instead of 79.
    recipe = replace(best.recipe, network="first stage", optimiser="adamw", epochs=best.recipe.first)
    recipe = replace(recipe, together=0, settle=0)
    run = Run(recipe, best.seed, best.per_epoch, FirstStage)
    if resume and checkpoint.exists():
        run.restore(checkpoint)
    train({checkpoint: run}, data, recipe.epochs, Committee([best]))

    held_out = data.held_out.joined(data.held_out_drawn)
    logits = run.answers(held_out.images)
    # Scaled, so that the temperature of the whole network is right for both.
    scale = calibration.temperature / calibrate(logits, held_out.labels).temperature
    learnt = cast(FirstStage, run.averaged)
    for parameter in learnt.head.parameters():
        parameter.data *= scale
    (most, next_most), answers = (logits * scale).topk(2).values.T, logits.argmax(1)
    whole = best.answers(held_out.images)
    agreed = _is_sure(whole, calibration) & (whole[:, :DIGITS].argmax(1) == answers)
    digit = answers < DIGITS
    margin = _reliable_from((most - next_most)[digit], ~agreed[digit], FIRST_ERROR)
    if math.isinf(margin):
        return None
    cast(DigitNet, best.averaged).first = learnt
    stands = (digit & (most - next_most >= margin))[held_out.labels < DIGITS]
    share = stands.float().mean().item()
    return {
        "parameters": parameters(learnt),
        "seconds": round(run.seconds, 1),
        "margin": round(margin, 4),
        "share": round(share, 4),
    }


# ----------------------------------------------------------------------------------------------------------------------
# 6. Report: a card that says where the weights come from, and pictures that show what they do.


def result(run: Run, data: Data, calibration: Calibration) -> dict[str, Any]:
    """The figures of one finished seed. This is where the test images are looked at."""
    said = set(run.answers(data.held_out.images)[:, :DIGITS].argmax(1).tolist())
    again = np.array([reading.digit for reading, _ in as_served(run, data.test.images, calibration)])
    return {
        "seed": run.seed,
        "held_out": round(share_right(run, data.held_out), 5),
        "held_out_drawn": round(share_right(run, data.held_out_drawn), 5),
        "test": round(share_right(run, data.test), 5),
        "test_looking_again": round(float(np.mean(again == data.test.labels.numpy())), 5),
        "never_says": sorted(set(range(10)) - said),  # digits that the ReLU on the blog network's logits has killed
        "seconds": round(run.seconds, 1),
    }


class Asked:
    """A network of the training, to be asked as the service asks the one that ships."""

    def __init__(self, run: Run, calibration: Calibration) -> None:
        self.run, self.calibration = run, calibration
        self.name, self.version, self.knows_hands = run.recipe.network, "", bool(run.recipe.styles)

    def logits(self, images: Pixels) -> Pixels:
        """(n, 1, 28, 28) float32 in 0..1 to (n, classes) float32."""
        logits: Pixels = self.run.answers(torch.from_numpy(images)).numpy()
        return logits

    logits_of_whole = logits


def as_served(run: Run, images: Tensor, calibration: Calibration) -> list[tuple[Reading, Pixels]]:
    """What the service would answer to (n, 1, 28, 28) images, looking again where in doubt, and what it would see."""
    return look(Asked(run, calibration), [seen_as_it_is(image) for image in images[:, 0].numpy()])


def card(
    name: str, run: Run, results: list[dict[str, Any]], calibration: Calibration, first: dict[str, float] | None
) -> dict[str, Any]:
    """Everything that someone who gets only the weights should know: it travels inside both files."""
    tests = [entry["test"] for entry in results]
    return {
        "name": name,
        "parameters": parameters(run.averaged),
        "input": "(n, 1, 28, 28) float32 in 0..1, white on black, MNIST's geometry",
        "accuracy": {
            "mnist_test": next(entry["test"] for entry in results if entry["seed"] == run.seed),
            "mnist_test_mean": round(float(np.mean(tests)), 5),
            "mnist_test_sd": round(float(np.std(tests, ddof=1)), 5) if len(tests) > 1 else None,
            "seeds": results,
        },
        "calibration": asdict(calibration),
        "first_stage": first,
        "training": {
            "command": shlex.join(["python", "train.py", *(flag for flag in sys.argv[1:] if flag != "--resume")]),
            "seed": run.seed,
            "chosen": f"best of {len(results)} seeds on held-out images and drawings",
            "recipe": asdict(run.recipe),
            "arithmetic": "bfloat16" if run.reduced else "float32",
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "versions": {
                "python": platform.python_version(),
                "torch": torch.__version__,
                "torchvision": torchvision.__version__,
            },
            "data_md5": {file: md5 for file, (_, md5) in mnist.FILES.items()},
        },
    }


def write_report(folder: Path, runs: list[Run], best: Run, summary: dict[str, Any], data: Data) -> None:
    """Metrics as JSON, and three pictures of the network that ships."""
    folder.mkdir(parents=True, exist_ok=True)
    histories = {run.seed: run.history for run in runs}
    metrics = {**summary, "histories": histories}
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    report.learning_curve(histories, folder / "learning-curve.png")
    shares, _ = probabilities(best.answers(data.test.images).numpy(), summary["calibration"]["temperature"])
    labels = data.test.labels.numpy()
    report.confusion(labels, shares.argmax(axis=1), folder / "confusion.png")
    report.misread(data.test.images[:, 0].numpy(), labels, shares, folder / "misread.png")


# ----------------------------------------------------------------------------------------------------------------------
# 7. The command.


def train_all(recipe: Recipe, seeds: range, data: Data, folder: Path, resume: bool) -> list[Run]:
    """Train each seed alone; then, where the recipe says so, each with all of them as its committee."""
    checkpoints = {seed: folder / f"{seed}.pt" for seed in seeds}
    runs, alone = [], []
    if not resume:  # an earlier run's, which a later --resume would take for this one's
        for seed in seeds:
            for part in ("", "-alone", "-first"):
                (folder / f"{seed}{part}.pt").unlink(missing_ok=True)
    for seed, checkpoint in checkpoints.items():
        run, at_first = (Run(recipe, seed, len(data.epochs[0]) // recipe.batch) for _ in range(2))
        if resume and checkpoint.exists():
            run.restore(checkpoint)
        train({checkpoint: run}, data, recipe.epochs)
        runs.append(run)
        if recipe.together:
            first = folder / f"{seed}-alone.pt"
            if len(run.history) == recipe.epochs:
                run.save(first)
            at_first.restore(first)
            alone.append(at_first)
    committee = Committee(alone) if alone else None
    # The random generator goes on from where the last one restored stood: after a crash, from one that is behind.
    for run in sorted(runs, key=lambda run: -len(run.history)):
        run.restore(checkpoints[run.seed])
    train({checkpoints[run.seed]: run for run in runs}, data, _epochs(recipe), committee)
    return runs


def positive(text: str) -> int:
    """A flag's whole number from 1 on."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is too few")
    return value


def arguments() -> argparse.Namespace:
    """The flags, each with what it is for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--net", choices=["digitnet", "blog"], default="digitnet", help="which network to train")
    which.add_argument("--quick", action="store_true", help="train a small network in seconds instead")
    parser.add_argument(
        "--seeds", type=positive, default=1, metavar="N", help="train N times; the best held-out one is kept"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="the first seed (default 0)")
    parser.add_argument(
        "--epochs", type=positive, metavar="N", help="passes over the data, instead of the recipe's first ones"
    )
    parser.add_argument(
        "--data", metavar="DIR", help="folder that holds MNIST/raw (default: DIGITS_DATA, data, ../shared)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="for weights and checkpoints (default runs/<name>)")
    parser.add_argument("--report", type=Path, metavar="DIR", help="for figures and pictures (default <out>/report)")
    parser.add_argument("--limit", type=positive, metavar="N", help="use only the first N images of each part of MNIST")
    parser.add_argument("--threads", type=positive, metavar="N", help="processor threads to use (default: all)")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoints in --out")
    parser.add_argument(
        "--dry-run", action="store_true", help="everything once on a few batches; the result is useless"
    )
    return parser.parse_args()


def main() -> None:
    """Train what the flags ask for."""
    args = arguments()
    name = "quick" if args.quick else args.net
    recipe = RECIPES[name]
    if args.dry_run:
        fewer = {part: min(1, getattr(recipe, part)) for part in ("epochs", "together", "settle", "first", "sets")}
        recipe = replace(recipe, **fewer)
    elif args.epochs:
        recipe = replace(recipe, epochs=args.epochs)
    out = args.out or Path("runs") / (f"{name}-dry-run" if args.dry_run else name)
    limit = 256 if args.dry_run else args.limit
    if limit is not None and limit < recipe.batch:
        sys.exit(f"train.py: a batch is {recipe.batch} images, more than there are. Raise --limit.")
    if args.threads:
        torch.set_num_threads(args.threads)
    try:
        data = load_data(mnist.find(args.data), recipe, limit)
    except mnist.DataError as error:
        sys.exit(f"train.py: {error}")

    runs = train_all(recipe, range(args.seed, args.seed + args.seeds), data, out / "checkpoints", args.resume)
    everything = data.held_out.joined(data.held_out_drawn)
    calibrations = [calibrate(run.answers(everything.images), everything.labels) for run in runs]
    results = [result(run, data, calibration) for run, calibration in zip(runs, calibrations, strict=True)]
    sums = [entry["held_out"] + entry["held_out_drawn"] for entry in results]
    chosen = sums.index(max(sums))
    best, calibration = runs[chosen], calibrations[chosen]
    checkpoint = out / "checkpoints" / f"{best.seed}-first.pt"
    first = first_stage(best, data, calibration, checkpoint, args.resume) if recipe.first else None

    summary = card(name, best, results, calibration, first)
    typical = data.train.images[:: max(1, len(data.train) // TYPICAL)] if recipe.integers else None
    paths = export.save(best.averaged, summary, out, typical)
    write_report(args.report or out / "report", runs, best, summary, data)
    for entry in results:
        tests = f"test {entry['test']:.2%}, looking again {entry['test_looking_again']:.2%}"
        print(f"seed {entry['seed']}: {tests}, {entry['seconds']:.1f} s of training")
    mean, spread = summary["accuracy"]["mnist_test_mean"], summary["accuracy"]["mnist_test_sd"]
    print(f"MNIST test: mean {mean:.2%}" + (f" ± {spread:.2%} (sd, n = {len(runs)})" if spread is not None else ""))
    print("wrote " + ", ".join(os.path.relpath(path) for path in paths))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped; all whole epochs are kept. Add --resume to go on.")
