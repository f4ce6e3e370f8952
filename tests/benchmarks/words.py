"""What is written from the figures that `tests.benchmarks.card` measures: the model card, and the README's table."""

import statistics
from typing import Any

from model import synthesis
from tests.benchmarks import unlearnt

MARKS = ("<!-- figures, written by `make measure` -->", "<!-- end of figures -->")


def percent(share: float) -> str:
    """0.9975 as "99.75 %"."""
    return f"{100 * share:.2f} %"


def mean(shares: list[float]) -> str:
    """[0.9970, 0.9972] as "99.71 ± 0.01 %", with the standard deviation of so few."""
    deviation = f" ± {100 * statistics.stdev(shares):.2f}" if len(shares) > 1 else ""
    return f"{100 * statistics.mean(shares):.2f}{deviation} %"


def as_served(seed: dict[str, Any]) -> float:
    """The share of MNIST's test images that the service would read right with this seed's network."""
    return float(seed.get("test_looking_again", seed["test"]))  # one that knows no other hands is asked once


def by_eye(kinds: dict[str, dict[str, int]]) -> str:
    """What was read in pairs that are answered sure, and how many that leaves of all."""
    alike = " and ".join(f"{kind['read_alike']} of {kind['sure']}" for kind in kinds.values())
    left = " and ".join(percent((kind["sure"] - kind["read_alike"]) / kind["n"]) for kind in kinds.values())
    unread = sum(kind["not_read"] for kind in kinds.values())
    still = f" ({unread} of which nobody has read yet)" if unread else ""
    return f"{alike}: answered sure, and not that digit to the eye, are {left} of all{still}."


