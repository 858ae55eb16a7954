"""What a person is asked for a new node, and what a program may send."""

import pytest
from pydantic import ValidationError

from domain.json import JsonValue
from engine.errors import FormPageNeeded, InvalidInput
from engine.forms import run_form
from examples.network.sites import Role, Site
from examples.network.workflows.create_node import CreateNode, node_wizard

DEVICE_PAGE: JsonValue = {"hostname": "par-core-1", "site": "PARIS", "role": "CORE"}


async def test_the_first_page_asks_for_the_device() -> None:
    with pytest.raises(FormPageNeeded) as needed:
        await run_form(node_wizard, [], {})

    page = needed.value.page
    assert (page.title, page.page_index, page.has_next) == ("Device", 0, True)


async def test_the_second_page_offers_the_rows_of_the_site_chosen_on_the_first() -> None:
    with pytest.raises(FormPageNeeded) as needed:
        await run_form(node_wizard, [DEVICE_PAGE], {})

    page = needed.value.page
    assert (page.title, page.page_index, page.has_next) == ("Placement", 1, False)
    assert isinstance(page.schema, dict)
    assert page.schema["properties"] == {
        "row": {
            "description": "Row of racks in Paris.",
            "enum": ["PAR-A", "PAR-B", "PAR-C"],
            "title": "Row",
            "type": "string",
        }
    }


async def test_two_pages_give_the_input() -> None:
    filled_in = await run_form(node_wizard, [DEVICE_PAGE, {"row": "PAR-B"}], {})

    assert filled_in == CreateNode(hostname="par-core-1", site=Site.PARIS, row="PAR-B", role=Role.CORE)


async def test_a_row_of_another_site_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        await run_form(node_wizard, [DEVICE_PAGE, {"row": "AMS-A"}], {})

    assert [error.path for error in refused.value.errors] == [("pages", 1, "row")]


def test_a_program_is_told_which_rows_a_site_has() -> None:
    with pytest.raises(ValidationError, match="VIENNA has no row 'PAR-B'; expected one of VIE-A"):
        CreateNode(hostname="vie-1", site=Site.VIENNA, row="PAR-B")


@pytest.mark.parametrize("hostname", ["", "a", "Core-1", "core 1", "-core", "core/1", "c" * 64])
def test_a_hostname_the_controller_could_not_take_is_refused(hostname: str) -> None:
    with pytest.raises(ValidationError, match="hostname"):
        CreateNode(hostname=hostname, site=Site.VIENNA, row="VIE-A")
