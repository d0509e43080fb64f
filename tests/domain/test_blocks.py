"""Lists of the CRM in a mail: how they are rendered, what is left out, and whose a clicked link is."""

import json

import pytest

from cxmc_ext.domain.blocks import Block, BlockItem, FilledBlock
from cxmc_ext.domain.rules.blocks import (
    MAX_ITEMS,
    blocks_from_text,
    blocks_to_text,
    fill,
    is_outdated,
    items_by_link,
    link_key,
    moved,
    refreshed,
    rendered,
    unused_items,
    without,
)
from cxmc_ext.domain.rules.regions import region_problem

SITE = "https://site.example/vacatures"


def item(number: str, **values: str) -> BlockItem:
    usual = {"ref": number, "title": f"V{number}", "url": f"{SITE}/{number}"}
    return BlockItem(**(usual | values))


def block(*items: BlockItem) -> Block:
    return Block("vacancies", "Vacatures", items)


def html_of(filled: FilledBlock) -> str:
    return rendered({"main": filled})["main"]


def refs(filled: FilledBlock) -> list[str]:
    return [each.ref for each in filled.items]


def test_values_are_escaped_and_cannot_contain_merge_tags() -> None:
    hostile = item(
        "1",
        title="<script>x()</script> *|HTML:EVIL|* & co",
        text="eerste\n\n*|FNAME|* <img src=x onerror=y>",
        url=f"{SITE}?a=1&b=2",
    )
    html = html_of(fill(block(hostile)))
    assert '<a href="https://site.example/vacatures?a=1&amp;b=2"><b>' in html
    assert "&lt;script&gt;x()&lt;/script&gt; * |HTML:EVIL| * &amp; co" in html
    assert "eerste<br><br>* |FNAME| * &lt;img" in html
    assert region_problem("main", html) is None


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"url": "javascript:alert(1)"}, "url"),
        ({"html": "<b>\ud800</b>"}, "html"),
        ({"url": "//site.example/1"}, "url"),
        ({"url": "https://site.example/*|EMAIL|*"}, "url"),
        ({"url": "https://site.example/" + "x" * 1000}, "url"),
        ({"url": 'https://site.example/"><script>'}, "url"),
        ({"title": " \n "}, "title"),
        ({"ref": ""}, "ref"),
        ({"ref": "r" * 65}, "ref"),
        ({"html": "<p>a</p><script>b</script>"}, "html"),
        ({"html": '<img src="https://t.example/p.gif" width="1" height="1">'}, "html"),
        ({"html": "<p>*|HTML:EVIL|*</p>"}, "html"),
        ({"html": "x" * 2_000_000}, "html"),
    ],
)
def test_one_unusable_entry_is_left_out_alone_and_named(
    changes: dict[str, str], fault: str
) -> None:
    offered = block(item("1"), item("2", **changes), item("3"))
    assert refs(fill(offered)) == ["1", "3"]
    assert [unused.fault for unused in unused_items(offered)] == [fault]


def test_long_texts_are_cut_and_long_lists_end() -> None:
    offered = block(*(item(str(n), title="t" * 500, text="x" * 2_000_000) for n in range(40)))
    filled = fill(offered)
    assert len(filled.items) == MAX_ITEMS
    assert {len(each.title) for each in filled.items} == {150}
    assert len(html_of(filled)) < 30_000
    assert [unused.fault for unused in unused_items(offered)] == ["many"] * 10


def test_broken_html_of_the_host_stays_within_its_entry() -> None:
    html = html_of(fill(block(item("1", html="<div><b>open</li></ul><p>dicht"), item("2"))))
    assert html.count("<ul") == html.count("</ul>") == 1
    assert html.count("<li") == html.count("</li>") == 2


def test_every_link_belongs_to_one_entry_also_where_two_have_the_same_address() -> None:
    first, second = item("1", url=f"{SITE}/7?x=1"), item("2", url=f"{SITE}/7?x=1#top")
    third = item(
        "3", html=f'<a href="{SITE}/7?x=1&amp;utm_source=crm">a</a><a href="{SITE}/3">b</a>'
    )
    filled = {"main": fill(block(first, second, third)), "side": fill(block(first))}
    owners = items_by_link(filled)
    assert {owners[link_key(f"{SITE}/7?x=1{added}")].ref for added in ("", "&mc_cid=9")} == {"1"}
    assert owners[link_key(f"{SITE}/7?x=1&cxmc_item=2&utm_campaign=a+b#top")].ref == "2"
    assert owners[link_key(f"{SITE}/7?x=1&utm_source=crm&cxmc_item=3")].ref == "3"
    assert owners[link_key("HTTPS://Site.example/vacatures/3?utm_id=1")].ref == "3"
    assert link_key(f"{SITE}/8") not in owners
    html = rendered(filled)
    assert f'href="{SITE}/7?x=1&amp;cxmc_item=2#top"' in html["main"]
    assert f'href="{SITE}/7?x=1"' in html["side"]


@pytest.mark.parametrize("url", ["https://[bad", "https://a.example/%zz", "https://ä.example/ü?é"])
def test_odd_addresses_have_a_key(url: str) -> None:
    assert link_key(url)


def test_refreshing_keeps_the_order_and_the_removals_of_the_user() -> None:
    filled = moved(without(fill(block(*map(item, "1234"))), 1), 2, -1)
    assert refs(filled) == ["1", "4", "3"]
    unchanged = block(*map(item, "1234"))
    assert not is_outdated(filled, unchanged)
    changed = block(item("0"), item("2"), item("3", title="Nieuw"), item("4"))
    assert is_outdated(filled, changed)
    now = refreshed(filled, changed)
    assert [each.title for each in now.items] == ["V4", "Nieuw", "V0"]
    assert not is_outdated(now, changed)


def test_moving_beyond_an_end_changes_nothing() -> None:
    filled = fill(block(*map(item, "12")))
    assert [moved(filled, 0, -1), moved(filled, 1, 1), moved(filled, 5, -1)] == [filled] * 3
    assert without(filled, 2) == filled


def test_what_a_form_brings_back_is_read_or_is_nothing() -> None:
    blocks = {"main é": without(fill(block(*map(item, "12"))), 0)}
    assert blocks_from_text(blocks_to_text(blocks)) == blocks
    assert blocks_to_text({}) == ""
    for text in ("", "[]", "x", '{"a": 1}', '{"a": {"ref": 1}}', '{"a": {"items": [[1]]}}'):
        assert blocks_from_text(text) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"ref": "r" * 65},
        {"title": "t" * 151},
        {"items": [["r" * 65, "t", "<b>x</b>"]]},
        {"items": [["r", "t" * 151, "<b>x</b>"]]},
        {"items": [["r", "t", "<b>x</b>"]] * (MAX_ITEMS + 1)},
        {"removed": ["r" * 65]},
    ],
)
def test_a_forged_block_that_no_column_can_hold_is_nothing(changes: dict[str, object]) -> None:
    usual = {"ref": "b", "title": "B", "items": [["r", "t", "<b>x</b>"]], "removed": []}
    assert blocks_from_text(json.dumps({"main": usual})) != {}
    assert blocks_from_text(json.dumps({"main": usual | changes})) == {}
