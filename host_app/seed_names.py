"""Names, places, trades and companies for the seed data. They sound Dutch and belong to nobody."""

WOMENS_NAMES = (
    "Anouk Bente Carlijn Daphne Eline Femke Fleur Geertje Hanneke Ilse Iris Jasmijn Judith Karin "
    "Lieke Lotte Maaike Marijke Marloes Merel Mirthe Naomi Nienke Noor Petra Roos Sanne Saskia "
    "Silvia Tessa Tineke Vera Willemijn Yvonne Zeynep"
)
MENS_NAMES = (
    "Aart Bas Bram Coen Daan Dirk Erik Fatih Floris Gijs Hidde Hugo Ivo Jelle Jeroen Joost Kees "
    "Koen Lars Luuk Maarten Matthijs Mohamed Niels Olaf Pieter Rens Ruben Sander Sjoerd Stijn "
    "Teun Thijs Wouter Youssef"
)
FAMILY_NAMES = (
    ("", "Bakker Bos Brouwer Dekker Dijkstra Hendriks Hoekstra Jansen Kaya Koster Kramer Kuipers "
         "Meijer Mulder Peters Postma Prins Schouten Smit Timmermans Visser Vos Willems Yılmaz"),
    ("de", "Boer Bruijn Graaf Groot Haan Jong Koning Lange Vries Wit"),
    ("van", "Beek Dam Dijk Leeuwen Loon Rijn Schaik Vliet"),
    ("van de", "Kamp Pol Ven Water"),
    ("van den", "Berg Bosch Broek Heuvel"),
    ("van der", "Heijden Horst Linden Meer Ploeg Veen Wal Zee"),
    ("ter", "Braak Haar Horst"),
    ("ten", "Brink Cate Hove"),
    ("'t", "Hart Hoen"),
    ("El", "Amrani Idrissi"),
)  # fmt: skip
OFFICES = {
    "Utrecht": ("Utrecht", "Amersfoort", "Nieuwegein", "Zeist"),
    "Rotterdam": ("Rotterdam", "Delft", "Dordrecht", "Schiedam"),
    "Groningen": ("Groningen", "Assen", "Drachten", "Veendam"),
}
TRADES = (
    "Account manager",
    "Administrative assistant",
    "Carpenter",
    "Electrician",
    "Forklift driver",
    "HR adviser",
    "Logistics planner",
    "Mechanic",
    "Nurse",
    "Project manager",
    "Python developer",
    "Quantity surveyor",
    "Service engineer",
    "Teacher",
    "Welder",
)
JOB_TITLES = ("Director", "Facility manager", "HR manager", "Office manager", "Team leader")
COMPANIES = (
    "Bouwgroep Noord",
    "De Waal Logistiek",
    "Gemeente Oosterveld",
    "Groen & Zoon Installaties",
    "Haven Terminal West",
    "Kliniek Zonnehof",
    "Lumen Techniek",
    "Maasstad Transport",
    "Nieuwland Onderwijs",
    "Polder Foods",
    "Rijnmond Staal",
    "Sluis Software",
    "Veldzicht Zorg",
    "Waterwerk Advies",
    "Zuiderpark Retail",
)
MAIL_DOMAINS = ("brievenbus.example", "kandidaat.example", "postvak.example", "thuismail.example")
NOTES = (
    ("Call", "Called about availability; can start within a month."),
    ("Call", "Left a message, will call back on Thursday."),
    ("Interview", "Intake at the branch, enthusiastic and well prepared."),
    ("Note", "Prefers part-time, four days."),
    ("Note", "Wants to hear from us when something comes up nearby."),
    ("E-mail", "Sent the travel allowance scheme."),
)

# Number on the website, title, city, summary.
VACANCIES = (
    (1041, "Werkvoorbereider", "Utrecht", "32 tot 40 uur per week, direct beginnen."),
    (1057, "Financieel medewerker", "Zwolle", "Parttime, met uitzicht op een vast contract."),
    (1062, "Heftruckchauffeur", "Rotterdam", "Ploegendienst in de haven, reiskosten vergoed."),
    (1068, "Verzorgende IG", "Amersfoort", "Kleinschalig wonen, rooster in overleg."),
    (1073, "Servicemonteur", "Utrecht", "Eigen bus en opleiding tot eerste monteur."),
    (1079, "Python-ontwikkelaar", "Den Haag", "Werken aan planning en logistiek, deels thuis."),
    (1084, "Receptionist", "Amsterdam", "Ochtenden, in een druk kantoor aan de Zuidas."),
)
