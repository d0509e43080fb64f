"""A person without a mouse: Tab, arrows, Enter, Space, Escape and letters, and nothing else."""

from dataclasses import dataclass

from playwright.sync_api import Page, expect

_NOW = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const label = node.labels?.length ? node.labels[0].innerText.trim() : "";
  const text = node.getAttribute("aria-label") || label || node.innerText || "";
  const box = node.getBoundingClientRect();
  return {text: text.trim(), tag: node.tagName, seen: node.matches(":focus-visible") && box.width > 0};
}"""
_LISTEN = """() => {
  window.cxmcSaid = [];
  const regions = "[role=status], [role=alert], [aria-live]";
  const note = (node) => {
    const region = node.nodeType === 1 ? node.closest(regions) : node.parentElement?.closest(regions);
    const inner = node.nodeType === 1 ? [...node.querySelectorAll(regions)] : [];
    for (const one of region ? [node] : inner) {
      const text = (one.textContent || "").trim();
      if (text) window.cxmcSaid.push(text);
    }
  };
  new MutationObserver((all) => all.forEach((each) => each.addedNodes.forEach(note)))
    .observe(document, {childList: true, subtree: true});
}"""


@dataclass
class Keyboard:
    """Keys pressed on one page. Every stop of the focus must be visible."""

    page: Page

    def focus(self, name: str, tag: str = "", stops: int = 90) -> None:
        """Tabs on until the element of that accessible name, and of that kind, has the focus."""
        for _ in range(stops):
            self.press("Tab")
            here = self.page.evaluate(_NOW)
            if here is None:
                continue
            assert here["seen"], f"nobody sees that {here['text']!r} has the focus"
            if here["text"].split("\n")[0] == name and here["tag"] in (tag or here["tag"]):
                return
        raise AssertionError(f"{name!r} is not reached by {stops} presses of Tab")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def activate(self, name: str, tag: str = "") -> None:
        self.focus(name, tag)
        self.press("Enter")

    def fill(self, name: str, text: str) -> None:
        """In the place of what stands in the field; the first letters choose in a list."""
        self.focus(name)
        self.press("Control+A")
        self.page.keyboard.type(text)

    def record_announcements(self) -> None:
        """From now on everything a live region says is noted."""
        self.page.evaluate(_LISTEN)

    def announcements(self) -> list[str]:
        told: list[str] = self.page.evaluate("window.cxmcSaid")
        return told

    def expect_focus_on(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading)).to_be_focused(timeout=30_000)
