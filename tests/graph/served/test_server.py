"""What the server tells of itself."""

from domain.ids import CustomerId
from domain.scope import Scope
from graph.settings import GraphSettings
from tests.docs.project import ROOT
from tests.graph.served.asking import Asking
from tests.graph.served.house import House


async def test_the_server_tells_its_version_and_where_it_stands(house: House) -> None:
    scope = Scope.of(CustomerId("customer 1"))
    named = Asking(house, settings=GraphSettings(environment="staging"), scope=scope)

    found = await named("{ server { version environment } }")
    nameless = await Asking(house, scope=scope)("{ server { environment } }")

    version = found["data"]["server"]["version"]
    assert f'\nversion = "{version}"\n' in (ROOT / "pyproject.toml").read_text()
    assert found["data"]["server"]["environment"] == "staging"
    assert nameless["data"]["server"] == {"environment": None}
