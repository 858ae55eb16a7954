"""What can be wrong with a step, a workflow or a registry, each named by the fact.

All of them are raised before anything runs: by a decorator, when a registry is built, or when it is checked
against a catalogue.
"""

from collections.abc import Collection

from engine.errors import DefinitionError


class UnsupportedSignature(DefinitionError):
    """A part of a function's declaration cannot be connected to a process's state."""

    def __init__(self, function: str, *, part: str, reason: str) -> None:
        super().__init__(f"{function}: {part} {reason}")
        self.function = function
        self.part = part


class UnresolvedAnnotation(UnsupportedSignature):
    """An annotation names something that does not exist at run time."""

    def __init__(self, function: str, *, part: str, annotation: str, cause: str) -> None:
        reason = (
            f"is annotated {annotation!r}, which cannot be resolved ({cause}); "
            "import the name at run time, above the function and outside TYPE_CHECKING"
        )
        super().__init__(function, part=part, reason=reason)
        self.annotation = annotation


class FunctionNotAsync(DefinitionError):
    """A function that must be async is not."""

    def __init__(self, function: str, *, role: str) -> None:
        super().__init__(f"{function}: {role} must be an async function")
        self.function = function


class AskMissing(DefinitionError):
    """The first parameter of a form function is not its `ask: Ask`."""

    def __init__(self, function: str) -> None:
        super().__init__(f"{function}: the first parameter of a form must be `ask: Ask`")
        self.function = function


class InvalidStepKey(DefinitionError):
    """A step's key is not a plain identifier."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"step key {key!r}: expected letters, digits and underscores, beginning with a letter"
        )
        self.key = key


class InvalidRetry(DefinitionError):
    """A step cannot be retried, or not in that way."""

    def __init__(self, step: str, *, reason: str) -> None:
        super().__init__(f"step {step!r}: {reason}")
        self.step = step


class InvalidTimeout(DefinitionError):
    """A callback is given no time at all."""

    def __init__(self, step: str, *, timeout_s: float) -> None:
        super().__init__(f"step {step!r}: the timeout is {timeout_s} s, expected more than 0, or None")
        self.step = step
        self.timeout_s = timeout_s


class ReservedName(DefinitionError):
    """An output or an input field has a name the engine gives a meaning of its own."""

    def __init__(self, owner: str, *, name: str, meaning: str) -> None:
        super().__init__(f"{owner} gives a value named {name!r}, which is reserved: {meaning}")
        self.owner = owner
        self.name = name


class DuplicateOutput(DefinitionError):
    """A callback's result and its step's own outputs share a name."""

    def __init__(self, step: str, *, name: str) -> None:
        super().__init__(
            f"step {step!r} gives {name!r} twice: as its own output and as a field of its callback's result"
        )
        self.step = step
        self.name = name


class DuplicateStepKey(DefinitionError):
    """Two steps of a workflow have the same key."""

    def __init__(self, workflow: str, *, key: str) -> None:
        super().__init__(
            f"workflow {workflow!r} has two steps with the key {key!r}; rename one with step.with_key(...)"
        )
        self.workflow = workflow
        self.key = key


class InvalidWorkflow(DefinitionError):
    """A workflow's declaration contradicts itself."""

    def __init__(self, workflow: str, *, reason: str) -> None:
        super().__init__(f"workflow {workflow!r}: {reason}")
        self.workflow = workflow


class InvalidReplacement(DefinitionError):
    """A workflow declares a replacement for a step that needs none, or by one that it does not have."""

    def __init__(self, workflow: str, *, key: str, reason: str) -> None:
        super().__init__(f"workflow {workflow!r} replaces the step {key!r}: {reason}")
        self.workflow = workflow
        self.key = key


class DuplicateWorkflow(DefinitionError):
    """Two workflows of a registry have the same name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there are two workflows named {name!r}")
        self.name = name


class InvalidService(DefinitionError):
    """A registry's service cannot be told from a value of the state, or from what the engine provides."""

    def __init__(self, service: str, *, reason: str) -> None:
        super().__init__(f"service {service}: {reason}")
        self.service = service


class MissingInput(DefinitionError):
    """A step needs a value that nothing before it gives."""

    def __init__(
        self,
        workflow: str,
        *,
        step: str,
        parameter: str,
        expected: str,
        available: Collection[str],
        close_matches: Collection[str],
        reason: str = "nothing before it gives that",
    ) -> None:
        hint = f"; did you mean {' or '.join(close_matches)}?" if close_matches else ""
        names = ", ".join(sorted(available)) or "nothing"
        super().__init__(
            f"workflow {workflow!r}, step {step!r}: parameter {parameter!r} needs {expected}, "
            f"but {reason}{hint} (available: {names})"
        )
        self.workflow = workflow
        self.step = step
        self.parameter = parameter
        self.available = frozenset(available)


class TypeMismatch(DefinitionError):
    """A step expects a value of another type than the one that is given under that name."""

    def __init__(
        self, workflow: str, *, step: str, parameter: str, expected: str, found: str, provider: str
    ) -> None:
        super().__init__(
            f"workflow {workflow!r}, step {step!r}: parameter {parameter!r} expects {expected}, "
            f"but {provider} gives {found}"
        )
        self.workflow = workflow
        self.step = step
        self.parameter = parameter
        self.expected = expected
        self.found = found
