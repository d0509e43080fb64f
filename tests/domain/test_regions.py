"""Editable regions: what mails can show, what is refused, and whether it arrived."""

import pytest

from cxmc_ext.domain.rules.regions import (
    clean_region,
    fingerprint,
    missing_regions,
    region_problem,
)

NICE = (
    '<h2 style="color:red">Dag *|FNAME|*</h2><p>Tom &amp; <a href="https://a.example/?a=1&amp;b=2">vacature</a>'
    ' <a href="*|UNSUB|*">uit</a><img src="https://a.example/x.png" alt="x" width="600"></p>'
)


def test_what_mails_can_show_stays_as_it_is() -> None:
    assert clean_region(NICE) == NICE
    assert region_problem("main", NICE) is None


@pytest.mark.parametrize(
    ("html", "cleaned", "part"),
    [
        ("<p>a</p><script>alert(1)</script>", "<p>a</p>", "<script>"),
        ('<p onclick="x()">a</p>', "<p>a</p>", "onclick"),
        ('<a href=" java\nscript:x()">a</a>', "<a>a</a>", "href"),
        ('<img src="https://t.example/p.gif" width=1 height="1">a', "a", "<img>"),
        ('<img src="https://t.example/p.gif" style="display: none">a', "a", "<img>"),
        ('<img src="data:image/png;base64,AA">a', "a", "src"),
        ('<img src="https://t.example/p.gif" style="width:1px">a', "a", "<img>"),
        ('<form action="/x"><input name="a">b</form>', "b", "<form>"),
        ("<iframe src='https://x.example'></iframe>b", "b", "<iframe>"),
        ("<svg><script>x</script></svg>b", "b", "<svg>"),
        ("<style>p{display:none}</style><p>b</p>", "<p>b</p>", "<style>"),
    ],
)
def test_what_mails_cannot_show_is_removed_and_named(html: str, cleaned: str, part: str) -> None:
    assert clean_region(html) == cleaned
    problem = region_problem("main", html)
    assert problem is not None
    assert (problem.code, problem.values["name"]) == ("region_cleaned", "main")
    assert part in problem.values["parts"]


@pytest.mark.parametrize("tag", ["*|HTML:REWARDS|*", "*|html:x|*"])
def test_a_tag_that_inserts_code_is_refused(tag: str) -> None:
    problem = region_problem("main", f"<p>{tag}</p>")
    assert problem is not None
    assert problem.code == "region_code_tag"


@pytest.mark.parametrize("html", ["<p>open <b>bold", "</div>a<p", "<p>a</b></p>", "<<p>>"])
def test_broken_html_is_repaired_and_cannot_break_out(html: str) -> None:
    cleaned = clean_region(html)
    assert clean_region(cleaned) == cleaned
    assert cleaned.count("<p>") == cleaned.count("</p>")
    assert "</div>" not in cleaned


def test_a_region_that_did_not_arrive_is_found() -> None:
    mail = f'<table><tr><td mc:edit="main">\n{NICE}\n</td></tr></table>'
    assert missing_regions({"main": NICE, "side": "<p>Anders</p>"}, mail) == ["side"]
    formatted = mail.replace('<h2 style="color:red">', '<h2 class="h" style="margin:0;color:red">')
    assert missing_regions({"main": NICE}, formatted) == []
    assert missing_regions({"main": NICE}, mail.replace("a=1", "a=2")) == ["main"]


def test_a_fingerprint_follows_the_words_and_links_only() -> None:
    assert fingerprint(NICE) == fingerprint(NICE.replace(' style="color:red"', "\n "))
    assert fingerprint(NICE) != fingerprint(NICE.replace("vacature", "vacatures"))
    assert fingerprint(NICE) != fingerprint(NICE.replace("x.png", "y.png"))
