"""The GraphQL operations of the story. Each calls its one root field `result`."""

from orchestrion.demo.websocket import Operation

_STEP_FIELDS = "key name status attemptCount startedAt finishedAt"
_REFUSAL = "... on Refused { message }"
_INVALID = "... on InvalidInput { errors { path message } }"
_PROCESS = f"process {{ id workflowName status failureReason steps {{ {_STEP_FIELDS} }} }}"


def _start(mutation: str, input_type: str) -> Operation:
    return Operation(
        name=mutation,
        document=f"""
            mutation Start($input: {input_type}!, $idempotencyKey: String!) {{
              result: {mutation}(input: $input, idempotencyKey: $idempotencyKey) {{
                __typename {_REFUSAL} {_INVALID} ... on ProcessStarted {{ {_PROCESS} }}
              }}
            }}
        """,
    )


CREATE_NODE = _start("createNode", "CreateNodeInput")
MODIFY_NODE = _start("modifyNode", "ModifyNodeInput")
VALIDATE_NODE = _start("validateNode", "ValidateNodeInput")
TERMINATE_NODE = _start("terminateNode", "TerminateNodeInput")

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
NODE = Operation(
    name="process.subscriptions",
    document="""
        query Node($process: ID!) {
          result: process(id: $process) {
            subscriptions {
              id status description
              ... on NodeSubscription { node { rackPosition configurationVersion management { address } } }
            }
          }
        }
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
