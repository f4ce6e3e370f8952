"""The library of ways to write digits: valid data, natural variations, marks that are no digits."""

import json
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from model import styles
from model.curves import Strokes, along, corners
from model.marks import scribble
from model.normalise import SIZE, normalise
from model.strokes import rasterise
from model.styles import MAX_POINTS, Template

EVERY = (*styles.templates(), *styles.letters(), *styles.doodles())
by_name = pytest.mark.parametrize("template", EVERY, ids=lambda template: template.name)


def assert_is_a_drawing(strokes: Strokes) -> None:
    assert strokes
    assert all(s.dtype == np.float64 and s.ndim == 2 and s.shape[1] == 2 and len(s) >= 1 for s in strokes)
    assert sum(len(stroke) for stroke in strokes) <= MAX_POINTS
    assert all(np.isfinite(stroke).all() for stroke in strokes)


@pytest.mark.parametrize("digit", range(10))
def test_every_digit_is_written_in_many_ways(digit: int) -> None:
    assert sum(template.digit == digit for template in styles.templates()) >= 20


def test_the_styles_that_the_world_writes_are_there() -> None:
    names = {template.name for template in styles.templates()}
    assert names >= {
        "0 slashed", "0 dotted", "0 open-top", "1 plain", "1 flag", "1 base", "2 loop", "3 flat-top", "4 open",
        "4 closed", "4 lightning", "5 hat", "5 one-stroke", "6 simple", "7 plain", "7 barred", "7 serif",
        "8 two-circles", "9 straight-stem", "9 hooked", "9 looped",
    }  # fmt: skip


def test_no_two_templates_share_a_name() -> None:
    assert len({template.name for template in EVERY}) == len(EVERY)


@by_name
def test_points_lie_in_the_box(template: Template) -> None:
    for stroke in template.strokes:
        assert stroke.points.min() >= 0
        assert stroke.points.max() <= styles.BOX


@by_name
def test_without_variation_the_curve_runs_through_every_point_of_the_template(template: Template) -> None:
    drawn = styles.draw(template, np.random.default_rng(0), amount=0)
    assert len(drawn) == len(template.strokes)
    for stroke, authored in zip(drawn, template.strokes, strict=True):
        away = np.abs(stroke[:, None] - authored.points[None]).max(axis=2).min(axis=0)
        assert away.max() < 1e-9


def test_without_variation_chance_plays_no_part() -> None:
    for template in EVERY:
        first = styles.draw(template, np.random.default_rng(1), amount=0)
        again = styles.draw(template, np.random.default_rng(2), amount=0)
        assert all((a == b).all() for a, b in zip(first, again, strict=True))


def test_the_same_seed_gives_the_same_drawing() -> None:
    first = [styles.sample(None, np.random.default_rng(seed)) for seed in range(50)]
    again = [styles.sample(None, np.random.default_rng(seed)) for seed in range(50)]
    for (strokes, template), (strokes_2, template_2) in zip(first, again, strict=True):
        assert template == template_2
        assert all((a == b).all() for a, b in zip(strokes, strokes_2, strict=True))


def test_two_drawings_in_one_style_differ() -> None:
    rng = np.random.default_rng(0)
    for template in EVERY:
        one, other = (np.concatenate(styles.draw(template, rng)) for _ in range(2))
        assert one.shape != other.shape or np.abs(one - other).max() > 0.5


@by_name
def test_variations_are_drawings_about_as_large_as_the_template(template: Template) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        strokes = styles.draw(template, rng)
        assert_is_a_drawing(strokes)
        points = np.concatenate(strokes)
        assert points.min() > -75
        assert points.max() < 175
        assert np.ptp(points, axis=0).max() > 40


def test_a_few_hands_draw_unlike_the_rest() -> None:
    rng = np.random.default_rng(0)
    oval = next(template for template in styles.templates() if template.name == "0 oval")
    drawings = [styles.draw(oval, rng) for _ in range(2000)]
    turns = np.array([len(corners(drawn[0], 1.0)) for drawn in drawings if len(drawn) == 1])
    assert 0.02 < (turns <= 12).mean() < 0.08, "straight from turn to turn"
    strokes = np.array([len(drawn) for drawn in drawings])
    assert 0.01 < (strokes > 3).mean() < 0.06, "sketched in pieces"
    lengths = np.array([sum(along(stroke)[-1] for stroke in drawn) for drawn in drawings])
    assert 0.01 < (lengths[strokes == 2] > 1.6 * np.median(lengths)).sum() / len(drawings) < 0.06, "gone over again"
    wide, high = np.transpose([np.ptp(np.concatenate(drawn), axis=0) for drawn in drawings])
    slender = (wide / high) / np.median(wide / high)
    assert 0.005 < ((slender < 0.6) | (slender > 1 / 0.6)).mean() < 0.05, "narrow or wide"


