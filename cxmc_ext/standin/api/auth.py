"""Who is calling, and whether the user's role allows the call."""

import base64
import binascii
import re

from werkzeug.datastructures import Headers

from cxmc_ext.standin.models import Account, Key
from cxmc_ext.standin.problems import key_invalid, key_missing, role_refused, user_disabled
from cxmc_ext.standin.state import State

# Roles: https://mailchimp.com/help/manage-user-levels-in-your-account/
FULL_ACCESS_ROLES = ("owner", "admin", "manager")
ALL_PATHS = re.compile(".*")
READABLE_PATHS = {
    "author": ALL_PATHS,
    "viewer": re.compile(r"/(ping|campaigns.*|reports.*)?"),
}
WRITABLE_PATHS = {
    "author": re.compile(r"/(templates.*|campaigns(/[^/]+(/content|/actions/(test|replicate))?)?)"),
}


def authenticate(state: State, headers: Headers) -> tuple[Key, Account]:
    """The API key of a call, and its account.

    Raises:
        Problem: There is no key, or it cannot be used.
    """
    secret = _key_from_header(headers.get("Authorization", ""))
    if not secret:
        raise key_missing()
    key = state.keys.get(secret)
    if key is None or key.state == "disabled":
        raise key_invalid()
    if key.state == "deactivated":
        raise user_disabled()
    account = state.accounts[key.account_id]
    if account.deactivated:
        raise user_disabled()
    return key, account


def authorize(key: Key, method: str, path: str) -> None:
    """Checks the role of the key's user.

    Raises:
        Problem: The role does not allow the call.
    """
    if key.role in FULL_ACCESS_ROLES:
        return
    paths = READABLE_PATHS if method == "GET" else WRITABLE_PATHS
    allowed = paths.get(key.role)
    if allowed is None or not allowed.fullmatch(path):
        raise role_refused()


def _key_from_header(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
