"""Which declarations can be connected to a process's state."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, NotRequired, TypedDict

import pytest
from pydantic import Field, SecretStr
from typing_extensions import TypedDict as ExtendedTypedDict

from engine.errors import DefinitionError
from engine.signatures import read_outputs, read_parameters
from tests.engine.definitions.catalog import Link, Port, PortBlock, PortProvisioning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import PurePath as OnlyForTheChecker

from domain.model.subscriptions import SubscriptionModel


class Reserved(TypedDict):
    rack: str
    price: NotRequired[Annotated[Decimal, Field(gt=0)]]


class Partly(Reserved, total=False):
    remark: str


class Extended(ExtendedTypedDict):
    rack: str
    price: NotRequired[Decimal]


class Inner(TypedDict):
    speed: int


class Nested(TypedDict):
    inner: Inner


class Opaque:
    pass


class Secretive(TypedDict):
    password: SecretStr | None


class Opaquely(TypedDict):
    opaque: list[Opaque]


def test_annotations_written_as_text_are_resolved() -> None:
    def function(port: Port | None, price: Annotated[Decimal, Field(gt=0)]) -> Partly: ...

    port, price = read_parameters(function)
    _, outputs = read_outputs(function)

    assert (port.subscription_classes, port.nullable) == ((Port,), True)
    assert price.adapter is not None
    assert {name: output.required for name, output in outputs.items()} == {
        "rack": True,
        "price": False,
        "remark": False,
    }


def test_a_keyword_only_parameter_is_as_good_as_any() -> None:
    def function(*, speed: int) -> None: ...

    (speed,) = read_parameters(function)

    assert (speed.name, speed.has_default) == ("speed", False)


def test_a_service_has_no_json_form() -> None:
    def function(service: Opaque) -> None: ...

    (service,) = read_parameters(function)

    assert service.adapter is None


def unresolvable(path: OnlyForTheChecker) -> None: ...
def starred(*ports: Port) -> None: ...
def double_starred(**ports: Port) -> None: ...
def positional(port: Port, /) -> None: ...
def different_families(port: Port | Link) -> None: ...
def subscription_or_text(port: Port | str) -> None: ...
def many_subscriptions(ports: dict[str, Port]) -> None: ...
def a_block(block: PortBlock | None) -> None: ...
def no_family(subscription: SubscriptionModel) -> None: ...


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            unresolvable,
            (
                "parameter 'path' is annotated 'OnlyForTheChecker', which cannot be resolved (name "
                "'OnlyForTheChecker' is not defined); import the name at run time, above the function and "
                "outside TYPE_CHECKING"
            ),
        ),
        (starred, "parameter '*ports' is not supported; declare each value by name"),
        (double_starred, "parameter '**ports' is not supported; declare each value by name"),
        (positional, "parameter 'port' is positional-only; values are given by name"),
        (
            different_families,
            "parameter 'port' is a union of different subscriptions; expected classes of one family",
        ),
        (
            subscription_or_text,
            "parameter 'port' is a subscription or something else; expected a subscription, or None",
        ),
        (many_subscriptions, "parameter 'ports' holds Port inside another type; give each its own name"),
        (
            a_block,
            "parameter 'block' holds the block PortBlock; a block travels inside its subscription",
        ),
        (
            no_family,
            (
                "parameter 'subscription' is of no family (SubscriptionModel: found an abstract class, "
                "expected name= on it or on a class above it)"
            ),
        ),
    ],
)
def test_a_parameter_that_cannot_be_filled_in_is_refused(
    function: Callable[..., object], message: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        read_parameters(function)

    assert str(refused.value) == f"{__name__}.{function.__name__}: {message}"


def test_a_typed_dict_may_come_from_typing_extensions() -> None:
    def function() -> Extended: ...

    _, outputs = read_outputs(function)

    assert {name: output.required for name, output in outputs.items()} == {"rack": True, "price": False}


def gives_dict() -> dict[str, int]: ...
def gives_number() -> int: ...
def gives_block() -> PortBlock: ...
def gives_maybe() -> PortProvisioning | None: ...
def gives_nested() -> Nested: ...
def gives_secret() -> Secretive: ...
def gives_opaque() -> Opaquely: ...


UNCLEAR = (
    "does not say which values are given; declare a TypedDict, a pydantic model, a subscription model or None"
)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (gives_dict, f"the return type dict[str, int] {UNCLEAR}"),
        (gives_number, f"the return type int {UNCLEAR}"),
        (
            gives_block,
            "the return type is the block PortBlock; return the subscription that holds it",
        ),
        (
            gives_maybe,
            "the return type may be None; declare a TypedDict with a NotRequired subscription",
        ),
        (gives_secret, "output 'password' is a secret, which the state must not hold"),
        (gives_opaque, "output 'opaque' has a type that cannot be kept in the state as JSON"),
        (
            gives_nested,
            "output 'inner' contains a TypedDict; take it from typing_extensions, or use a pydantic model",
        ),
    ],
)
def test_a_result_that_does_not_say_what_it_gives_is_refused(
    function: Callable[..., object], message: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        read_outputs(function)

    assert str(refused.value) == f"{__name__}.{function.__name__}: {message}"


def test_a_parameter_that_pydantic_could_not_read_is_refused() -> None:
    def function(inner: Inner) -> None: ...

    with pytest.raises(DefinitionError) as refused:
        read_parameters(function)

    reason = "contains a TypedDict; take it from typing_extensions, or use a pydantic model"
    assert str(refused.value).endswith(f"parameter 'inner' {reason}")


def test_a_declaration_without_annotations_is_refused() -> None:
    def function(speed: int) -> None: ...

    function.__annotations__.clear()

    with pytest.raises(DefinitionError, match="parameter 'speed' has no annotation"):
        read_parameters(function)
    with pytest.raises(DefinitionError, match="the return type has no annotation"):
        read_outputs(function)
