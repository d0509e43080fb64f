"""Events of one recipient become the same rows and status in whatever order and pieces they arrive."""

from hypothesis import given
from hypothesis import strategies as st

from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.mailchimp import ActivityRow, RawEvent
from cxmc_ext.domain.rules.events import event_keys, furthest_status, has_news_since, parse_activity

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["open", "click", "bounce", "forward"]),
        st.integers(0, 3),
        st.sampled_from(["", "https://a.example", "https://b.example"]),
    )
)


@given(EVENTS, st.randoms())
def test_order_does_not_matter(events: list[RawEvent], dice: object) -> None:
    shuffled = list(events)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert set(event_keys(events)) == set(event_keys(shuffled))
    assert furthest_status(event_keys(events)) == furthest_status(event_keys(shuffled))


@given(EVENTS, st.integers(0, 4))
def test_reading_again_from_any_second_adds_nothing(events: list[RawEvent], since: int) -> None:
    later = [event for event in events if event[1] > since]
    assert set(event_keys(later)) <= set(event_keys(events))
    assert furthest_status([*event_keys(events), *event_keys(later)]) == furthest_status(
        event_keys(events)
    )


@given(EVENTS)
def test_every_event_has_its_own_key(events: list[RawEvent]) -> None:
    known = [event for event in events if event[0] != "forward"]
    assert len(set(event_keys(events))) == len(known)


def test_the_status_is_the_furthest_event() -> None:
    events = [
        ("click", 1, "https://a.example"),
        ("open", 9, ""),
        ("bounce", 10, ""),
    ]
    assert furthest_status(event_keys(events)) == EventStatus.CLICKED
    assert furthest_status(event_keys(events[1:])) == EventStatus.OPENED
    assert furthest_status(event_keys(events[2:])) == EventStatus.BOUNCED
    assert furthest_status([]) == EventStatus.SENT


@given(EVENTS, st.integers(0, 4))
def test_events_after_the_cursor_and_all_bounces_are_new(
    events: list[RawEvent], cursor: int
) -> None:
    row = parse_activity(ActivityRow("h", "a@b.example", tuple(events)))
    known = [event for event in events if event[0] != "forward"]
    expected = any(at > cursor or action == "bounce" for action, at, _ in known)
    assert has_news_since(row, cursor) == expected
    assert (row.event_keys, row.status) == (event_keys(events), furthest_status(event_keys(events)))
