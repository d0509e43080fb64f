"""One API call and the table of endpoints; every api_* module adds its own rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from cxmc_ext.standin.models import Account, Audience, Campaign, Json, Key, Member
from cxmc_ext.standin.problems import invalid, not_found
from cxmc_ext.standin.service.membership import find_member
from cxmc_ext.standin.state import State

Rest = ParamSpec("Rest")


Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Call:
    """`root` is the stand-in's own address, `body` the JSON object sent, {} without one."""

    state: State
    key: Key
    account: Account
    args: Mapping[str, str]
    body: Json
    base_url: str

    @property
    def now(self) -> int:
        return self.state.clock.now()


Handler = Callable[..., Json | None]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of the table."""

    method: str
    path: str
    handler: Handler
    locked: bool


ENDPOINTS: list[Endpoint] = []


def endpoint(
    method: str, path: str, locked: bool = True
) -> Callable[
    [Callable[Concatenate[Call, Rest], Json | None]],
    Callable[Concatenate[Call, Rest], Json | None],
]:
    """None as result is 204. With locked=False the handler takes the state's lock itself."""

    def register(
        handler: Callable[Concatenate[Call, Rest], Json | None],
    ) -> Callable[Concatenate[Call, Rest], Json | None]:
        ENDPOINTS.append(Endpoint(method, path, handler, locked))
        return handler

    return register


def audience_of(call: Call, list_id: str) -> Audience:
    return _found(call.account.lists.get(list_id))


def campaign_of(call: Call, campaign_id: str) -> Campaign:
    return _found(call.account.campaigns.get(campaign_id))


def member_of(audience: Audience, reference: str) -> Member:
    return _found(find_member(audience, reference))


def require(body: Json, *names: str) -> None:
    for name in names:
        if body.get(name) in (None, ""):
            raise invalid(name, "This value should not be blank.")


def string_list(body: Json, name: str) -> list[str]:
    """A list of strings, [] when absent."""
    value: Any = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise invalid(name, "Schema describes array of strings.")
    return value


def link(rel: str, href: str) -> list[dict[str, str]]:
    return [{"rel": rel, "href": href, "method": "GET"}]


def _found(value: Found | None) -> Found:
    if value is None:
        raise not_found()
    return value
