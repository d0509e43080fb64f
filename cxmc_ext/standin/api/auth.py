"""Whose call is it, and may he? Keys, roles, plans."""

import base64
import binascii
import re

from werkzeug.datastructures import Headers

from cxmc_ext.standin.models import Account, Key
from cxmc_ext.standin.problems import key_invalid, key_missing, role_refused, user_disabled
from cxmc_ext.standin.state import State

FULL_ACCESS_ROLES = ("owner", "admin", "manager")
READABLE_PATHS = {"viewer": re.compile(r"/(ping|campaigns.*|reports.*)?")}
WRITABLE_PATHS = {
    "author": re.compile(r"/(templates.*|campaigns(/[^/]+(/content|/actions/(test|replicate))?)?)"),
}


def authenticate(state: State, headers: Headers) -> tuple[Key, Account]:
    """Raise a Problem without a usable key."""
    secret = _secret(headers.get("Authorization", ""))
    if not secret:
        raise key_missing()
    key = state.keys.get(secret)
    if key is None or key.state == "disabled":
        raise key_invalid()
    if key.state == "deactivated":
        raise user_disabled()
    return key, state.accounts[key.account_id]


def authorize(key: Key, method: str, path: str) -> None:
    """Raise a Problem when the role is too low. Owner, admin and manager may do everything."""
    if key.role in FULL_ACCESS_ROLES:
        return
    everything = re.compile(".*") if key.role != "viewer" else None
    rules = READABLE_PATHS if method == "GET" else WRITABLE_PATHS
    allowed = rules.get(key.role, everything if method == "GET" else None)
    if allowed is None or not allowed.fullmatch(path):
        raise role_refused()


def _secret(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
