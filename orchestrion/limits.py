"""The limits of the server, as part of its settings: how large, how dear and how many."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class LimitSettings(BaseSettings):
    """What the server refuses; docs/operations.md says what its clients see then."""

    introspection: bool = True
    """Whether clients may ask for the schema, and are given its names for those they got wrong."""
    graphiql: bool = True
    """Whether the server has a page to try operations on."""
    max_body_bytes: Count = 1_000_000
    max_query_string_bytes: Count = 16_000
    body_timeout_s: Seconds = 30.0
    max_tokens: Count = 10_000
    max_definitions: Count = 100
    max_depth: Annotated[int, Field(ge=1, le=50)] = 25
    max_fields: Count = 1_000
    max_repeats: Count = 100
    max_aliases: Count = 200
    max_aliases_of_field: Count = 50
    max_directives: Count = 100
    max_directives_at_once: Count = 5
    max_mutations: Count = 10
    max_literals: Count = 1_000
    max_variable_values: Count = 20_000
    max_variable_depth: Annotated[int, Field(ge=1, le=100)] = 50
    max_cost: Count = 200_000
    max_page_size: Count = 200
    default_page_size: Count = 25
    max_list_entries: Count = 20_000
    max_errors: Count = 20
    operation_timeout_s: Seconds = 30.0
    filter_timeout_s: Seconds = 5.0
    socket_init_timeout_s: Seconds = 5.0
    operations_of_caller: Count = 20
    operations_per_socket: Count = 100
    max_streams: Count = 2_000
    max_streams_of_caller: Count = 500
    stream_keep_alive_s: Seconds = 12.0

    @model_validator(mode="after")
    def _require_pages_that_fit(self) -> Self:
        if self.default_page_size > self.max_page_size:
            raise ValueError(
                f"found a default page size of {self.default_page_size}, "
                f"expected at most the greatest, {self.max_page_size}"
            )
        return self
