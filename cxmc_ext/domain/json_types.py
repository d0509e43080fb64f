"""The nouns both worlds share. All times are whole Unix seconds in UTC; nothing here changes once made."""

from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
