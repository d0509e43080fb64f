"""CSV downloads that a spreadsheet program opens safely."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from babel.numbers import get_decimal_symbol
from flask import Response, stream_with_context

from cxmc_ext.web.i18n import Localizer

# A cell that begins with one of these is a formula to a spreadsheet; the last four are full-width.
_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel does not read the file as UTF-8
_ROWS_PER_CHUNK = 500


def csv_response(
    localizer: Localizer,
    filename: str,
    header: Iterable[str],
    read_rows: Callable[[], Iterable[Iterable[str]]],
) -> Response:
    """Streams a CSV file as a download.

    Args:
        localizer: That of the reader; it decides what separates the cells.
        filename: Plain ASCII without quotes.
        header: The column names.
        read_rows: Begins to read the cells of each row. It is called twice, because the rows of the file are
            read while the response is sent, when the session of the request has ended: the first time
            shows whether they can be read at all, which is answered like on any page if not.
    """
    next(iter(read_rows()), None)
    response = Response(
        stream_with_context(_chunks(_separator(localizer), header, read_rows())),
        content_type="text/csv; charset=utf-8",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def escape_formula(cell: str) -> str:
    """Prefixes a cell that a spreadsheet would run as a formula with an apostrophe."""
    return f"'{cell}" if cell.startswith(_FORMULA_PREFIXES) else cell


def _separator(localizer: Localizer) -> str:
    """Excel expects semicolons where numbers have a decimal comma, as in Dutch, German and French."""
    return ";" if get_decimal_symbol(localizer.locale) == "," else ","


def _chunks(separator: str, header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    text.write(_BYTE_ORDER_MARK)
    writer.writerow(header)
    for count, cells in enumerate(rows, 1):
        writer.writerow([escape_formula(cell) for cell in cells])
        if count % _ROWS_PER_CHUNK == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()
