"""Endpoints for members of an audience, and for the static segments that select the recipients."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from cxmc_ext.adapters.mailchimp import parsing
from cxmc_ext.adapters.mailchimp.answers import collection, ignore_body, single, whole_collection
from cxmc_ext.adapters.mailchimp.endpoints import Endpoints, field_list, page_query
from cxmc_ext.adapters.mailchimp.http_session import Parser, expect_no_content
from cxmc_ext.adapters.mailchimp.json_fields import format_time
from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.mailchimp import (
    BatchResult,
    Member,
    NewMember,
    Page,
    Segment,
)

T = TypeVar("T")

_MEMBER_FIELDS = ("id", "email_address", "status", "merge_fields", "last_changed")
_MEMBERS = field_list("members", *_MEMBER_FIELDS)


class MemberEndpoints(Endpoints):
    """The part of the client that reads and changes members.

    No request but `restore_member` and `invite_member` names a status for a member who may exist:
    “subscribed” would undo an opt-out.
    """

    def member(self, list_id: str, member_hash: str) -> Member | None:
        """`GET /lists/{list_id}/members/{member_hash}`"""
        try:
            return self._http.get(
                "/lists/{}/members/{}",
                list_id,
                member_hash,
                parse=single(parsing.member),
                query={"fields": ",".join(_MEMBER_FIELDS)},
            )
        except NotFound:
            return None

    def members_page(self, list_id: str, offset: int) -> Page[Member]:
        """`GET /lists/{list_id}/members`"""
        query = {"fields": _MEMBERS, "sort_field": "timestamp_opt", "sort_dir": "ASC"}
        return self._http.get(
            "/lists/{}/members",
            list_id,
            parse=collection("members", parsing.member),
            query=page_query(query, offset),
        )

    def members_changed(self, list_id: str, status: str, since: int) -> Iterator[Member]:
        """`GET /lists/{list_id}/members`"""
        query = {
            "status": status,
            "since_last_changed": format_time(since),
            "sort_field": "last_changed",
            "sort_dir": "ASC",
            "fields": _MEMBERS,
        }
        return self._all_rows("members", parsing.member, "/lists/{}/members", list_id, query=query)

    def subscribe_members(self, list_id: str, rows: Sequence[NewMember]) -> BatchResult:
        """`POST /lists/{list_id}`"""
        members = [
            {
                "email_address": row.address,
                "email_type": "html",
                "status": "subscribed",
                "merge_fields": dict(row.merge_values),
            }
            for row in rows
        ]
        return self._http.request(
            "POST",
            "/lists/{}",
            list_id,
            parse=single(parsing.member_batch),
            # True would also write the status, and subscribe people again who unsubscribed.
            body={"members": members, "update_existing": False},
            query={"skip_merge_validation": "true", "skip_duplicate_check": "true"},
            seconds=self._http.batch_seconds,
        )

    def update_merge_values(self, list_id: str, member_hash: str, merge: Mapping[str, str]) -> None:
        """`PATCH /lists/{list_id}/members/{member_hash}`"""
        self._change("PATCH", list_id, member_hash, ignore_body, {"merge_fields": dict(merge)})

    def restore_member(self, list_id: str, member_hash: str, row: NewMember) -> Member:
        """`PUT /lists/{list_id}/members/{member_hash}`"""
        body = {
            "email_address": row.address,
            "status": "subscribed",
            "status_if_new": "subscribed",  # required, though the member exists
            "merge_fields": dict(row.merge_values),
        }
        return self._change("PUT", list_id, member_hash, single(parsing.member), body)

    def archive_member(self, list_id: str, member_hash: str) -> None:
        """`DELETE /lists/{list_id}/members/{member_hash}`"""
        self._http.request(
            "DELETE", "/lists/{}/members/{}", list_id, member_hash, parse=expect_no_content
        )

    def unsubscribe_member(self, list_id: str, member_hash: str) -> None:
        """`PATCH /lists/{list_id}/members/{member_hash}`"""
        self._change("PATCH", list_id, member_hash, ignore_body, {"status": "unsubscribed"})

    def invite_member(self, list_id: str, member_hash: str, address: str) -> Member:
        """`PUT /lists/{list_id}/members/{member_hash}`"""
        body = {"email_address": address, "status": "pending", "status_if_new": "pending"}
        return self._change("PUT", list_id, member_hash, single(parsing.member), body)

    def delete_member_permanently(self, list_id: str, member_hash: str) -> None:
        """`POST /lists/{list_id}/members/{member_hash}/actions/delete-permanent`"""
        self._http.request(
            "POST",
            "/lists/{}/members/{}/actions/delete-permanent",
            list_id,
            member_hash,
            parse=expect_no_content,
        )

    def find_segment(self, list_id: str, name: str) -> Segment | None:
        """`GET /lists/{list_id}/segments`"""
        query = {"type": "static", "fields": field_list("segments", "id", "name", "member_count")}
        segments = self._all_rows(
            "segments", parsing.segment, "/lists/{}/segments", list_id, query=query
        )
        return next((segment for segment in segments if segment.name == name), None)

    def create_segment(self, list_id: str, name: str, addresses: Sequence[str]) -> Segment:
        """`POST /lists/{list_id}/segments`"""
        return self._http.request(
            "POST",
            "/lists/{}/segments",
            list_id,
            parse=single(parsing.segment),
            body={"name": name, "static_segment": list(addresses)},
            seconds=self._http.batch_seconds,
        )

    def add_to_segment(
        self, list_id: str, segment_id: int, addresses: Sequence[str]
    ) -> BatchResult:
        """`POST /lists/{list_id}/segments/{segment_id}`"""
        return self._http.request(
            "POST",
            "/lists/{}/segments/{}",
            list_id,
            segment_id,
            parse=single(parsing.segment_batch),
            body={"members_to_add": list(addresses)},
            seconds=self._http.batch_seconds,
        )

    def segment_page(self, list_id: str, segment_id: int, offset: int) -> Page[Member]:
        """`GET /lists/{list_id}/segments/{segment_id}/members`"""
        query = {"fields": field_list("members", "id", "email_address", "status")}
        return self._http.get(
            "/lists/{}/segments/{}/members",
            list_id,
            segment_id,
            parse=whole_collection("members", parsing.member),
            query=page_query(query, offset),
        )

    def rename_segment(self, list_id: str, segment_id: int, name: str) -> None:
        """`PATCH /lists/{list_id}/segments/{segment_id}`"""
        self._http.request(
            "PATCH",
            "/lists/{}/segments/{}",
            list_id,
            segment_id,
            parse=ignore_body,
            body={"name": name},
        )

    def delete_segment(self, list_id: str, segment_id: int) -> None:
        """`DELETE /lists/{list_id}/segments/{segment_id}`"""
        self._http.delete("/lists/{}/segments/{}", list_id, segment_id)

    def _change(
        self, verb: str, list_id: str, member_hash: str, parse: Parser[T], body: Mapping[str, Any]
    ) -> T:
        """Changes a member, also one of an audience with required fields that are empty."""
        return self._http.request(
            verb,
            "/lists/{}/members/{}",
            list_id,
            member_hash,
            parse=parse,
            body=dict(body),
            query={"skip_merge_validation": "true"},
        )
