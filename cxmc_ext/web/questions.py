"""What a press is asked once, and the name of the button that answers yes."""

from collections.abc import Mapping
from dataclasses import dataclass

from cxmc_ext.usecases.screens_values import Tally
from cxmc_ext.web.i18n import N_, Speaker


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, what follows from yes, and the button that says it."""

    text: str
    hint: str
    yes: str


QUESTIONS: Mapping[str, Asked] = {
    "delete": Asked(
        N_("Delete this MailChimp campaign?"),
        N_("It is removed from MailChimp; nothing is sent. You can start over with the form."),
        N_("Yes, delete campaign"),
    ),
    "unschedule": Asked(
        N_("Take this campaign off the schedule?"),
        N_("Nothing is sent. You can send or schedule it again with the form."),
        N_("Yes, unschedule"),
    ),
    "deactivate": Asked(
        N_("Deactivate MailChimp?"),
        N_(
            "The tab and the campaign type disappear and nothing more is called at MailChimp."
            " Nothing is deleted."
        ),
        N_("Yes, deactivate"),
    ),
}

YES = {"send": N_("Send now"), "schedule": N_("Schedule it")}


@dataclass(frozen=True, slots=True)
class Questions:
    """The two that state how many people it goes to."""

    speaker: Speaker

    def send(self, tally: Tally) -> str:
        if tally.partial:
            return self.speaker.say(
                "Send to more than %(n)s people?", n=self.speaker.number(tally.receivers)
            )
        return self.speaker.count("Send to %(n)s person?", "Send to %(n)s people?", tally.receivers)

    def schedule(self, tally: Tally) -> str:
        if tally.partial:
            return self.speaker.say(
                "Schedule for more than %(n)s people?", n=self.speaker.number(tally.receivers)
            )
        return self.speaker.count(
            "Schedule for %(n)s person?", "Schedule for %(n)s people?", tally.receivers
        )
