"""What an application imports: models, steps, workflows, and the application object that holds them.

```python
from orchestrion import SubscriptionModel, begin, create_workflow, done, step
```
"""

# ruff: noqa: E402  # the check must come before the first import of a package that may be shadowed
from orchestrion.shadowing import refuse_shadowed_packages

refuse_shadowed_packages()

from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.definition.fields import Indexed, Reference
from domain.model.lifecycle import ProductStatus, SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from domain.storage.listing.lookups import Subscriptions
from engine.authorizers import Authorization, AuthorizedAction, Authorizer
from engine.context import CallbackContext, StepContext
from engine.errors import ApiUnavailable, InconsistentData
from engine.forms import Ask, FormPage
from engine.of_model import OfModel
from engine.predicates import PredicateContext, Refused, exclusive, no_unfinished_process
from engine.registry import Registry
from engine.states import Target
from engine.step_lists import StepList, begin, done
from engine.steps import callback_step, input_step, retry, step
from engine.workflow_decorators import (
    create_workflow,
    modify_workflow,
    reconcile_workflow,
    task,
    terminate_workflow,
    validate_workflow,
    workflow,
)
from engine.wrappers import conditional, focus
from orchestrion.application import Application, Companion

INITIAL = SubscriptionStatus.INITIAL
PROVISIONING = SubscriptionStatus.PROVISIONING
ACTIVE = SubscriptionStatus.ACTIVE
MIGRATING = SubscriptionStatus.MIGRATING
DISABLED = SubscriptionStatus.DISABLED
TERMINATED = SubscriptionStatus.TERMINATED

__all__ = [
    "ACTIVE",
    "DISABLED",
    "INITIAL",
    "MIGRATING",
    "PROVISIONING",
    "TERMINATED",
    "ApiUnavailable",
    "Application",
    "Ask",
    "Authorization",
    "AuthorizedAction",
    "Authorizer",
    "CallbackContext",
    "Catalog",
    "Companion",
    "CustomerId",
    "FormPage",
    "InconsistentData",
    "Indexed",
    "OfModel",
    "PredicateContext",
    "ProcessId",
    "Product",
    "ProductBlockModel",
    "ProductStatus",
    "Reference",
    "Refused",
    "Registry",
    "StepContext",
    "StepList",
    "SubscriptionId",
    "SubscriptionModel",
    "SubscriptionStatus",
    "Subscriptions",
    "Target",
    "begin",
    "callback_step",
    "conditional",
    "create_workflow",
    "done",
    "exclusive",
    "focus",
    "input_step",
    "modify_workflow",
    "no_unfinished_process",
    "reconcile_workflow",
    "retry",
    "step",
    "task",
    "terminate_workflow",
    "validate_workflow",
    "workflow",
]
