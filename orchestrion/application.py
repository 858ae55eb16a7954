"""What a user's package declares: a catalogue, a registry, and processes that run beside the server."""

from dataclasses import dataclass
from pathlib import Path

from domain.model.catalog import Catalog
from engine.registry import Registry
from orchestrion.references import NothingNamed, load_object, told


class ApplicationNotFound(LookupError):
    """The setting ORCHESTRION_APP names nothing that is an application."""

    def __init__(self, reference: str, found: str) -> None:
        super().__init__(
            f"ORCHESTRION_APP={reference!r}: {found}; "
            f"expected package.module:object, an orchestrion.Application"
        )
        self.reference = reference


class ExtensionNotFound(LookupError):
    """An application names what it adds to the schema, and nothing of that name is there."""

    def __init__(self, reference: str, found: str) -> None:
        super().__init__(
            f"Application(graph={reference!r}): {found}; "
            f"expected package.module:object, an orchestrion.graphql.GraphExtension"
        )
        self.reference = reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A process that `orchestrion serve` runs beside itself: a simulator or a sidecar of the application.

    It is started as `python -m MODULE --port PORT --exit-with-parent ARGUMENTS`, prints one line `ready URL`
    when it takes requests, and ends when its standard input is closed.

    Attributes:
        name: What people call it.
        module: The module that Python runs.
        url_setting: The environment variable by which the workers learn its URL. If it is set already,
            nothing is started: that service exists.
        arguments: Further arguments; `{data}` stands for the folder that `serve` keeps its data in.
    """

    name: str
    module: str
    url_setting: str
    arguments: tuple[str, ...] = ()

    def arguments_for(self, data: Path) -> tuple[str, ...]:
        """The arguments, where what it keeps goes into the folder `data`."""
        return tuple(argument.replace("{data}", str(data)) for argument in self.arguments)


class Application:
    """A catalogue of products and a registry of workflows that fit together.

    Args:
        catalog: The products.
        registry: The workflows and the services their steps ask for.
        companions: Processes that `serve` runs beside itself.
        graph: Names what the application adds to the GraphQL schema, as `package.module:object`: a
            `GraphExtension`. It is a name because only the server loads it: workers never import GraphQL.

    Raises:
        DefinitionError: If a step of a workflow needs what nothing provides; the message names workflow, step
            and parameter.
    """

    def __init__(
        self,
        *,
        catalog: Catalog,
        registry: Registry,
        companions: tuple[Companion, ...] = (),
        graph: str | None = None,
    ) -> None:
        registry.check(catalog)
        self.catalog = catalog
        self.registry = registry
        self.companions = companions
        self.graph = graph


def load_application(reference: str) -> Application:
    """Import the application that `package.module:object` names.

    The working folder is searched after the installed packages, as users keep their application there.

    Raises:
        ApplicationNotFound: If module or object is absent, or the object is not an application.
    """
    try:
        application = load_object(reference)
    except NothingNamed as error:
        raise ApplicationNotFound(reference, error.found) from error
    if not isinstance(application, Application):
        raise ApplicationNotFound(reference, told(reference, application))
    return application
