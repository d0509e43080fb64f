"""The part of HostContract about optional abilities: skipped when the Host does not have them."""

from contextlib import AbstractContextManager
from typing import Any

from cxmc_ext.domain.blocks import Block
from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.notifications import Notification, NotificationKind, NotificationText
from cxmc_ext.domain.people import PersonKind, PersonRef, Right
from cxmc_ext.domain.ports.blocks import BlockHost
from cxmc_ext.domain.ports.host import (
    AddressMarker,
    CampaignCreator,
    CampaignFinder,
    MergeFieldHost,
    Notifier,
)
from cxmc_ext.domain.ports.opt_ins import OptInHost
from cxmc_ext.domain.rules.blocks import unused_items
from cxmc_ext.domain.rules.merge_fields import declaration_faults

_CHUNK_SIZE = 1000
_TAG = "HostContractOptInTag"
_FAILED = "failed@x.example"


def expect(condition: object, message: str) -> None:
    """Fails the test with a message unless the condition is true.

    Raises:
        AssertionError: The condition is false. A plain `assert` would say nothing outside pytest's
            rewriting, which does not cover installed packages.
    """
    if not condition:
        raise AssertionError(message)


class OptionalAbilitiesContract:
    """Base class of HostContract."""

    sandbox: Any

    def _calling(self, method: str) -> AbstractContextManager[Any]:
        raise NotImplementedError

    def test_many_campaigns_at_once_are_the_same_as_one_by_one(self) -> None:
        with self._calling("campaigns_by_ref") as host:
            if not isinstance(host, CampaignFinder):
                return
            refs = [self.sandbox.add_campaign(title) for title in ("One", "Two")]
            for user_id in (self.sandbox.member, self.sandbox.outsider, "no such user"):
                found = host.campaigns_by_ref([*refs, "no such campaign"], user_id)
                one_by_one = {ref: self.sandbox.host.campaign(ref, user_id) for ref in refs}
                expect(
                    found == {ref: seen for ref, seen in one_by_one.items() if seen is not None},
                    "it must return what `campaign` returns for each of them, by `Campaign.ref`.",
                )

    def test_who_opts_in_leaves_the_group_once(self) -> None:
        with self._calling("opt_in") as host:
            if not isinstance(host, OptInHost):
                return
            crm = self.sandbox.host
            one, two = refs = self.sandbox.add_people(PersonKind.CANDIDATE, ["", ""])
            unknown = PersonRef(PersonKind.CANDIDATE, "999999999")
            names = dict.fromkeys(PersonKind, "Opt-out")
            crm.ensure_opt_out_groups(_TAG, names)
            crm.opt_out(_TAG, refs, "contract")
            ended = host.opt_in(_TAG, [one, unknown], "contract")
            expect(ended == 1, f"one person was a member, {ended!r} was returned.")
            expect(crm.opted_out(_TAG, refs) == {two}, "they must leave the group, nobody else.")
            ended = host.opt_in(_TAG, [one], "contract")
            expect(ended == 0, f"nobody was a member any more, {ended!r} was returned.")

    def test_a_failed_address_marks_people_until_it_changes(self) -> None:
        with self._calling("address_failed") as host:
            if not isinstance(host, AddressMarker):
                return
            one, two = refs = self.sandbox.add_people(PersonKind.CANDIDATE, [_FAILED, _FAILED])
            unknown = PersonRef(PersonKind.CANDIDATE, "999999999")
            for _ in range(2):
                host.address_failed(dict.fromkeys([*refs, unknown], _FAILED), "contract")
            marked = set(self.sandbox.marked_people([*refs, unknown]))
            expect(marked == {one, two}, f"both people must be marked, {len(marked)} are.")
            self.sandbox.change_address(one, "works@x.example")
            marked = set(self.sandbox.marked_people(refs))
            expect(one not in marked, "a person who gets another address must not be marked.")
            expect(two in marked, "everybody else must stay marked.")
        with self._calling("address_works") as host:
            host.address_works([one, two, unknown])
            expect(not self.sandbox.marked_people(refs), "nobody may be marked afterwards.")

    def test_a_new_campaign_contains_its_people(self) -> None:
        with self._calling("new_campaign") as host:
            if not isinstance(host, CampaignCreator):
                return
            addresses = [f"n{n}@x.example" for n in range(_CHUNK_SIZE + 3)]
            refs = self.sandbox.add_people(PersonKind.CANDIDATE, addresses)
            unknown = PersonRef(PersonKind.CANDIDATE, "999999999")
            chunks = iter([refs[:_CHUNK_SIZE], [*refs[_CHUNK_SIZE:], unknown]])
            ref = host.new_campaign("Once more", chunks, self.sandbox.member)
            campaign = self.sandbox.host.campaign(ref, self.sandbox.member)
            expect(
                campaign == Campaign(ref, "Once more"),
                "the user who created it must see it, with its title.",
            )
            members = [person.ref for chunk in self.sandbox.host.people(ref) for person in chunk]
            expect(len(members) == len(set(members)), "each person must be in it once.")
            expect(
                set(members) == set(refs),
                f"it must contain {len(refs)} people, {len(members)} are in it.",
            )

    def test_merge_fields_can_be_added_and_have_values(self) -> None:
        with self._calling("merge_fields") as host:
            if not isinstance(host, MergeFieldHost):
                return
            fields = list(host.merge_fields())
            faults = declaration_faults(fields)
            expect(not faults, f"{'; '.join(faults)}.")
            expect(list(host.merge_fields()) == fields, "every call must return the same fields.")
            tags = {field.tag for field in fields}
        with self._calling("people") as host:
            refs = self.sandbox.add_people(PersonKind.CONTACT, ["values@x.example"])
            campaign = self.sandbox.add_campaign("Values")
            self.sandbox.add_to_campaign(campaign, refs)
            for person in (person for chunk in host.people(campaign) for person in chunk):
                unknown = set(person.merge_values) - tags
                expect(not unknown, f"merge_values has tags that are not declared: {unknown}.")
                by_ref = host.people_by_ref(refs)[person.ref]
                same = by_ref.merge_values == person.merge_values
                expect(same, "people_by_ref must return the same merge_values.")

    def test_blocks_are_lists_whose_entries_a_mail_can_contain(self) -> None:
        with self._calling("blocks") as host:
            if not isinstance(host, BlockHost):
                return
            campaign = self.sandbox.add_campaign("Lists")
            for ref in (campaign, "no-such-campaign"):
                blocks = list(host.blocks(ref))
                expect(
                    all(isinstance(block, Block) for block in blocks),
                    f"it must return Block objects for {ref!r}.",
                )
                refs = [block.ref for block in blocks]
                expect(len(set(refs)) == len(refs), "each list must have a ref of its own.")
                unused = [each for block in blocks for each in unused_items(block)]
                expect(not unused, f"a mail cannot contain these entries: {unused}.")

    def test_a_notification_is_taken_also_for_unknown_users_and_twice(self) -> None:
        with self._calling("notify") as host:
            if not isinstance(host, Notifier):
                return
            text = NotificationText("“Once more” was not sent", "Try again.")
            for user_id in (self.sandbox.member, "nobody-has-this-id", None):
                notification = Notification(
                    kind=NotificationKind.FAILED,
                    id=f"failed-{user_id}"[:40],
                    at=1_800_000_000,
                    account_ref="default",
                    user_id=user_id,
                    right=Right.SEND,
                    campaign_ref="no-such-campaign",
                    _render=lambda _language: text,
                )
                for _ in range(2):
                    host.notify(notification)
