"""The content of an existing campaign as the design of a new one: whether it can be used."""

from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.regions import content_of

# What a draft contains whose design of the new builder did not reach the API
# (https://github.com/brandonseydel/MailChimp.Net/issues/611).
_PLACEHOLDERS = ("it's time to design your email",)
# Characters of a mail that is kept for the preview.
MAX_LENGTH = 2_000_000


def design_problem(html: str) -> Problem | None:
    """Why the content of a campaign cannot be used as a design."""
    if len(html) > MAX_LENGTH:
        return Problem("preview_long")
    content = content_of(html)
    words = " ".join(part for part in content if not part.startswith("href="))
    if not words:
        return Problem("design_empty")
    if any(text in words.replace("’", "'").lower() for text in _PLACEHOLDERS):
        return Problem("design_placeholder")
    return None
