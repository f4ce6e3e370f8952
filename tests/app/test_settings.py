"""Settings: read from the environment, bounded, documented."""

from dataclasses import fields
from pathlib import Path

import pytest

from app.settings import SETTINGS, BadSetting, Number, Setting, Settings, variable
from tests.conftest import ROOT

NUMBERS = [setting for setting in SETTINGS if isinstance(setting, Number)]


def test_without_variables_every_setting_has_its_default() -> None:
    settings = Settings.read({})
    for setting in NUMBERS:
        assert getattr(settings, setting.name) == setting.default
    assert settings.weights is None
    assert settings.origins == ()


def test_every_setting_is_in_the_table_and_no_other() -> None:
    assert [setting.name for setting in SETTINGS] == [field.name for field in fields(Settings)]


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda setting: setting.name)
def test_a_number_is_read_and_its_bounds_are_allowed(setting: Number) -> None:
    for value in (setting.low, setting.high):
        assert getattr(Settings.read({variable(setting): f" {value} "}), setting.name) == value


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda setting: setting.name)
def test_a_value_that_is_not_allowed_says_which_variable_and_what_is(setting: Number) -> None:
    for text in ("many", "1.5", "-1", str(setting.low - 1), str(setting.high + 1), "9" * 5_000):
        with pytest.raises(BadSetting) as caught:
            Settings.read({variable(setting): text})
        message = str(caught.value)
        for part in (variable(setting), text[:40], str(setting.low), str(setting.high), str(setting.default)):
            assert part in message
        assert len(message) < 400


def test_a_folder_has_to_exist(tmp_path: Path) -> None:
    assert Settings.read({"DIGITS_WEIGHTS": str(tmp_path)}).weights == tmp_path
    with pytest.raises(BadSetting, match="DIGITS_WEIGHTS"):
        Settings.read({"DIGITS_WEIGHTS": str(tmp_path / "nothing")})


def test_origins_are_a_list() -> None:
    text = " https://a.example , http://localhost:3000,http://[::1]:80,"
    assert Settings.read({"DIGITS_ORIGINS": text}).origins == (
        "https://a.example",
        "http://localhost:3000",
        "http://[::1]:80",
    )
    assert Settings.read({"DIGITS_ORIGINS": "*"}).origins == ("*",)


@pytest.mark.parametrize("text", ["a.example", "https://a.example/", "https://A.example", "ftp://a", "null", "x" * 999])
def test_what_is_no_origin_says_so(text: str) -> None:
    with pytest.raises(BadSetting, match="DIGITS_ORIGINS") as caught:
        Settings.read({"DIGITS_ORIGINS": f"https://a.example,{text}"})
    assert text[:80] in str(caught.value)
    assert len(str(caught.value)) < 500


def test_variables_of_others_are_passed_over() -> None:
    assert Settings.read({"DIGITS_PORT": "tcp://10.0.0.1:80", "DIGITS_DATA": "x"}) == Settings.read({})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_stands_in_the_readme_with_its_default(setting: Setting) -> None:
    readme = ROOT / "README.md"
    rows = [line for line in readme.read_text("utf-8").splitlines() if line.startswith(f"| `{variable(setting)}`")]
    assert len(rows) == 1, f"README.md has no row | `{variable(setting)}` | {setting.default} | {setting.help} |"
    assert str(setting.default) in rows[0].replace(",", "")
