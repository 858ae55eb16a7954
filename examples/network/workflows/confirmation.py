"""What a person fills in who says that something works: nodes and circuits have it confirmed alike."""

from typing import TypedDict

from pydantic import Field

from orchestrion import FormPage


class ConfirmationPage(FormPage):
    """Whoever looked at it says that it works."""

    remark: str = Field(min_length=1, max_length=500, description="What was seen.")


class Confirmed(TypedDict):
    """The outcome of a confirmation."""

    remark: str
