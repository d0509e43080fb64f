"""What an endpoint gets (`Call`), how it is registered (`endpoint`), and small helpers for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from cxmc_ext.standin.models import Account, Audience, Campaign, Json, Key, Member
from cxmc_ext.standin.problems import invalid, not_found
from cxmc_ext.standin.service.membership import find_member
from cxmc_ext.standin.state import State

PathValues = ParamSpec("PathValues")
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Call:
    """One authorized API call.

    `args` is the query string, `body` the JSON object that was sent ({} if none was), and `base_url` the
    stand-in's own address.
    """

    state: State
    key: Key
    account: Account
    args: Mapping[str, str]
    body: Json
    base_url: str

    @property
    def now(self) -> int:
        return self.state.clock.now()


_JSON_NAMES: Mapping[type, str] = {
    str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object",
}  # fmt: skip

Handler = Callable[..., Json | None]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of the endpoint table."""

    method: str
    path: str
    handler: Handler
    locked: bool


ENDPOINTS: list[Endpoint] = []


def endpoint(
    method: str, path: str, locked: bool = True
) -> Callable[
    [Callable[Concatenate[Call, PathValues], Json | None]],
    Callable[Concatenate[Call, PathValues], Json | None],
]:
    """Registers a function as an endpoint. It returns the JSON object of the answer, or None for 204.

    Args:
        method: The HTTP method.
        path: The URL rule below /3.0; its values are passed to the function.
        locked: Whether the function runs under the state's lock. If not, it takes the lock itself.
    """

    def register(
        handler: Callable[Concatenate[Call, PathValues], Json | None],
    ) -> Callable[Concatenate[Call, PathValues], Json | None]:
        ENDPOINTS.append(Endpoint(method, path, handler, locked))
        return handler

    return register


def audience_of(call: Call, list_id: str) -> Audience:
    """The audience, or a 404 Problem."""
    return _or_not_found(call.account.lists.get(list_id))


def campaign_of(call: Call, campaign_id: str) -> Campaign:
    """The campaign, or a 404 Problem."""
    return _or_not_found(call.account.campaigns.get(campaign_id))


def member_of(audience: Audience, reference: str) -> Member:
    """The member with this hash or address, or a 404 Problem."""
    return _or_not_found(find_member(audience, reference))


def require(body: Json, *names: str) -> None:
    """Raises a Problem if one of the fields is missing or empty."""
    for name in names:
        if body.get(name) in (None, ""):
            raise invalid(name, "This value should not be blank.")


def check_types(body: Json, types: Mapping[str, type], inside: str = "") -> None:
    """Raises a Problem if a field that is given has another type.

    Args:
        body: The object with the fields.
        types: Name to type; fields that are not named are not checked.
        inside: The name of the object, if it is a part of the body.
    """
    for name in body.keys() & types.keys():
        value, wanted = body[name], _JSON_NAMES[types[name]]
        if type(value) is not types[name]:
            found = _JSON_NAMES.get(type(value), "null")
            path = f"{inside}.{name}" if inside else name
            raise invalid(path, f"Schema describes {wanted}, {found} found instead")


def string_list(body: Json, name: str) -> list[str]:
    """A field that is a list of strings; [] if it is missing.

    Raises:
        Problem: It is something else.
    """
    value: Any = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid(name, "Schema describes array of strings.")
    return value


def json_object(body: Json, name: str) -> Json:
    """A field that is a JSON object; {} if it is missing.

    Raises:
        Problem: It is something else.
    """
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise invalid(name, "Schema describes object.")
    return value


def link(rel: str, href: str) -> list[dict[str, str]]:
    return [{"rel": rel, "href": href, "method": "GET"}]


def _or_not_found(record: Record | None) -> Record:
    if record is None:
        raise not_found()
    return record
