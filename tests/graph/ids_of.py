"""Reading ids as tests may and clients may not."""


def suffix(identifier: str) -> str:
    """The part of an id after its type."""
    return identifier.split("_")[1]
