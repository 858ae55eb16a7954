"""What an application imports to add to the GraphQL schema: docs/extending.md shows how.

It is a door of its own because only the server, `orchestrion schema` and tests may load it. The application's
other modules, which workers import, name it by a text: `Application(graph="package.module:EXTENSION")`.
"""

from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.scope import Scope
from domain.storage.listing.lookups import Subscriptions
from domain.storage.listing.paging import Page, PageRequest
from graph.authentication.access_policy import (
    AccessDenied,
    AccessPolicy,
    AskedOperation,
    Caller,
    Grant,
    OperationKind,
    RootField,
)
from graph.customers import CustomerDirectory, CustomerRecord, ListedCustomers
from graph.errors import GraphError, SchemaDefinitionError
from graph.extending.extension import GraphExtension
from graph.extending.viewer_access import ApplicationContext, Info, ViewerCommands, ViewerReads
from graph.ids import (
    InvalidId,
    parse_customer_id,
    parse_process_id,
    parse_subscription_id,
    public_process_id,
    public_subscription_id,
)
from graph.permissions import Permission, Viewer, requires
from graph.types.block import Block
from graph.types.node import Node
from graph.types.process import Process
from graph.types.refusals import ProcessStarted, StartResult
from graph.types.scalars import Json
from graph.types.subscription import ProductSubscription
from orchestrion.extension import schema_text

__all__ = [
    "AccessDenied",
    "AccessPolicy",
    "ApplicationContext",
    "AskedOperation",
    "Block",
    "Caller",
    "CustomerDirectory",
    "CustomerId",
    "CustomerRecord",
    "Grant",
    "GraphError",
    "GraphExtension",
    "Info",
    "InvalidId",
    "Json",
    "ListedCustomers",
    "Node",
    "OperationKind",
    "Page",
    "PageRequest",
    "Permission",
    "Process",
    "ProcessId",
    "ProcessStarted",
    "ProductSubscription",
    "RootField",
    "SchemaDefinitionError",
    "Scope",
    "StartResult",
    "SubscriptionId",
    "Subscriptions",
    "Viewer",
    "ViewerCommands",
    "ViewerReads",
    "parse_customer_id",
    "parse_process_id",
    "parse_subscription_id",
    "public_process_id",
    "public_subscription_id",
    "requires",
    "schema_text",
]
