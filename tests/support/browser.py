"""A simple browser for Flask's test client: opens pages, submits forms, parses the answers."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

CSRF_TOKEN = "the-token-of-this-session"


class Page(HTMLParser):
    """A parsed page: `text` is what a person reads, `tags` every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text_parts: list[str] = []
        self._inside_script = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs), f"a browser ignores the second one: {attrs}"
        self.tags.append((tag, attributes))
        self._inside_script += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._inside_script -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._inside_script and data.strip():
            self.text_parts.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.text_parts).split())

    def elements(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of that kind."""
        return [attrs for name, attrs in self.tags if name == tag]

    def field(self, name: str) -> dict[str, str]:
        """The attributes of the form field of that name."""
        return next(attrs for _, attrs in self.tags if attrs.get("name") == name)

    @property
    def panel_attributes(self) -> dict[str, str]:
        return next(attrs for _, attrs in self.tags if attrs.get("id") == "cxmc-tab")

    def buttons(self) -> set[str]:
        """Accessible names of buttons and of links that look like one."""
        reader = _Buttons()
        reader.feed(self.html)
        return reader.names


class _Buttons(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.names: set[str] = set()
        self.inside = ""
        self.name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "button" or "cxmc-button" in (attributes.get("class") or ""):
            self.inside, self.name = tag, attributes.get("aria-label") or ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.name += data

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.names.add(self.name.strip())
            self.inside = ""


@dataclass
class Browser:
    """Sends every request as htmx does; with `javascript=False` as a browser without scripts."""

    client: FlaskClient
    javascript: bool = True

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, headers=self._headers(), **options)

    def post(self, path: str, **form: str) -> TestResponse:
        """Posts the form with a valid CSRF token."""
        with self.client.session_transaction() as session:
            session["cxmc_csrf"] = CSRF_TOKEN
            session.pop("cxmc_csrf_for", None)
        return self.client.post(
            path, data={"csrf_token": CSRF_TOKEN, **form}, headers=self._headers()
        )

    def open_page(self, path: str, status: int = 200) -> Page:
        answer = self.get(path)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return Page(answer.get_data(as_text=True))

    def submit(self, path: str, status: int = 200, **form: str) -> Page:
        answer = self.post(path, **form)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return Page(answer.get_data(as_text=True))

    def _headers(self) -> dict[str, str]:
        return {"HX-Request": "true"} if self.javascript else {}
