from uuid import UUID

from orchestrion.logs import show_public_ids

PROCESS = UUID("01a20739-bb0d-772f-9f41-f973ee0f0b12")


def test_ids_are_logged_as_the_api_shows_them() -> None:
    shown = show_public_ids(None, "info", {"process_id": str(PROCESS), "event": str(PROCESS)})

    assert shown == {"process_id": shown["process_id"], "event": str(PROCESS)}
    assert shown["process_id"].startswith("process_")
    assert show_public_ids(None, "info", {"process_id": PROCESS}) == {"process_id": shown["process_id"]}


def test_what_is_no_row_is_left_alone() -> None:
    assert show_public_ids(None, "info", {"process_id": 4711}) == {"process_id": 4711}
    assert show_public_ids(None, "info", {"worker_id": str(PROCESS)}) == {"worker_id": str(PROCESS)}
