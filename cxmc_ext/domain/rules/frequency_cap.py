"""The frequency cap: how many mailings one person gets within some days, at most."""

from collections.abc import Collection
from dataclasses import dataclass

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """At most `mailings` mailings to one address within any period of `days` days."""

    mailings: int
    days: int

    @property
    def seconds(self) -> int:
        """The length of the period."""
        return self.days * _DAY

    @property
    def detail(self) -> str:
        """What is stored with a recipient who is left out, for `parse_detail`."""
        return f"{self.mailings}/{self.days}"

    def is_reached(self, times: Collection[int], at: int) -> bool:
        """Whether one more mailing at a time would be too much.

        Args:
            times: When the address was mailed and will be mailed, in Unix seconds.
            at: When it would be mailed.
        """
        starts = [time for time in times if at - self.seconds < time <= at]
        return any(self._count(times, start) >= self.mailings for start in (*starts, at))

    def _count(self, times: Collection[int], start: int) -> int:
        return sum(start <= time < start + self.seconds for time in times)


def parse_detail(detail: str) -> FrequencyCap | None:
    """The cap from `FrequencyCap.detail`; None for another text."""
    mailings, _, days = detail.partition("/")
    is_cap = mailings.isascii() and mailings.isdigit() and days.isascii() and days.isdigit()
    return FrequencyCap(int(mailings), int(days)) if is_cap else None
