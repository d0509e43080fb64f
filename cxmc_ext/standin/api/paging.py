"""Query arguments that many endpoints share: paging, time filters, sorting, and selecting fields."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from cxmc_ext.standin.clock import parse_iso
from cxmc_ext.standin.models import Json
from cxmc_ext.standin.problems import bad_request, invalid

Row = TypeVar("Row")
Args = Mapping[str, str]
# Field names and, for each, the names selected inside it; {} selects everything inside.
FieldTree = dict[str, "FieldTree"]
DEFAULT_COUNT = 10
MAX_COUNT = 1000


def page(
    args: Args, name: str, rows: Sequence[Row], render: Callable[[Row], Json], total: int = -1
) -> Json:
    """One page of a collection.

    Args:
        args: The query string, with `count` and `offset`.
        name: The name of the collection in the answer.
        rows: All rows.
        render: Makes the JSON of a row; only called for rows of this page.
        total: What to report as `total_items`, by default the number of rows.
    """
    count, offset = page_window(args)
    shown = [render(row) for row in rows[offset : offset + count]]
    return {name: shown, "total_items": len(rows) if total < 0 else total, "_links": []}


def page_window(args: Args) -> tuple[int, int]:
    """`count` and `offset`; a count above 1000 is not refused but counts as 1000 (observed 2026-07)."""
    count = min(_natural_number(args, "count", DEFAULT_COUNT), MAX_COUNT)
    return count, _natural_number(args, "offset", 0)


def in_time_range(
    args: Args, name: str, rows: Iterable[Row], moment: Callable[[Row], int]
) -> list[Row]:
    """The rows after `since_…` (exclusive) and up to `before_…` (inclusive), as observed 2026-07.

    Args:
        args: The query string.
        name: The part of the arguments' names after since_ and before_.
        rows: The rows to filter.
        moment: The time of a row; 0 means never.
    """
    since, before = time_argument(args, f"since_{name}"), time_argument(args, f"before_{name}")
    kept = list(rows)
    if since is not None:
        kept = [row for row in kept if moment(row) > since]
    if before is not None:
        kept = [row for row in kept if moment(row) and moment(row) <= before]
    return kept


def time_argument(args: Args, name: str) -> int | None:
    """An ISO 8601 argument in seconds since 1970; None if it is missing."""
    text = args.get(name, "")
    if not text:
        return None
    try:
        return parse_iso(text)
    except ValueError:
        raise invalid(name, "Invalid date/time format, expecting ISO 8601.") from None


def sort_rows(
    args: Args, rows: list[Row], columns: Mapping[str, Callable[[Row], Any]]
) -> list[Row]:
    """Sorts by `sort_field` and `sort_dir`; an unknown field leaves the order as it is."""
    column = columns.get(args.get("sort_field", ""))
    if column is None:
        return rows
    return sorted(rows, key=column, reverse=args.get("sort_dir", "ASC").upper() == "DESC")


def bool_argument(args: Args, name: str) -> bool:
    return args.get(name, "").lower() in ("true", "1")


def select_fields(args: Args, body: Json) -> Json:
    """Applies `fields` or `exclude_fields`, which list dotted paths.

    https://mailchimp.com/developer/marketing/docs/methods-parameters/#partial-responses
    """
    fields, excluded = args.get("fields", ""), args.get("exclude_fields", "")
    if fields and excluded:
        raise bad_request("fields and exclude_fields are mutually exclusive.")
    selected: Json = _keep(body, _field_tree(fields)) if fields else body
    if excluded:
        selected = _drop(body, _field_tree(excluded))
    return selected


def _natural_number(args: Args, name: str, default: int) -> int:
    text = args.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise invalid(name, "Schema describes integer, string found instead")
    return int(text)


def _field_tree(paths: str) -> FieldTree:
    tree: FieldTree = {}
    for path in paths.split(","):
        node = tree
        for part in path.strip().split("."):
            node = node.setdefault(part, {})
    return tree


def _keep(value: Any, tree: FieldTree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_keep(item, tree) for item in value]
    if isinstance(value, dict):
        return {name: _keep(value[name], tree[name]) for name in value if name in tree}
    return value


def _drop(value: Any, tree: FieldTree) -> Any:
    if isinstance(value, list):
        return [_drop(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _drop(inner, tree[name]) if name in tree else inner
        for name, inner in value.items()
        if name not in tree or tree[name]
    }
