"""What one picture is of."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.gallery import page_actions


@dataclass(frozen=True)
class Scene:
    """One picture: who looks where, and what they do before it is taken.

    `script` False: in a browser without JavaScript.
    """

    name: str
    path: str
    user: str = "recruiter"
    action: Callable[[Page], None] = page_actions.no_action
    javascript: bool = True
