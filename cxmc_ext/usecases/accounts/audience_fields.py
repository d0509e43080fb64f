"""Step of “Initialize” that adds our merge fields to the audience and remembers what each is called there."""

from collections.abc import Mapping
from dataclasses import replace

from cxmc_ext.domain.errors import HostError, Refused
from cxmc_ext.domain.merge_fields import AudienceField, MergeField
from cxmc_ext.domain.ports.host import MergeFieldHost
from cxmc_ext.domain.rules.audience_fields import PlannedField, combined, plan_fields
from cxmc_ext.domain.rules.merge_fields import BUILT_IN_FIELDS, declaration_faults, fields_from_json
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts.connection import ConnectContext, chosen_audience


def declared_fields(services: Services) -> tuple[MergeField, ...]:
    """The fields that we write: those of every Host, then those that this one declares.

    Raises:
        HostError: A declaration cannot be used.
    """
    host = services.host
    declared = tuple(host.merge_fields()) if isinstance(host, MergeFieldHost) else ()
    faults = declaration_faults(declared)
    if faults:
        raise HostError("merge_fields", "; ".join(faults))
    return (*BUILT_IN_FIELDS, *declared)


def add_merge_fields(context: ConnectContext) -> None:
    """Step: adds our merge fields to the audience, as far as it lacks them.

    A field that MailChimp refuses, because the plan allows no more, does not end the connection: it is kept
    with MailChimp's words, and mails are sent without its values.

    Raises:
        HostError: The Host declares fields that cannot be used.
        MailChimpError: A call failed.
    """
    list_id, account = chosen_audience(context).id, context.account
    wanted = declared_fields(context.services)
    stored = fields_from_json(account.merge_fields) if account.list_id == list_id else ()
    existing = context.call(context.api.merge_fields, list_id)
    planned = plan_fields(wanted, existing, stored if account.merge_fields else ())
    ours = [plan.existing or _add(context, list_id, plan) for plan in planned]
    context.commit_progress(merge_fields=combined(ours, existing))


def _add(context: ConnectContext, list_id: str, plan: PlannedField) -> AudienceField:
    """Adds a field; a refusal is no error if somebody else has added the field in the meantime."""
    new = plan.created()
    try:
        context.call(context.api.add_merge_field, list_id, new)
    except Refused as refused:
        if type(refused) is not Refused:
            raise
        found: Mapping[str, AudienceField] = {
            field.tag: field for field in context.call(context.api.merge_fields, list_id)
        }
        (again,) = plan_fields([plan.ours], found.values())
        return again.existing or replace(new, tag="", fault=refused.text)
    return new