def card(figures: dict[str, Any]) -> str:
    """The card: figures.json to Markdown."""
    cards = {card["name"]: card for card in figures["cards"]}
    ours, blog = cards["digitnet"], cards["blog"]
    read, old = figures["reading"]["digitnet"], figures["reading"]["blog"]
    seeds = ours["accuracy"]["seeds"]
    dead = [entry for entry in blog["accuracy"]["seeds"] if len(entry["never_says"]) > 5]
    alive = [entry["test"] for entry in blog["accuracy"]["seeds"] if entry not in dead]
    training, first = ours["training"], ours["first_stage"]
    drawn = {"MNIST test": "mnist_test", "pendigits-train": "pendigits_train", "fresh drawings in all styles": "styles"}
    others = {"UNIPEN's letters": read["letters"], **read["no_digit"]}
    fast = figures["quick"]
    recipe = training["recipe"]
    lines = [
        "# Model card",
        "",
        "Written from `figures.json` by `python -m tests.benchmarks.card`; a test holds the two together.",
        f"Measured on {figures['date']}; what takes time on {figures['timed']}, {figures['timed_on']}, of the program",
        f"as it was then ({figures['timed_at']}).",
        "",
        "## What it is",
        "",
        f"`digitnet` {ours['version']}: {ours['parameters']:,} parameters, {ours['bytes']:,} bytes as ONNX. It reads",
        "one handwritten digit, 28x28, in MNIST's geometry, and says when what it sees is none. It was trained on",
        "MNIST, on digits drawn from this project's own stroke templates, and on drawings that are no digit. No",
        "handwriting of others but MNIST's was used; pendigits and UNIPEN only measure it.",
        "",
        f"Trained by `{training['command']}` (seed {training['seed']}: {training['chosen']}), {training['date']},",
        f"torch {training['versions']['torch']}, {training['arithmetic']}: {recipe['epochs']} epochs alone, then "
        f"{recipe['together']} in which it",
        f"learns from what the {len(seeds)} networks say together, then twice {recipe['settle']} of settling, most of",
        "it on MNIST, the second time nearly all. The ONNX file computes in 8-bit integers.",
        *(
            (
                f"What is plain its first stage answers: a network of {first['parameters']:,} of these parameters that",
                f"has learnt from it in {recipe['first']} more epochs ({first['seconds']:.0f} s), and whose answer "
                "stands where it prefers",
                f"a digit to all else by {first['margin']:.2f} in logits: for {percent(first['share'])} of the "
                "held-out digits.",
            )
            if first
            else ()
        ),
        "Where the answer to a drawing would not be sure, the network is shown it as eight slightly other hands would",
        "have drawn it, in turns with a thin, a usual and a thick pen unless a picture has few pixels, and the mean of",
        "the eight counts (test-time augmentation).",
        "",
        f"MNIST's test images, mean of {len(seeds)} seeds: {mean([entry['test'] for entry in seeds])} at one look, and",
        f"{mean([as_served(entry) for entry in seeds])} as the service answers, looking again where it is not sure.",
        "",
        "| seed | held-out MNIST | held-out drawings | MNIST test, one look | looking again | training, s |",
        "|---|---|---|---|---|---|",
        *(
            f"| {entry['seed']} | {percent(entry['held_out'])} | {percent(entry['held_out_drawn'])} "
            f"| {percent(entry['test'])} | {percent(as_served(entry))} | {entry['seconds']:.0f} |"
            for entry in seeds
        ),
        "",
        f"`train.py --quick`: {100 * fast['mnist_test_mean']:.2f} ± {100 * fast['mnist_test_sd']:.2f} % "
        f"(n = {fast['n']}) in {statistics.median(fast['seconds']):.1f} s of training (median;",
        f"two cores, {fast['timed_on']}).",
        "",
        f"`blog` {blog['version']}: the network of 2017, {blog['parameters']:,} parameters. "
        f"Of {len(blog['accuracy']['seeds'])} seeds {len(dead)} died: the ReLU on its logits",
        "cut off every gradient, and the network says the same for all images. The others reach "
        f"{percent(min(alive))} to {percent(max(alive))}, against",
        'the "96 %" that the post reports.',
        "",
        "## Digits",
        "",
        "| set | n | right | `blog` | worst digit | answered sure | wrong of those | called no digit |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {read[key]['n']:,} | {percent(read[key]['accuracy'])} | {percent(old[key]['accuracy'])} "
            f"| {percent(read[key]['worst_digit'])} | {percent(read[key]['sure'])} "
            f"| {percent(read[key]['wrong_of_sure'])} | {percent(read[key]['called_no_digit'])} |"
            for name, key in drawn.items()
        ),
        "",
        "| digit | " + " | ".join(str(digit) for digit in range(10)) + " |",
        "|---|" + "---|" * 10,
        *(
            f"| {name}, right in % | "
            + " | ".join(f"{100 * read[key]['by_digit'][str(digit)]:.1f}" for digit in range(10))
            + " |"
            for name, key in drawn.items()
        ),
        "",
        "The command also draws every misread image of both sets, to `report/`: those pictures are not ours to ship.",
        "",
        "![Calibration and coverage](pictures/reliability.png)",
        "",
        "## What is no digit",
        "",
        "| set | n | answered sure | called no digit |",
        "|---|---|---|---|",
        *(
            f"| {name} | {part['n']:,} | {percent(part['sure'])} | {percent(part['called_no_digit'])} |"
            for name, part in others.items()
        ),
        "",
        "All but UNIPEN's are drawn by this project, or cut from MNIST's test images. Both of two digits are to be",
        f"seen where {100 * synthesis.SEEN:.0f} % of each one's line lies beside the other's, no 1 or 7 crossing a 0",
        "or the other. Of other pairs one over the other most that are answered sure are that digit to us, too: a 1",
        "over a 0 is a slashed 0, a 3 over a 9 an 8. One of us, shown them among as many others and digits of MNIST,",
        "and neither labels nor answers (`python -m tests.benchmarks.by_eye`), read the same digit in",
        by_eye(figures["by_eye"]),
        "Of halves, too, most that are answered sure are that digit to us. Parts are "
        f"{100 * synthesis.PART[0]:.0f} to {100 * synthesis.PART[1]:.0f} % of the height of a",
        f"digit, of those that leave no other: a 1 cut in two is a 1. Nothing was learnt from the {unlearnt.KIND},",
        "all drawn with the usual pen, nor from UNIPEN's letters. All that were drawn and answered sure:",
        "",
        "![No digits, but answered sure](pictures/sure-of-none.png)",
        "",
        "Confidence tells the letters from the digits of pendigits-train with an AUROC of "
        f"{read['letters']['auroc']:.4f}.",
        "",
        "## Styles",
        "",
        f"{figures['styles']['templates']} templates, {figures['styles']['drawings']:,} drawings: "
        f"{percent(figures['styles']['accuracy'])} right;",
        f"{figures['styles']['never_misread']} templates are never misread. The worst:",
        "",
        *(f"- {name}: {percent(share)}" for name, share in figures["styles"]["worst"].items()),
        "",
        "![Misread styles](pictures/misread-styles.png)",
        "",
        "All templates, each plain and then three times as it is drawn for the training, letters and doodles last:",
        "",
        "![All styles](pictures/styles.png)",
        "",
        "## The same drawing, drawn and sent otherwise",
        "",
        f"{figures['variants']['n']:,} drawings of pendigits-train in {figures['variants']['variants']} variants each: "
        f"{percent(figures['variants']['all'])} keep their digit in all of them.",
        "",
        "| variant | same digit |",
        "|---|---|",
        *(f"| {name} | {percent(share)} |" for name, share in figures["variants"]["each"].items()),
        "",
        "## Drawn worse",
        "",
        f"{figures['hands']['n']:,} drawings of pendigits-train, changed as a hasty hand, a mouse or a small screen",
        "changes them, further than most people go (`python -m tests.benchmarks.hands`). Some are another digit to us,",
        "too: a flagged 1 that is turned to the right is a 7.",
        "",
        "| way | right | answered sure | wrong of those |",
        "|---|---|---|---|",
        *(
            f"| {way} | {percent(each['accuracy'])} | {percent(each['sure'])} | {percent(each['wrong_of_sure'])} |"
            for way, each in figures["hands"]["ways"].items()
        ),
        f"| mean, but as drawn | {percent(figures['hands']['mean'])} | | |",
        "",
        "## Speed",
        "",
        "One thread, in process; networks and strokes with those of `tests/drawings`, in turns, or one in doubt.",
        "",
        "| | mean, ms | median, ms | 95 %, ms | n |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {figure['mean_ms']:.3f} | {figure['median_ms']:.3f} | {figure['p95_ms']:.3f} "
            f"| {figure['n']:,} |"
            for name, figure in figures["speed"].items()
        ),
        "",
        "What accuracy costs, by networks of other widths, depths and kinds, trained alike and briefly",
        "(`python -m tests.benchmarks.frontier`):",
        "",
        "![Accuracy against time](pictures/frontier.png)",
        "",
    ]
    return "\n".join(lines)


