"""The CRM's own texts in Dutch, by their English ones, and those of the demo's data."""

DUTCH = {
    "%(first)s–%(last)s of %(all)s": "%(first)s–%(last)s van %(all)s",
    "%(n)s added to “%(title)s”.": "%(n)s toegevoegd aan “%(title)s”.",
    "%(n)s of them opted out and will not be mailed.": (
        "%(n)s van hen heeft zich afgemeld en krijgt geen mail."
    ),
    "%(n)s removed from the campaign.": "%(n)s uit de campagne verwijderd.",
    "%(n)s was there already.": "%(n)s stond er al in.",
    "%(n)s were there already.": "%(n)s stonden er al in.",
    "%(name)s is in the group “%(group)s”.": "%(name)s zit in de groep “%(group)s”.",
    "%(name)s is no longer in the group.": "%(name)s zit niet meer in de groep.",
    "%(name)s was added.": "%(name)s is toegevoegd.",
    "%(name)s was removed.": "%(name)s is verwijderd.",
    "“%(title)s” was saved. Add candidates or contacts to it from their lists.": (
        "“%(title)s” is opgeslagen. Voeg kandidaten of contactpersonen toe vanuit hun lijsten."
    ),
    "0 found": "0 gevonden",
    "A group needs a name and a kind of people.": (
        "Een groep heeft een naam en een soort personen nodig."
    ),
    "A mail can show the ticked ones as a list: choose it on the tab “MailChimp”.": (
        "Een mail kan de aangevinkte als lijst tonen: kies die op het tabblad “MailChimp”."
    ),
    "About this campaign": "Over deze campagne",
    "Account manager": "Accountmanager",
    "Action": "Actie",
    "Active": "Actief",
    "Activities": "Activiteiten",
    "Activities of %(name)s": "Activiteiten van %(name)s",
    "Add": "Toevoegen",
    "Add %(n)s %(people)s to a campaign": "%(n)s %(people)s aan een campagne toevoegen",
    "Add %(name)s": "%(name)s toevoegen",
    "Add a candidate": "Een kandidaat toevoegen",
    "Add a contact": "Een contactpersoon toevoegen",
    "Add group": "Groep toevoegen",
    "Add to campaign": "Aan campagne toevoegen",
    "Add to group": "Aan groep toevoegen",
    "address fails": "adres werkt niet",
    "Administrative assistant": "Administratief medewerker",
    "Agency": "Bureau",
    "all": "alle",
    "all branches": "alle vestigingen",
    "Another group of the same kind already has this tag.": (
        "Een andere groep van dezelfde soort heeft deze tag al."
    ),
    "any": "alle",
    "Asked by phone not to get mailings": "Wil geen mailings, telefonisch doorgegeven",
    "At least one role with users must keep the menu “Maintenance”.": (
        "Minstens één rol met gebruikers moet het menu “Onderhoud” houden."
    ),
    "Available": "Beschikbaar",
    "Available for user roles": "Beschikbaar voor gebruikersrollen",
    "available for user roles": "beschikbaar voor gebruikersrollen",
    "← Back to the list": "← Terug naar de lijst",
    "Branch": "Vestiging",
    "by %(name)s": "door %(name)s",
    "Call": "Telefoongesprek",
    "Called about availability; can start within a month.": (
        "Gebeld over beschikbaarheid; kan binnen een maand beginnen."
    ),
    "Campaign": "Campagne",
    "Campaigns": "Campagnes",
    "campaigns: see the MailChimp tab and send": (
        "campagnes: het tabblad MailChimp zien en versturen"
    ),
    "Cancel": "Annuleren",
    "candidate": "kandidaat",
    "Candidates": "Kandidaten",
    "candidates": "kandidaten",
    "candidates and contacts, no campaigns": "kandidaten en contactpersonen, geen campagnes",
    "Carpenter": "Timmerman",
    "Choose a campaign": "Kies een campagne",
    "Choose a campaign.": "Kies een campagne.",
    "Choose a type from the list.": "Kies een type uit de lijst.",
    "City": "Plaats",
    "Clear": "Wissen",
    "Clear selection": "Selectie wissen",
    "Clicked": "Geklikt",
    "Company": "Bedrijf",
    "Condition": "Voorwaarde",
    "contact": "contactpersoon",
    "Contact moments": "Contactmomenten",
    "Contacts": "Contactpersonen",
    "contacts": "contactpersonen",
    "Create one first": "Maak er eerst een aan",
    "Created": "Aangemaakt",
    "Demo users": "Demogebruikers",
    "Director": "Directeur",
    "Document template %(name)s": "Documentsjabloon %(name)s",
    "Document templates": "Documentsjablonen",
    "E-mail subject": "Onderwerp van de e-mail",
    "Electrician": "Elektricien",
    "Enter a last name, and choose a status from the list.": (
        "Vul een achternaam in en kies een status uit de lijst."
    ),
    "Enter a title.": "Vul een titel in.",
    "everything, including Maintenance": "alles, ook Onderhoud",
    "Facility manager": "Facilitair manager",
    "Failed addresses": "Adressen die niet werken",
    "Find": "Zoeken",
    "First name": "Voornaam",
    "Forklift driver": "Heftruckchauffeur",
    "Former": "Voormalig",
    "Function": "Functie",
    "General": "Algemeen",
    "Group": "Groep",
    "Group %(name)s": "Groep %(name)s",
    "Group filter": "Filter op groep",
    "Groups": "Groepen",
    "HR adviser": "HR-adviseur",
    "HR manager": "HR-manager",
    "In campaigns": "In campagnes",
    "In no campaign yet.": "Nog in geen campagne.",
    "In no group.": "In geen groep.",
    "Intake at the branch, enthusiastic and well prepared.": (
        "Intakegesprek op de vestiging, enthousiast en goed voorbereid."
    ),
    "Interview": "Gesprek",
    "is": "is",
    "is not": "is niet",
    "Kind": "Soort",
    "Last name": "Achternaam",
    "Left a message, will call back on Thursday.": "Voicemail ingesproken, belt donderdag terug.",
    "Log in": "Inloggen",
    "Log out": "Uitloggen",
    "Logistics planner": "Logistiek planner",
    "Mail to this address does not arrive": "Mail naar dit adres komt niet aan",
    "Mail these people": "Deze personen mailen",
    "MailChimp: activate and deactivate": "MailChimp: activeren en deactiveren",
    "MailChimp: connect the account (API key)": "MailChimp: account koppelen (API-sleutel)",
    "MailChimp: create, send and schedule": "MailChimp: aanmaken, versturen en inplannen",
    "Mailing to %(n)s %(people)s, %(time)s": "Mailing aan %(n)s %(people)s, %(time)s",
    "Main": "Hoofdmenu",
    "Maintenance": "Onderhoud",
    "Mark all as read": "Alles als gelezen markeren",
    "Mechanic": "Monteur",
    "Member of the MailChimp opt-out group: gets no MailChimp mail": (
        "Lid van de groep MailChimp opt-out: krijgt geen mail via MailChimp"
    ),
    "Members": "Leden",
    "Menu “Campaigns”": "Menu “Campagnes”",
    "Menu “Maintenance”": "Menu “Onderhoud”",
    "Messages": "Berichten",
    "Messages: %(n)s new": "Berichten: %(n)s nieuw",
    "Modules recognize a group by its tag, so you can change its name.": (
        "Modules herkennen een groep aan de tag; de naam mag je wijzigen."
    ),
    "Name": "Naam",
    "New": "Nieuw",
    "New campaign": "Nieuwe campagne",
    "New group": "Nieuwe groep",
    "Next": "Volgende",
    "No %(people)s match these filters.": "Geen %(people)s gevonden met deze filters.",
    "No %(people)s of this campaign match.": "Geen %(people)s van deze campagne gevonden.",
    "No %(people)s yet. Select them in their list and choose “Action”, “Add to campaign”.": (
        "Nog geen %(people)s. Selecteer ze in hun lijst en kies “Actie”, “Aan campagne toevoegen”."
    ),
    "No campaigns yet. Press “New” to create the first one.": (
        "Nog geen campagnes. Klik op “Nieuw” om de eerste aan te maken."
    ),
    "No contact moments yet.": "Nog geen contactmomenten.",
    "No messages yet. When a campaign is sent, or needs you, it says so here.": (
        "Nog geen berichten. Als een campagne is verstuurd of je nodig heeft, staat dat hier."
    ),
    "No recipients yet. Select people in their list and choose “Action”, “Add to campaign”.": (
        "Nog geen ontvangers. Selecteer personen in hun lijst en kies “Actie”, “Aan campagne "
        "toevoegen”."
    ),
    "nobody": "niemand",
    "Nobody else was found.": "Verder niemand gevonden.",
    "Nobody is in this group.": "Deze groep is leeg.",
    "Nobody is selected. Do you mean all %(n)s %(people)s found?": (
        "Er is niemand geselecteerd. Bedoel je alle %(n)s gevonden %(people)s?"
    ),
    "Nobody was selected.": "Er was niemand geselecteerd.",
    "none": "geen",
    "Not available": "Niet beschikbaar",
    "Note": "Notitie",
    "Nurse": "Verpleegkundige",
    "Of": "Van",
    "Office manager": "Officemanager",
    "Open the campaign": "Open de campagne",
    "Opened": "Geopend",
    "opted out": "afgemeld",
    "Overview": "Overzicht",
    "Owner": "Eigenaar",
    "Page not found": "Pagina niet gevonden",
    "Pages": "Pagina's",
    "Password": "Wachtwoord",
    "People": "Personen",
    "Phone": "Telefoon",
    "Placed": "Geplaatst",
    "Prefers part-time, four days.": "Werkt het liefst parttime, vier dagen.",
    "Prefix": "Tussenvoegsel",
    "Previous": "Vorige",
    "Project manager": "Projectleider",
    "Python developer": "Python-ontwikkelaar",
    "Quantity surveyor": "Calculator",
    "Recipients": "Ontvangers",
    "Recruitment CRM of Cedar Staffing, with the MailChimp module.": (
        "Wervings-CRM van Cedar Staffing, met de MailChimp-module."
    ),
    "Remove": "Verwijderen",
    "Remove %(name)s": "%(name)s verwijderen",
    "Remove from %(group)s": "Uit %(group)s verwijderen",
    "Remove from campaign": "Uit campagne verwijderen",
    "Reply to": "Antwoordadres",
    "Request refused": "Verzoek geweigerd",
    "Role": "Rol",
    "Save": "Opslaan",
    "Save vacancies": "Vacatures opslaan",
    "Saved.": "Opgeslagen.",
    "Search": "Zoekterm",
    "Select %(name)s": "%(name)s selecteren",
    "Select the people to mail first.": "Selecteer eerst de personen die je wilt mailen.",
    "Select this page": "Deze pagina selecteren",
    "selected": "geselecteerd",
    "Sending, the API key and the activation are rights of the user role.": (
        "Versturen, de API-sleutel en het activeren zijn rechten van de gebruikersrol."
    ),
    "Sent": "Verstuurd",
    "Sent the travel allowance scheme.": "Reiskostenregeling gestuurd.",
    "Service engineer": "Servicemonteur",
    "Settings": "Instellingen",
    "Show all": "Alles tonen",
    "Since": "Sinds",
    "since %(day)s": "sinds %(day)s",
    "Skip to content": "Naar de inhoud",
    "Something went wrong": "Er is iets misgegaan",
    "State": "Toestand",
    "Subject, sender and template are chosen on the tab “MailChimp” of the campaign.": (
        "Onderwerp, afzender en sjabloon kies je op het tabblad “MailChimp” van de campagne."
    ),
    "Teacher": "Docent",
    "Team leader": "Teamleider",
    "Templates:": "Sjablonen:",
    "Text": "Tekst",
    "That did not work": "Dat is niet gelukt",
    "The campaign is scheduled already. Unless it is scheduled again, they will not receive it.": (
        "De campagne is al ingepland. Zij ontvangen haar alleen als zij opnieuw wordt ingepland."
    ),
    "The campaign was sent already. They will not receive it.": (
        "De campagne is al verstuurd. Zij ontvangen haar niet."
    ),
    "The error has been logged. Please try again.": "De fout is vastgelegd. Probeer het opnieuw.",
    "The page was out of date, or something was missing. Please try again.": (
        "De pagina was verouderd of er ontbrak iets. Probeer het opnieuw."
    ),
    "The request did not come from a page of this CRM. Reload the page and try again.": (
        "Het verzoek kwam niet van een pagina van dit CRM. Laad de pagina opnieuw en probeer "
        "het nog eens."
    ),
    "The request is larger than this page accepts.": (
        "Het verzoek is groter dan deze pagina toestaat."
    ),
    "The rights of “%(role)s” were saved.": "De rechten van “%(role)s” zijn opgeslagen.",
    "The user name or password is not correct.": "De gebruikersnaam of het wachtwoord klopt niet.",
    "There is no campaign that can take recipients yet.": (
        "Er is nog geen campagne waaraan je ontvangers kunt toevoegen."
    ),
    "This address cannot be opened like this.": "Dit adres kun je zo niet openen.",
    "This page does not exist, or your user role may not see it.": (
        "Deze pagina bestaat niet, of je gebruikersrol heeft er geen toegang toe."
    ),
    "Time zone": "Tijdzone",
    "Title": "Titel",
    "To the candidates": "Naar de kandidaten",
    "To the list": "Naar de lijst",
    "To the start page": "Naar de startpagina",
    "Too large": "Te groot",
    "Trade": "Vakgebied",
    "Type campaign": "Type campagne",
    "Unsubscribed from an earlier mailing": "Afgemeld bij een eerdere mailing",
    "User name": "Gebruikersnaam",
    "User roles": "Gebruikersrollen",
    "Users with one of these roles see the tab “MailChimp” of a campaign.": (
        "Gebruikers met een van deze rollen zien het tabblad “MailChimp” van een campagne."
    ),
    "Users:": "Gebruikers:",
    "Vacancies": "Vacatures",
    "Wants to hear from us when something comes up nearby.": (
        "Hoort graag van ons als er iets in de buurt vrijkomt."
    ),
    "Welder": "Lasser",
    "Why": "Reden",
}
