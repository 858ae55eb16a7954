"""What an application adds to the schema, loaded: by the server and by whatever prints the schema."""

from graph.extending.extension import NO_EXTENSION, GraphExtension
from graph.schema import print_schema
from orchestrion.application import Application, ExtensionNotFound
from orchestrion.references import NothingNamed, load_object, told


def load_extension(application: Application) -> GraphExtension:
    """Imports what an application says that it adds; that of one that says nothing adds nothing.

    Raises:
        ExtensionNotFound: If module or object is absent, or the object is no extension.
        SchemaDefinitionError: If it was given what cannot be added.
    """
    reference = application.graph
    if reference is None:
        return NO_EXTENSION
    try:
        extension = load_object(reference)
    except NothingNamed as error:
        raise ExtensionNotFound(reference, error.found) from error
    if not isinstance(extension, GraphExtension):
        raise ExtensionNotFound(reference, told(reference, extension))
    return extension


def schema_text(application: Application) -> str:
    """Gives an application's schema, with what it adds, as text (SDL).

    Raises:
        ExtensionNotFound: If module or object is absent, or the object is no extension.
        SchemaDefinitionError: If what it adds does not fit the schema.
    """
    extension = load_extension(application)
    return print_schema(application.catalog, application.registry, extension=extension)
