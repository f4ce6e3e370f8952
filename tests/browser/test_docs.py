"""The documentation on a phone."""

import pytest

from tests.browser.conftest import OpenPage


@pytest.mark.parametrize("width", [320, 390])
def test_no_cell_is_too_narrow_for_its_words(open_page: OpenPage, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 640})
    page.goto(f"{page.url}docs")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    cells = page.locator("tbody th, tbody td:visible")
    widths = cells.evaluate_all("cells => cells.map((cell) => cell.clientWidth)")
    assert len(widths) > 50
    assert min(widths) > 200
