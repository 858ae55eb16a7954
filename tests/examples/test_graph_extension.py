"""What the sample adds to the schema."""

from domain.scope import Scope
from examples.network.app import app
from examples.network.graph_extension import CUSTOMERS
from graph.schema import build_schema
from orchestrion.extension import load_extension
from orchestrion.graphql import PageRequest
from tests.parity import parity


@parity("GQ-08")
def test_the_sites_are_asked_for_with_the_rows_that_they_offer() -> None:
    schema = build_schema(app.catalog, app.registry, extension=load_extension(app)).strawberry_schema

    answer = schema.execute_sync("{ sites { site rows managementPrefix } }")

    assert answer.errors is None
    assert answer.data == {
        "sites": [
            {"site": "AMSTERDAM", "rows": ["AMS-A", "AMS-B"], "managementPrefix": "10.20.0.0/16"},
            {"site": "PARIS", "rows": ["PAR-A", "PAR-B", "PAR-C"], "managementPrefix": "10.33.0.0/16"},
            {"site": "VIENNA", "rows": ["VIE-A"], "managementPrefix": "10.43.0.0/16"},
        ]
    }


async def test_the_customers_have_names() -> None:
    page = await CUSTOMERS.page(scope=Scope.all(), request=PageRequest(first=10), search=None)

    assert [customer.name for customer in page.rows] == [
        "City Library",
        "Harbour University",
        "Lakeside Hospital",
    ]
