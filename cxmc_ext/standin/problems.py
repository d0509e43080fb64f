"""Errors in MailChimp's own words, as problem+json.

Titles and meanings: https://mailchimp.com/developer/marketing/docs/errors/
"""

import uuid
from collections.abc import Callable
from typing import Any

TYPE = "https://mailchimp.com/developer/marketing/docs/errors/"
TITLES = {
    401: "API Key Invalid",
    403: "Forbidden",
    404: "Resource Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


class Problem(Exception):
    """An error of an API call; the dispatcher turns it into the answer.

    Args:
        status: The HTTP status.
        title: MailChimp's name for the error.
        detail: A sentence for people.
        errors: What is wrong with single fields, as `{"field": …, "message": …}`.
    """

    def __init__(
        self, status: int, title: str, detail: str, errors: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status, self.title, self.detail, self.errors = status, title, detail, errors or []

    def as_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "type": TYPE,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": str(uuid.uuid4()),
        }
        return document | ({"errors": self.errors} if self.errors else {})


def bad_request(detail: str, title: str = "Bad Request") -> Problem:
    return Problem(400, title, detail)


def invalid(field: str, message: str, detail: str = "") -> Problem:
    text = detail or "The resource submitted could not be validated."
    return Problem(400, "Invalid Resource", text, [{"field": field, "message": message}])


def not_found() -> Problem:
    return Problem(404, TITLES[404], "The requested resource could not be found.")


def method_not_allowed(
    detail: str = "The requested method and resource are not compatible.",
) -> Problem:
    """A wrong method, or a resource in a state that forbids it."""
    return Problem(405, TITLES[405], detail)


def key_missing() -> Problem:
    return Problem(401, "API Key Missing", "Your request did not include an API key.")


def key_invalid() -> Problem:
    detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter."
    return Problem(401, TITLES[401], detail)


def user_disabled() -> Problem:
    return Problem(403, "User Disabled", "This account has been deactivated.")


def role_refused() -> Problem:
    return Problem(403, TITLES[403], "You are not permitted to access this resource.")


def plan_refused() -> Problem:
    return Problem(403, TITLES[403], "User does not have access to the requested operation")


def too_many_requests() -> Problem:
    detail = "You have exceeded the limit of 10 simultaneous connections."
    return Problem(429, TITLES[429], detail)


# The errors that the header X-Trigger-Error asks for, a test aid of the real service.
TRIGGERED_PROBLEMS: dict[str, Callable[[], Problem]] = {
    "APIKeyMissing": key_missing,
    "APIKeyInvalid": key_invalid,
    "Forbidden": role_refused,
    "UserDisabled": user_disabled,
    "ResourceNotFound": not_found,
    "MethodNotAllowed": method_not_allowed,
    "TooManyRequests": too_many_requests,
    "InternalServerError": lambda: Problem(500, TITLES[500], "An error has occurred."),
}
