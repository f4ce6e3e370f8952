"""Pictures of the page in its main states, to be looked at; two of them are the README's.

python -m tests.benchmarks.screenshots                 all of them, to runs/screenshots
python -m tests.benchmarks.screenshots --previews      those in static/: the README's two, and the card of a link
"""

import argparse
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.hand import Hand
from tests.conftest import ROOT, running
from tests.drawings import load_drawing

Scheme = Literal["light", "dark"]

SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True},
    "phone-on-its-side": {"viewport": {"width": 844, "height": 390}, "device_scale_factor": 2, "has_touch": True},
    "small-phone": {"viewport": {"width": 320, "height": 568}, "device_scale_factor": 2, "has_touch": True},
    "preview": {"viewport": {"width": 1280, "height": 1350}},
    "wide": {"viewport": {"width": 1920, "height": 1080}},
    "card": {"viewport": {"width": 1200, "height": 630}},
}
COLOURS = 160  # a page in few colours: enough for the edges of its letters


def empty(page: Page) -> None:
    """Nothing drawn yet, the invitation written out."""
    page.wait_for_timeout(1_900)


def answered(page: Page) -> None:
    """A 7 with a bar."""
    _draw(page, load_drawing("7-barred").strokes)
    page.wait_for_selector('#result[data-state="answered"]')


def compared(page: Page) -> None:
    """A 9, after a 2 and a 4; what speaks for a 4 in it."""
    for name in ("2-looped", "4-closed", "9-hooked"):
        page.keyboard.press("Escape")
        _draw(page, load_drawing(name).strokes)
        page.wait_for_selector('#result[data-state="answered"]')
    page.locator("#digits input[value='4']").check(force=True)
    page.wait_for_function("() => document.querySelector('#speaks').textContent.endsWith('4')")


def unsure(page: Page) -> None:
    """A line that is a 1, or a 7, or neither."""
    _draw(page, [[(90, 70), (130, 55), (168, 62), (160, 110), (146, 170), (140, 225)]])
    page.wait_for_selector('#result[data-state="answered"]')


def no_digit(page: Page) -> None:
    """A zigzag."""
    _draw(page, [[(40, 60), (90, 220), (130, 60), (170, 220), (210, 60), (240, 220)]])
    page.wait_for_selector('#result[data-state="answered"]')


def unreachable(page: Page) -> None:
    """Nobody answers."""
    page.route("**/predict*", lambda route: route.abort())
    _draw(page, load_drawing("4-school").strokes)
    page.wait_for_selector('#result[data-state="error"]')


STATES: tuple[Callable[[Page], None], ...] = (empty, answered, compared, unsure, no_digit, unreachable)


def _draw(page: Page, strokes: list[list[tuple[float, float]]]) -> None:
    Hand(page).replay(strokes)


@contextmanager
def opened(browser: Browser, url: str, screen: str, scheme: Scheme) -> Iterator[Page]:
    """The page on a screen."""
    context = browser.new_context(**SCREENS[screen], color_scheme=scheme, service_workers="block")
    page = context.new_page()
    page.goto(f"{url}/")
    page.wait_for_selector('#result[data-state="empty"]')
    yield page
    context.close()


def shoot(page: Page, path: Path, *, whole: bool) -> None:
    """Write a PNG in a palette, a third of the size of what the browser gives."""
    if whole:
        page.locator(".past").scroll_into_view_if_needed()  # what is read only while somebody looks
    page.wait_for_timeout(500)  # the bars have come to rest
    picture = Image.open(io.BytesIO(page.screenshot(full_page=whole))).convert("RGB")
    few = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}  {path.stat().st_size:,} bytes")


def previews(browser: Browser, url: str) -> None:
    """The README's two, and what is shown of the page beside a link to it."""
    for name, screen in (("preview", "preview"), ("preview-phone", "phone"), ("card", "card")):
        with opened(browser, url, screen, "dark" if screen == "phone" else "light") as page:
            answered(page)
            if screen == "card":
                page.locator("main > section").evaluate_all("(parts) => parts.forEach((part) => (part.hidden = true))")
            shoot(page, ROOT / "static" / f"{name}.png", whole=False)


def icons(browser: Browser) -> None:
    """Icons for those who take no SVG; the maskable one without corners, as its system cuts them itself."""
    svg = (ROOT / "static" / "icon.svg").read_text()
    square = svg.replace(' rx="15"', "")
    assert square != svg
    for name, side, source in (("192", 192, svg), ("512", 512, svg), ("maskable", 512, square)):
        page = browser.new_page(viewport={"width": side, "height": side})
        page.set_content(f"<style>* {{ margin: 0; display: block }} svg {{ width: {side}px }}</style>{source}")
        picture = Image.open(io.BytesIO(page.screenshot(omit_background=True)))
        path = ROOT / "static" / f"icon-{name}.png"
        picture.quantize(64, Image.Quantize.FASTOCTREE).save(path, optimize=True)
        page.close()
        print(f"{path.name}  {path.stat().st_size:,} bytes")


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "screenshots", help="folder to write to")
    parser.add_argument("--previews", action="store_true", help="only those of the README")
    parser.add_argument("--icons", action="store_true", help="only the icons")
    parser.add_argument("--only", default="", help="only those whose name contains this")
    args = parser.parse_args()
    with running() as server, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        if args.icons:
            icons(browser)
            browser.close()
            return
        if not args.only:
            previews(browser, server.url)
        schemes: tuple[Scheme, ...] = () if args.previews else ("light", "dark")
        args.out.mkdir(parents=True, exist_ok=True)
        for scheme in schemes:
            for screen in SCREENS.keys() - {"preview", "card"}:
                for state in STATES:
                    name = f"{screen}-{state.__name__}-{scheme}"
                    if args.only in name:
                        with opened(browser, server.url, screen, scheme) as page:
                            state(page)
                            shoot(page, args.out / f"{name}.png", whole=True)
        browser.close()


if __name__ == "__main__":
    main()
