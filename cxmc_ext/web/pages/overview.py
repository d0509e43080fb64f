"""The campaign overview: a page of the extension with all campaigns that the reader may see."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from flask import Response, abort, request, url_for

from cxmc_ext.usecases.screens import overview as overview_screen
from cxmc_ext.usecases.screens.overview import CampaignLine, OverviewFilter, OverviewOrder
from cxmc_ext.web import forms
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.render import page_response, render_html
from cxmc_ext.web.request_context import RequestContext

_MAX_SEARCH_LENGTH = 100


def show(context: RequestContext) -> Response:
    """Shows one page. Parameters: `state` (a group of states), `q` (terms of the title), `sort`, `after`."""
    query, order = _query(), _order()
    wanted = OverviewFilter(
        overview_screen.STATE_GROUPS.get(query.get("state", ""), ()), query.get("q", "").split()
    )
    after = forms.parse_int(request.args.get("after")) or 0
    page = overview_screen.load_overview(context.services, context.viewer, wanted, order, after)
    if page is None:
        abort(404)
    html = render_html(
        context,
        "_overview.html",
        overview=page,
        days=_days(context, page.scheduled),
        query=query,
        order=order,
        orders=OverviewOrder,
        state_groups=labels.STATE_GROUPS,
        is_later_page=after > 0,
        overview_url=lambda **changes: _url(query | {"sort": order.value}, changes),
    )
    return page_response(context, context.localizer.gettext("Campaign overview"), html)


def _days(
    context: RequestContext, scheduled: Sequence[CampaignLine]
) -> list[tuple[int, list[CampaignLine]]]:
    """The scheduled campaigns of each day, with the time of the first."""
    by_day = groupby(scheduled, lambda line: context.localizer.date(line.at or 0))
    days = [list(lines) for _, lines in by_day]
    return [(lines[0].at or 0, lines) for lines in days]


def _query() -> dict[str, str]:
    """The filters of the address without unknown values."""
    text = request.args.get("q", "").replace("\0", "").strip()[:_MAX_SEARCH_LENGTH]
    state = request.args.get("state", "")
    given = {"q": text, "state": state if state in overview_screen.STATE_GROUPS else ""}
    return {name: value for name, value in given.items() if value}


def _order() -> OverviewOrder:
    sort = request.args.get("sort", "")
    return OverviewOrder(sort) if sort in set(OverviewOrder) else OverviewOrder.NEWEST


def _url(query: Mapping[str, str], changes: Mapping[str, Any]) -> str:
    """The address with other values; "" removes one. What the page shows without it is left out."""
    values: dict[str, Any] = {name: value for name, value in {**query, **changes}.items() if value}
    if values.get("sort") == OverviewOrder.NEWEST:
        del values["sort"]
    return url_for("cxmc.overview", **values)
