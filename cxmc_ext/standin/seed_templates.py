"""The HTML of the initial templates: table layout and inline styles, as is usual for mail."""

FOOTER = """
<tr><td style="padding:20px 32px;font:12px/18px Arial,sans-serif;color:#6b7280;background:#f3f4f6">
Cedar Staffing, Keizersgracht 1, 1015 CN Amsterdam<br>
U ontvangt deze mail op *|EMAIL|*. <a href="*|UNSUB|*" style="color:#6b7280">Uitschrijven</a>
</td></tr>"""
BUTTON = (
    '<a href="{url}" style="display:inline-block;padding:12px 20px;background:{color};color:#ffffff;'
    'text-decoration:none;border-radius:6px">{text}</a>'
)
FRAME = """<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><title>{title}</title></head>
<body style="margin:0;background:#e5e7eb">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="600" cellpadding="0" cellspacing="0"
 style="max-width:600px;background:#ffffff">
<tr><td style="padding:24px 32px;background:{color};color:#ffffff;font:bold 20px Arial,sans-serif">
{title}</td></tr>
<tr><td style="padding:28px 32px;font:16px/24px Arial,sans-serif;color:#1f2937">{body}</td></tr>
{footer}</table></td></tr></table></body></html>"""
SITE = "https://www.cedarstaffing.example"


def mail_document(title: str, color: str, body: str, footer: str = FOOTER) -> str:
    return FRAME.format(title=title, color=color, body=body, footer=footer)


def support_template() -> str:
    button = BUTTON.format(url=f"{SITE}/support", color="#0f766e", text="Naar support")
    return mail_document(
        "Support",
        "#0f766e",
        "<p>Beste *|FNAME|*,</p><p>We staan voor je klaar. Stel je vraag online of lees eerst de "
        f'<a href="{SITE}/support/vragen">veelgestelde vragen</a>.</p><p>{button}</p>'
        "<p>Met vriendelijke groet,<br>Team Support</p>",
    )


def vacancies_template() -> str:
    button = BUTTON.format(url=f"{SITE}/vacatures", color="#1d4ed8", text="Bekijk alle vacatures")
    return mail_document(
        "Vacature-update",
        "#1d4ed8",
        '<div mc:edit="inleiding"><p>Hallo *|FNAME|* *|LNAME|*,</p>'
        '<p>Deze week nieuw in jouw regio:</p></div><div mc:edit="vacatures"><ul>'
        f'<li><a href="{SITE}/vacatures/1041">Werkvoorbereider in Utrecht</a></li>'
        f'<li><a href="{SITE}/vacatures/1057">Financieel medewerker in Zwolle</a></li></ul></div>'
        f'<p>{button}</p><div mc:edit="afsluiting"><p>Tot ziens!</p></div>',
    )


def newsletter_template() -> str:
    return mail_document(
        "Nieuwsbrief november",
        "#9f1239",
        "<p>Dag *|FNAME|*,</p><p>De eindejaarsdrukte komt eraan. In deze nieuwsbrief: "
        f'<a href="{SITE}/nieuws/feestdagen">bereikbaarheid rond de feestdagen</a> en '
        f'<a href="{SITE}/nieuws/cao">wat de nieuwe cao betekent</a>.</p>',
    )


def empty_template() -> str:
    return mail_document(
        "Leeg sjabloon",
        "#4b5563",
        '<div mc:edit="kop"><p>Schrijf hier uw koptekst</p></div>'
        '<div mc:edit="inhoud"><p>Vervang deze tekst door uw eigen bericht.</p></div>',
    )


def new_builder_placeholder() -> str:
    """What a draft shows when a template of the new builder was set through the API."""
    return mail_document("Your logo here", "#241c15", "<p>It's time to design your email.</p>")


def basic_template() -> str:
    return mail_document("Basic", "#374151", '<div mc:edit="main"><p>Your text.</p></div>', FOOTER)