@by_name
def test_every_style_goes_through_the_programs_own_rasteriser(template: Template) -> None:
    rng = np.random.default_rng(0)
    for amount in (0.0, 1.0):
        pixels = normalise(rasterise(styles.draw(template, rng, amount)).pixels).pixels
        assert pixels.shape == (SIZE, SIZE)
        assert pixels.max() == 1
        assert 0.02 < pixels.mean() < 0.4


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_asked_for_is_the_digit_drawn(digit: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        strokes, template = styles.sample(digit, rng)
        assert template.digit == digit
        assert_is_a_drawing(strokes)


def test_styles_are_sampled_by_their_weight() -> None:
    rng = np.random.default_rng(0)
    names = [styles.sample(7, rng)[1].style for _ in range(3000)]
    sevens = {template.style: template.weight for template in styles.templates() if template.digit == 7}
    share = sevens["barred"] / sum(sevens.values())
    assert names.count("barred") / 3000 == pytest.approx(share, abs=5 * np.sqrt(share / 3000))
    assert len(set(names)) == len(sevens)


def test_no_style_drowns_the_others() -> None:
    for digit in range(10):
        weights = [template.weight for template in styles.templates() if template.digit == digit]
        assert max(weights) / sum(weights) < 0.2
        assert min(weights) / sum(weights) > 0.001


def test_letters_are_drawings_without_a_digit() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        strokes, template = styles.sample_letter(rng)
        assert template.digit is None
        assert_is_a_drawing(strokes)


def test_scribbles_are_drawings_that_the_rasteriser_takes() -> None:
    rng = np.random.default_rng(0)
    for _ in range(500):
        strokes = scribble(rng)
        assert_is_a_drawing(strokes)
        assert normalise(rasterise(strokes).pixels).pixels.max() == 1


def test_sixty_thousand_drawings_are_a_matter_of_seconds_not_minutes() -> None:
    rng = np.random.default_rng(0)
    for template in EVERY:  # compiled once
        styles.draw(template, rng)
    times = []
    for _ in range(5):
        start = perf_counter()
        for _ in range(100):
            styles.sample(None, rng)
        times.append(perf_counter() - start)
    # 0.01 s on an idle core of 2025 (10,000 a second); the bound leaves room for a busy machine of 2015.
    assert min(times) < 0.2


def test_data_that_is_not_valid_is_refused_with_its_name(tmp_path: Path) -> None:
    entry = {
        "digit": 7,
        "style": "broken",
        "weight": 1.0,
        "strokes": [{"curve": "smooth", "points": [[0, 0], [101, 3]]}],
    }
    with pytest.raises(ValueError, match="7 broken"):
        styles.read(_file(tmp_path / "box.json", entry))
    entry["strokes"] = [{"curve": "smooth", "points": [[5, 5], [5, 5], [9, 9]]}]
    with pytest.raises(ValueError, match="twice in a row"):
        styles.read(_file(tmp_path / "twice.json", entry))
    entry["strokes"] = [{"curve": "smooth", "points": [[5, 5], [9, 9]]}]
    with pytest.raises(ValueError, match="share a name: 7 broken"):
        styles.read(_file(tmp_path / "names.json", entry, entry))


def _file(path: Path, *entries: object) -> Path:
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def test_the_sheet_shows_every_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = tuple(t for t in EVERY if t.style in ("plain", "barred", "A", "pear"))
    monkeypatch.setattr(styles, "_of_digit", lambda digit: tuple(t for t in some if t.digit == digit))
    monkeypatch.setattr(styles, "letters", lambda: tuple(t for t in some if t.style == "A"))
    monkeypatch.setattr(styles, "doodles", lambda: tuple(t for t in some if t.style == "pear"))
    styles.sheet(tmp_path / "sheet.png", variations=2)
    assert (tmp_path / "sheet.png").stat().st_size > 1000
