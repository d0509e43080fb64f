"""`GET /events`: the stored events as JSON; disabled unless `CXMC_EVENTS_TOKEN` is set."""

from collections.abc import Callable
from itertools import islice

from flask import Response, abort, jsonify, make_response, request

from cxmc_ext.domain.notices import StoredEvent
from cxmc_ext.services import Services
from cxmc_ext.usecases.notices.reading import PAGE_SIZE, stored_events
from cxmc_ext.web.public.bearer import has_token

_NO_CURSOR = "since is no cursor of ours: start again without it, or with the last one you stored"


def make_view(services: Services) -> Callable[[], Response]:
    """Creates the view. It answers 404 without `Authorization: Bearer <token>`, as if it did not exist."""

    def view() -> Response:
        if not has_token(request, services.settings.events_token):
            abort(404)
        since = request.args.get("since", "")
        try:
            page = list(islice(stored_events(services, since), PAGE_SIZE))
        except ValueError:
            return make_response(jsonify(error=_NO_CURSOR), 400)
        response = jsonify(
            events=[_as_json(event) for event in page],
            cursor=page[-1].cursor if page else since,
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return view


def _as_json(event: StoredEvent) -> dict[str, str | int | None]:
    return {
        "key": event.key,
        "kind": event.kind,
        "at": event.at,
        "account": event.account_ref,
        "campaign": event.campaign_ref,
        "person": str(event.person) if event.person else None,
        "url": event.url,
        "item": event.item,
        "is_provisional": event.is_provisional,
    }
