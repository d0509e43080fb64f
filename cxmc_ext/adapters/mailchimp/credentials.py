"""How a call authenticates, and how its secrets are kept out of every text."""

from base64 import b64encode
from collections.abc import Callable

import requests

from cxmc_ext.domain.rules.api_key import token_of


def key_functions(
    key: str, authorization: str | None
) -> tuple[Callable[[requests.PreparedRequest], requests.PreparedRequest], Callable[[str], str]]:
    """Makes two closures over the key, where no repr(), vars() or dump of attributes shows it."""
    basic, token = b64encode(f"cxmc:{key}".encode()).decode(), token_of(key)
    if authorization is None:
        authorization = f"Bearer {token}" if token else f"Basic {basic}"

    def authenticate(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if authorization:
            request.headers["Authorization"] = authorization
        return request

    def remove_key(text: str) -> str:
        return text.replace(key, "…").replace(basic, "…").replace(token or key, "…")

    return authenticate, remove_key
