"""Vacancies: which ones a campaign shows, and how the extension puts them into a mail."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, insert, select

from cxmc_ext import Block, BlockItem
from host_app.database import db
from host_app.models import Campaign, Vacancy, campaign_vacancy
from host_app.request_checks import row_id

_SITE = "https://www.cedarstaffing.example"


class VacancyBlocks:
    """The optional ability `cxmc_ext.BlockHost` of `DemoHost`."""

    def blocks(self, campaign_ref: str) -> Sequence[Block]:
        """Returns the vacancies of a campaign as one list, in Dutch like the mails."""
        try:
            vacancies = chosen_vacancies(row_id(campaign_ref))
        except ValueError:
            return ()
        items = [
            BlockItem(
                ref=str(vacancy.id),
                title=f"{vacancy.title} in {vacancy.city}",
                url=f"{_SITE}/vacatures/{vacancy.number}",
                text=vacancy.summary,
            )
            for vacancy in vacancies
        ]
        return (Block("vacancies", "Vacatures", items),) if items else ()


def chosen_vacancies(campaign_id: int) -> Sequence[Vacancy]:
    """The vacancies of a campaign."""
    chosen = campaign_vacancy.c
    return db.session.scalars(
        select(Vacancy)
        .join(campaign_vacancy, chosen.vacancy_id == Vacancy.id)
        .where(chosen.campaign_id == campaign_id)
        .order_by(Vacancy.number)
    ).all()


def open_vacancies() -> Sequence[Vacancy]:
    """All vacancies."""
    return db.session.scalars(select(Vacancy).order_by(Vacancy.number)).all()


def choose_vacancies(campaign: Campaign, ids: Collection[int]) -> None:
    """Replaces the vacancies of a campaign; unknown ids are left out. The caller commits."""
    chosen = campaign_vacancy.c
    db.session.execute(delete(campaign_vacancy).where(chosen.campaign_id == campaign.id))
    known = db.session.scalars(select(Vacancy.id).where(Vacancy.id.in_(ids))).all()
    rows = [{"campaign_id": campaign.id, "vacancy_id": id_} for id_ in known]
    if rows:
        db.session.execute(insert(campaign_vacancy), rows)
