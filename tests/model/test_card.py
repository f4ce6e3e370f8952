"""The model card says what was measured, of the weights that ship."""

import json

from model.reader import Reader
from tests.benchmarks import card, words


def test_the_card_is_what_the_figures_say() -> None:
    assert card.CARD.read_text("utf-8") == words.card(json.loads(card.FIGURES.read_text()))


def test_the_figures_are_of_the_shipped_weights() -> None:
    figures = json.loads(card.FIGURES.read_text())
    assert figures["cards"] == Reader().cards()
    for shipped in Reader().cards():
        assert figures["reading"][shipped["name"]]["version"] == shipped["version"]


def test_every_picture_of_the_card_is_there() -> None:
    for line in card.CARD.read_text("utf-8").splitlines():
        if line.startswith("!["):
            assert (card.CARD.parent / line.split("](")[1].rstrip(")")).is_file(), line
