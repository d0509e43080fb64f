"""Takes the pictures of one scene in every theme, width and language, and examines each page."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from tests.gallery.scene import Scene

THEMES, WIDTHS, LANGUAGES = ("light", "dark"), (360, 1280), ("en", "nl")
ENLARGED = 640
"""What is left of a window of 1280 pixels at 200 % zoom; in the light, in the longer language."""
_AXE = """() => axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
  "best-practice"]}).then((found) => found.violations.map((v) => [v.id, v.nodes.map((n) => n.html
  .slice(0, 160) + " " + (n.any[0] || n.all[0] || n.none[0] || {}).message)]))"""
_WORDS = """() => {
  const said = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest("body [lang=en]")) said.push(walk.currentNode.data);
  }
  for (const one of document.body.querySelectorAll("*")) {
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      if (one.getAttribute(name)) said.push(one.getAttribute(name));
    }
  }
  return said.map((text) => text.trim()).filter(Boolean);
}"""
_AWAKE = """() => !document.querySelector("script[data-cxmc]") || Boolean(window.htmx) &&
  [...document.querySelectorAll(".cxmc [hx-post]")].every((one) => "htmx-internal-data" in one)"""
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_SMALL = """() => [...document.querySelectorAll(
  "button, a.cxmc-button, a.button, input, select, summary, a.cxmc-filter")]
  .filter((one) => one.checkVisibility() && !one.closest("[aria-hidden=true]"))
  .map((one) => [one.outerHTML.slice(0, 90), (one.closest("label") || one).getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 23.5 || box.height < 23.5) && box.width > 1)
  .map(([html, box]) => `${html} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


@dataclass
class Camera:
    """`troubles` collects what was found on the pages, each line beginning with its picture."""

    browser: Browser
    root: str
    folder: Path
    axe: str
    english: frozenset[str]
    """Texts that read otherwise in Dutch: none of them may stand on a Dutch page."""
    findings: list[str] = field(default_factory=list)
    taken: int = 0
    _pages: dict[tuple[str, str, bool], Page] = field(default_factory=dict)

    def take_pictures(self, scene: Scene) -> None:
        """A scene that cannot be played is a trouble like any other; the next one is."""
        try:
            self._every(scene)
        except PlaywrightError as error:
            self.findings.append(f"{scene.name}: {error}")

    def _every(self, scene: Scene) -> None:
        for language in LANGUAGES:
            page = self._page(scene.user, language, scene.javascript)
            enlarged = [("light", ENLARGED)] if language == LANGUAGES[-1] else []
            for theme, width in [*product(THEMES, WIDTHS), *enlarged]:
                self._one(page, scene, f"{scene.name}-{theme}-{width}-{language}", theme, width)

    def _one(self, page: Page, scene: Scene, name: str, theme: Any, width: int) -> None:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.goto(self.root + scene.path)
        if scene.javascript:
            page.wait_for_function(_AWAKE)
        scene.action(page)
        page.wait_for_load_state()
        modal = page.locator("dialog:modal").count() > 0
        page.screenshot(path=self.folder / f"{name}.png", full_page=not modal)
        self.taken += 1
        self.findings += [f"{name}: {text}" for text in self._found(page, scene, name)]

    def _found(self, page: Page, scene: Scene, name: str) -> Iterator[str]:
        wider = page.evaluate(_WIDER)
        if wider > 0:
            yield f"is {wider} px wider than the window"
        yield from (f"smaller than 24 px: {one}" for one in page.evaluate(_SMALL))
        if name.endswith("-nl"):
            said = set(page.evaluate(_WORDS))
            yield from (f"English: {text}" for text in sorted(said & self.english))
        if self.axe:
            page.evaluate(self.axe)
            for rule, nodes in page.evaluate(_AXE):
                yield f"axe {rule}: {json.dumps(nodes[:3], ensure_ascii=False)}"

    def _page(self, user: str, language: str, script: bool) -> Page:
        """One page each, opened once: somebody logged in who reads this language."""
        key = (user, language, script)
        if key not in self._pages:
            context = self.browser.new_context(locale=language, timezone_id="Europe/Amsterdam")
            context.set_default_timeout(10_000)
            if not script:  # axe-core itself needs one: only the page's own are kept away
                context.route("**/*.js*", lambda route: route.abort())
            page = self._pages[key] = context.new_page()
            page.on("pageerror", lambda error: self.findings.append(f"{page.url}: {error}"))
            page.goto(f"{self.root}/login?lang={language}")
            if user:
                page.locator("#f-username").fill(user)
                page.locator("#f-password").fill(user)
                page.locator(".login form button").click()
        return self._pages[key]
