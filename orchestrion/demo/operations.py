"""The GraphQL operations of the story. Each calls its one root field `result`."""

from orchestrion.demo.websocket import Operation

_STEP_FIELDS = "key name status attemptCount startedAt finishedAt"
_REFUSAL = "... on Refused { message }"
_BLOCKERS = "blockedBy { code message subscriptions { id description } }"
_BLOCKED = f"... on ActionBlocked {{ {_BLOCKERS} }}"
_INVALID = "... on InvalidInput { errors { path message } }"
_PROCESS = f"process {{ id workflowName status failureReason steps {{ {_STEP_FIELDS} }} }}"


def _start(mutation: str, input_type: str) -> Operation:
    return Operation(
        name=mutation,
        document=f"""
            mutation Start($input: {input_type}!, $idempotencyKey: String!) {{
              result: {mutation}(input: $input, idempotencyKey: $idempotencyKey) {{
                __typename {_REFUSAL} {_INVALID} {_BLOCKED} ... on ProcessStarted {{ {_PROCESS} }}
              }}
            }}
        """,
    )


CREATE_NODE = _start("createNode", "CreateNodeInput")
MODIFY_NODE = _start("modifyNode", "ModifyNodeInput")
VALIDATE_NODE = _start("validateNode", "ValidateNodeInput")
TERMINATE_NODE = _start("terminateNode", "TerminateNodeInput")
CREATE_PORT = _start("createPort", "CreatePortInput")
MODIFY_PORT = _start("modifyPort", "ModifyPortInput")
TERMINATE_PORT = _start("terminatePort", "TerminatePortInput")
CREATE_CIRCUIT = _start("createCircuit", "CreateCircuitInput")
VALIDATE_CIRCUIT = _start("validateCircuit", "ValidateCircuitInput")
TERMINATE_CIRCUIT = _start("terminateCircuit", "TerminateCircuitInput")

RETRY_PROCESS = Operation(
    name="retryProcess",
    document=f"""
        mutation Retry($process: ID!) {{
          result: retryProcess(process: $process) {{ __typename {_REFUSAL} }}
        }}
    """,
)
RESUME_PROCESS = Operation(
    name="resumeProcess",
    document=f"""
        mutation Resume($process: ID!, $pages: [JSON!]!) {{
          result: resumeProcess(process: $process, pages: $pages) {{ __typename {_REFUSAL} {_INVALID} }}
        }}
    """,
)
FORM = Operation(
    name="process.form",
    document="query Form($process: ID!) { result: process(id: $process) { form { title schema } } }",
)
SUBSCRIPTIONS = Operation(
    name="process.subscriptions",
    document="""
        query Subscriptions($process: ID!) {
          result: process(id: $process) {
            subscriptions {
              __typename id status description product { name } customer { name }
              ... on NodeSubscription { node { rackPosition configurationVersion management { address } } }
            }
          }
        }
    """,
)
ACTIONS = Operation(
    name="subscription.actions",
    document=f"""
        query Actions($subscription: ID!) {{
          result: subscription(id: $subscription) {{
            actions {{ workflow {{ name }} canStart {{ allowed {_BLOCKERS} }} }}
          }}
        }}
    """,
)
PROCESS_EVENTS = Operation(
    name="processEvents",
    document=f"""
        subscription Follow($process: ID!, $after: String) {{
          result: processEvents(process: $process, after: $after) {{
            __typename cursor
            ... on ProcessSnapshot {{ {_PROCESS} }}
            ... on StepStarted {{ step {{ {_STEP_FIELDS} }} }}
            ... on StepFinished {{ step {{ {_STEP_FIELDS} }} }}
            ... on ProcessStatusChanged {{ status failureReason }}
          }}
        }}
    """,
)
