"""Somebody is deleted permanently at MailChimp after the mail: their mail is counted once."""

import pytest

from cxmc_ext.standin import DEMO_LIST
from tests.support.databases import on_both
from tests.support.sync_world import SyncWorld

pytestmark = on_both

ANNA, BRAM, CARLA = (f"{name}@kantoor.example" for name in ("anna", "bram", "carla"))


@pytest.mark.slow
@pytest.mark.parametrize("shown", ["kept", "anonymized", "removed"])
@pytest.mark.parametrize("reads_before", [0, 1])
def test_a_person_deleted_after_the_mail_is_one_mail(
    world: SyncWorld, shown: str, reads_before: int
) -> None:
    world.standin.state.switches.change({"forgotten_in_reports": shown})
    mailing = world.add_sent_mailing(ANNA, BRAM)
    for _ in range(reads_before):
        world.sync(mailing)
    world.advance(60)
    world.record_opens(mailing, ANNA, world.services.clock())
    world.standin.actions.delete_member(DEMO_LIST, ANNA)
    world.advance(3600)
    world.record_opens(mailing, BRAM, world.services.clock())
    world.sync(mailing)
    world.sync(mailing)
    kinds = [kind for _, kind, *_ in world.events(mailing)]
    is_known = shown != "removed" or reads_before
    assert kinds.count("sent") == (2 if is_known else 1)
    assert world.mailing(mailing).emails_sent == 2
    if reads_before:
        assert "sent" in world.event_kinds(mailing, ANNA)
