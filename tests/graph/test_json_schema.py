from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from domain.ids import SubscriptionId
from engine.of_model import OfModel
from graph.types.json_schema import with_public_ids
from tests.graph.application import Node

KNOWN = SubscriptionId(UUID("01890a5d-ac96-774b-bcce-b302099a8057"))
SHOWN = "subscription_01h455vb4pex5vsknk084sn02q"
NodeId = Annotated[SubscriptionId, OfModel(Node)]


class Page(BaseModel):
    """A page that proposes values."""

    node: NodeId = KNOWN
    optional: NodeId | None = KNOWN
    nodes: list[NodeId] = Field(default=[KNOWN])
    other: UUID = KNOWN
    text: str = "text"
    nothing: NodeId | None = None


def test_ids_of_subscriptions_that_a_form_proposes_are_those_that_clients_know() -> None:
    schema: Any = with_public_ids(Page.model_json_schema())

    assert {name: field["default"] for name, field in schema["properties"].items()} == {
        "node": SHOWN,
        "optional": SHOWN,
        "nodes": [SHOWN],
        "other": str(KNOWN),
        "text": "text",
        "nothing": None,
    }
