"""A person who uses the keyboard only: Tab, arrows, Enter, Space, Escape and letters."""

from dataclasses import dataclass

from playwright.sync_api import Page, expect

_FOCUSED = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const label = node.labels?.length ? node.labels[0].innerText.trim() : "";
  const text = node.getAttribute("aria-label") || label || node.innerText || "";
  const box = node.getBoundingClientRect();
  const isShown = node.matches(":focus-visible, .cxmc input[type=date]:focus-within");
  return {text: text.trim(), tag: node.tagName, seen: isShown && box.width > 0};
}"""
_RECORD = """() => {
  window.cxmcAnnounced = [];
  const regions = "[role=status], [role=alert], [aria-live]";
  const note = (node) => {
    const region = node.nodeType === 1 ? node.closest(regions) : node.parentElement?.closest(regions);
    const inner = node.nodeType === 1 ? [...node.querySelectorAll(regions)] : [];
    for (const one of region ? [node] : inner) {
      const text = (one.textContent || "").trim();
      if (text) window.cxmcAnnounced.push(text);
    }
  };
  new MutationObserver((all) => all.forEach((each) => each.addedNodes.forEach(note)))
    .observe(document, {childList: true, subtree: true});
}"""


@dataclass
class Keyboard:
    """The keyboard on one page. The focus must be visible wherever it stops."""

    page: Page

    def focus(self, name: str, tag: str = "", stops: int = 90) -> None:
        """Presses Tab until an element with that accessible name, and that tag if given, has the focus."""
        for _ in range(stops):
            self.press("Tab")
            here = self.page.evaluate(_FOCUSED)
            if here is None:
                continue
            assert here["seen"], f"the focus on {here['text']!r} is not visible"
            if here["text"].split("\n")[0] == name and here["tag"] in (tag or here["tag"]):
                return
        raise AssertionError(f"{name!r} is not reached with {stops} presses of Tab")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def activate(self, name: str, tag: str = "") -> None:
        self.focus(name, tag)
        self.press("Enter")

    def fill(self, name: str, text: str) -> None:
        """Replaces the text of a field; in a list the first letters choose."""
        self.focus(name)
        self.press("Control+A")
        self.page.keyboard.type(text)

    def record_announcements(self) -> None:
        """Records from now on everything that live regions announce."""
        self.page.evaluate(_RECORD)

    def announcements(self) -> list[str]:
        texts: list[str] = self.page.evaluate("window.cxmcAnnounced")
        return texts

    def expect_focus_on(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading)).to_be_focused(timeout=30_000)
