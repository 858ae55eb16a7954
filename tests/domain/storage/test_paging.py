import pytest

from domain.storage.listing.paging import InvalidPageRequest, Page, PageRequest, SortKey, id_key

KEY: SortKey = ("key",)


@pytest.mark.parametrize(
    ("first", "after", "last", "before", "offset"),
    [
        (None, None, None, None, 0),
        (1, None, 1, None, 0),
        (-1, None, None, None, 0),
        (1, None, None, None, -1),
        (None, KEY, 1, None, 0),
        (None, None, 1, None, 5),
        (1, KEY, None, None, 5),
        (2**31, None, None, None, 0),
        (None, None, 10**30, None, 0),
        (1, None, None, None, 10**30),
    ],
)
def test_a_contradictory_request_is_refused(
    first: int | None, after: SortKey | None, last: int | None, before: SortKey | None, offset: int
) -> None:
    with pytest.raises(InvalidPageRequest):
        PageRequest(first=first, after=after, last=last, before=before, offset=offset)


@pytest.mark.parametrize(
    ("request_", "rows", "expected"),
    [
        (PageRequest(first=2), [1, 2, 3], Page(rows=[1, 2], has_next=True, has_previous=False)),
        (PageRequest(first=2, after=KEY), [3], Page(rows=[3], has_next=False, has_previous=True)),
        (PageRequest(first=2, offset=2), [3], Page(rows=[3], has_next=False, has_previous=True)),
        (PageRequest(last=2), [9, 8, 7], Page(rows=[8, 9], has_next=False, has_previous=True)),
        (PageRequest(last=2, before=KEY), [7, 6], Page(rows=[6, 7], has_next=True, has_previous=False)),
        (PageRequest(first=0), [1], Page(rows=list[int](), has_next=True, has_previous=False)),
    ],
)
def test_a_page_tells_what_lies_beyond_it(
    request_: PageRequest, rows: list[int], expected: Page[int]
) -> None:
    assert request_.page_of(rows) == expected


def test_a_key_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidPageRequest):
        id_key(("2026", 1))
