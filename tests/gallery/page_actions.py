"""What somebody does on a page before its picture is taken."""

from collections.abc import Callable

from playwright.sync_api import Page


def no_action(_page: Page) -> None:
    """Most pictures are taken of the page as it opens."""


def press(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.click()


def wrong_password(page: Page) -> None:
    page.locator("#f-username").fill("recruiter")
    page.locator("#f-password").fill("forgotten")
    page.locator(".login form button").click()
    page.locator("[aria-invalid]").first.wait_for()


def submit_invalid_key(page: Page) -> None:
    page.locator("#cxmc-key").fill("my-own-password")
    page.locator("#cxmc-initialize").click()
    page.locator("[aria-invalid]").first.wait_for()


def submit_wrong_limit(page: Page) -> None:
    page.locator("#cxmc-contact_limit").fill("ten thousand")
    page.locator("#cxmc-save-settings").click()
    page.locator("[aria-invalid]").first.wait_for()


def ask_to_stop(page: Page) -> None:
    page.locator("[data-cxmc-confirm=cxmc-confirm-stop_sending]").click()
    page.locator("dialog:modal").wait_for()


def add_dialog(page: Page) -> None:
    page.locator("tbody input[type=checkbox]").first.check()
    page.locator("#action").click()
    page.locator("#actions button[data-dialog]").click()
    page.locator("dialog:modal").wait_for()


def choose_mailchimp(page: Page) -> None:
    page.locator("#f-type").select_option("MailChimp")


def ask_confirmation(button: str) -> Callable[[Page], None]:
    """Chooses a template and presses; the question stands open."""

    def ask_once(page: Page) -> None:
        page.locator("#cxmc-template_id").select_option(index=1)
        page.locator(button).click()
        page.locator("dialog:modal").wait_for()

    return ask_once


def submit_invalid_form(page: Page) -> None:
    """Every field refused at once."""
    page.locator("#cxmc-subject").fill("")
    page.locator("#cxmc-from_name").fill("")
    page.locator("#cxmc-from_email").fill("sanne at cedar")
    page.locator("#cxmc-send").click()
    page.locator("[aria-invalid]").first.wait_for()


def type_free_mail(page: Page) -> None:
    page.locator("#cxmc-from_email").fill("sanne@gmail.com")
    page.locator("#cxmc-domain.cxmc-bad").wait_for()


def ask_confirmation_without_javascript(page: Page) -> None:
    page.locator("#cxmc-template_id").select_option(index=1)
    page.locator("#cxmc-send").click()
    page.locator(".cxmc-confirmation").wait_for()


def search(text: str) -> Callable[[Page], None]:
    """Chooses the third template, then searches another one."""

    def search_once(page: Page) -> None:
        page.locator("#cxmc-template_id").select_option(index=3)
        page.locator("#cxmc-template_search").fill(text)
        page.locator("#cxmc-template-hint b").wait_for()

    return search_once


def search_without_javascript(page: Page) -> None:
    page.locator("#cxmc-template_search").fill("zorg")
    page.locator(".cxmc-template-search button").click()
    page.locator("#cxmc-template-hint b").wait_for()


def submit_invalid_title(page: Page) -> None:
    page.locator("#cxmc-title").fill("")
    page.locator("form:has(#cxmc-title) button").click()
    page.locator("[aria-invalid]").first.wait_for()


def follow_up(page: Page) -> None:
    page.locator("form:has(#cxmc-title) button").click()
    page.locator(".cxmc-form").wait_for()


def submit_invalid_test_address(page: Page) -> None:
    page.locator("#cxmc-template_id").select_option(index=1)
    page.locator("#cxmc-test_to").fill("sanne at cedar")
    page.locator("#cxmc-test").click()
    page.locator("[aria-invalid]").first.wait_for()


def submit_script_in_region(page: Page) -> None:
    page.locator("#cxmc-region-1").fill("<p>Beste *|FNAME|*,</p><script>alert(1)</script>")
    page.locator("#cxmc-preview").click()
    page.locator("#cxmc-regions .cxmc-error").first.wait_for()


def preview(page: Page) -> None:
    """With the template that stands in the form."""
    page.locator("#cxmc-preview").click()
    page.frame_locator("iframe.cxmc-mail").frame_locator("iframe").locator("p").first.wait_for()
    page.locator("iframe.cxmc-mail").scroll_into_view_if_needed()
    page.screenshot()  # a frame below the window is painted once it was looked at
    page.evaluate("scrollTo(0, 0)")


def ask_erasure_confirmation(page: Page) -> None:
    """Up to the question; nobody is erased."""
    page.locator("#cxmc-who").fill("anna.jansen@kandidaten.example")
    page.locator(".cxmc-danger").click()
    page.locator("#cxmc-typed").wait_for()
