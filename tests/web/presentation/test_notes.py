"""Every note in every language, with and without a campaign."""

from dataclasses import replace

import pytest

from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.services import Services
from cxmc_ext.web import render_note


@pytest.mark.parametrize("language", ["en", "nl", "de", "fr"])
def test_every_note_can_be_written(services: Services, language: str) -> None:
    settings = replace(services.settings, locale=language)
    for kind in NoteKind:
        alone = render_note(settings, Note(kind, by="Rosa"))
        named = render_note(settings, Note(kind, title="100 % Jobs", by="Rosa"))
        assert alone
        assert "%(" not in alone + named
        assert ("100 % Jobs" in named) == (alone != named)
