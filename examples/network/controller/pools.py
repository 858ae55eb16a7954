"""Positions and addresses: the lowest free number is given out, released ones come back."""

from bisect import insort

from pydantic import BaseModel


class Pool(BaseModel):
    """Numbers from zero upwards."""

    unused: int = 0
    """The first number that was never given out."""
    released: list[int] = []
    """Given back, ascending."""

    def take(self) -> int:
        """The lowest free number, which is no longer free."""
        if self.released:
            return self.released.pop(0)
        number = self.unused
        self.unused += 1
        return number

    def give_back(self, number: int) -> None:
        """Make a taken number free."""
        insort(self.released, number)
