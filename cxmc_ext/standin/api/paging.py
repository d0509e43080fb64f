"""Pages, half-open time filters and the fields/exclude_fields projection."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from cxmc_ext.standin.clock import parse_iso
from cxmc_ext.standin.models import Json
from cxmc_ext.standin.problems import bad_request, invalid

Row = TypeVar("Row")
Args = Mapping[str, str]
Tree = dict[str, "Tree"]
MAX_COUNT = 1000


def page(
    args: Args, name: str, rows: Sequence[Row], render: Callable[[Row], Json], total: int = -1
) -> Json:
    """One page; only its own rows are rendered. `total` overrides the honest number of rows."""
    count, offset = page_window(args)
    shown = [render(row) for row in rows[offset : offset + count]]
    return {name: shown, "total_items": len(rows) if total < 0 else total, "_links": []}


def page_window(args: Args) -> tuple[int, int]:
    """count and offset; more than 1000 is not refused, it is 1000 (seen live 2026-07)."""
    return min(_natural(args, "count", 10), MAX_COUNT), _natural(args, "offset", 0)


def in_time_range(
    args: Args, name: str, rows: Iterable[Row], moment: Callable[[Row], int]
) -> list[Row]:
    """since_ is exclusive, before_ inclusive (seen live 2026-07)."""
    since, before = time_argument(args, f"since_{name}"), time_argument(args, f"before_{name}")
    kept = list(rows)
    if since is not None:
        kept = [row for row in kept if moment(row) > since]
    if before is not None:
        kept = [row for row in kept if moment(row) and moment(row) <= before]
    return kept


def time_argument(args: Args, name: str) -> int | None:
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
    column = columns.get(args.get("sort_field", ""))
    if column is None:
        return rows
    return sorted(rows, key=column, reverse=args.get("sort_dir", "ASC").upper() == "DESC")


def bool_argument(args: Args, name: str) -> bool:
    return args.get(name, "").lower() in ("true", "1")


def select_fields(args: Args, body: Json) -> Json:
    fields, excluded = args.get("fields", ""), args.get("exclude_fields", "")
    if fields and excluded:
        raise bad_request("fields and exclude_fields are mutually exclusive.")
    shown: Json = _keep(body, _tree(fields)) if fields else body
    if excluded:
        shown = _drop(body, _tree(excluded))
    return shown


def _natural(args: Args, name: str, default: int) -> int:
    text = args.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise invalid(name, "Schema describes integer, string found instead")
    return int(text)


def _tree(paths: str) -> Tree:
    tree: Tree = {}
    for path in paths.split(","):
        node = tree
        for part in path.strip().split("."):
            node = node.setdefault(part, {})
    return tree


def _keep(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_keep(item, tree) for item in value]
    if isinstance(value, dict):
        return {name: _keep(value[name], tree[name]) for name in value if name in tree}
    return value


def _drop(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_drop(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _drop(child, tree[name]) if name in tree else child
        for name, child in value.items()
        if tree.get(name, {"_": {}})
    }