def table(figures: dict[str, Any]) -> str:
    """The README's table of figures."""
    cards = {card["name"]: card for card in figures["cards"]}
    names = ("digitnet", "blog")
    read, fast = figures["reading"], figures["speed"]

    def row(title: str, values: list[str]) -> str:
        return f"| {title} | " + " | ".join(values) + " |"

    def mnist(name: str) -> str:
        accuracy = cards[name]["accuracy"]
        alive = [as_served(seed) for seed in accuracy["seeds"] if len(seed["never_says"]) <= 5]
        dead = len(accuracy["seeds"]) - len(alive)
        note = f", {dead} more died" if dead else ""
        shipped = read[name]["mnist_test"]["accuracy"]
        return f"{mean(alive)}, n = {len(alive)}{note} ({percent(shipped)})"

    pen, letters = ([read[name][key] for name in names] for key in ("pendigits_train", "letters"))
    doodles = [read[name]["no_digit"][unlearnt.KIND] for name in names]
    return "\n".join(
        (
            "| | `digitnet` (ours) | `blog` (2017) |",
            "|---|---|---|",
            row("MNIST's 10,000 test images", [mnist(name) for name in names]),
            row(f"{pen[0]['n']:,} digits by 30 people with a pen", [percent(part["accuracy"]) for part in pen]),
            row(
                "of those answered sure, and wrong",
                [f"{percent(p['sure'])}, {percent(p['wrong_of_sure'])}" for p in pen],
            ),
            row(f"{letters[0]['n']:,} letters answered sure", [percent(part["sure"]) for part in letters]),
            row(f"{doodles[0]['n']:,} doodles answered sure", [percent(part["sure"]) for part in doodles]),
            row("parameters", [f"{cards[name]['parameters']:,}" for name in names]),
            row("weights, bytes", [f"{cards[name]['bytes']:,}" for name in names]),
            row("network alone, one thread", [f"{fast[f'{n}: the network alone']['mean_ms']:.3f} ms" for n in names]),
            row("strokes to answer", [f"{fast[f'{n}: strokes to answer']['mean_ms']:.3f} ms" for n in names]),
        )
    )


def with_table(readme: str, figures: dict[str, Any]) -> str:
    """The README with the table of these figures between its two marks."""
    before, after = readme.split(MARKS[0])[0], readme.split(MARKS[1])[1]
    return f"{before}{MARKS[0]}\n{table(figures)}\n{MARKS[1]}{after}"
