from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from domain.ids import SubscriptionId
from engine.of_model import OfModel
from graph.generate.input_schema import input_schema
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


class Speed(Enum):
    """How fast."""

    GBIT_1 = 1_000_000_000
    GBIT_10 = 10_000_000_000


class Band(BaseModel):
    """A part of what is asked for."""

    low_edge: int


class Wanted(BaseModel):
    """What is asked for."""

    port_speed: Speed = Speed.GBIT_10
    other_speeds: list[Speed] = Field(default=[Speed.GBIT_1])
    first_band: Band | None = None
    either_one: Band | Page | None = None


def test_an_input_says_the_names_that_its_typed_mutation_takes() -> None:
    schema: Any = input_schema(Wanted, with_subject=True)

    properties = schema["properties"]
    names = {"title": "Speed", "description": "How fast.", "type": "string", "enum": ["GBIT_1", "GBIT_10"]}
    assert schema["required"] == ["subscription"]
    assert list(properties) == [
        "subscription", "version", "portSpeed", "otherSpeeds", "firstBand", "eitherOne",
    ]  # fmt: skip
    assert properties["portSpeed"] == {**names, "default": "GBIT_10"}
    assert (properties["otherSpeeds"]["items"], properties["otherSpeeds"]["default"]) == (names, ["GBIT_1"])
    assert list(properties["firstBand"]["anyOf"][0]["properties"]) == ["lowEdge"]
    # A choice between models is JSON to GraphQL, in the form of the models.
    assert list(schema["$defs"]) == ["Band", "Page"]
    assert list(schema["$defs"]["Band"]["properties"]) == ["low_edge"]
