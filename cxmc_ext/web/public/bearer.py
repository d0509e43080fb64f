"""The token of a page for programs."""

import hmac

from flask import Request


def has_token(request: Request, token: str) -> bool:
    """Whether the request carries `Authorization: Bearer <token>`. Never if `token` is empty."""
    given = request.headers.get("Authorization", "").encode()
    return bool(token) and hmac.compare_digest(given, f"Bearer {token}".encode())
