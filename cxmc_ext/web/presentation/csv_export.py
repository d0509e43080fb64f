"""Who receives it and who not: pages of a hundred, and everybody as CSV."""

_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escape_formula(cell: str) -> str:
    """A spreadsheet takes such a beginning for a formula; the apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(_FORMULA_PREFIXES) else cell
