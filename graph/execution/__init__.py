"""How one GraphQL request becomes one response, or a stream of them, whatever brought it here.

A request passes the same gates on every transport, the cheapest first: it is well formed (`request`), its
variables are small (`variable_sizes`), its document is small (`document_sizes`, `repeats`) and valid
(`documents`, kept by text), its viewer holds every permission its fields ask for (checked once, before
anything runs), its variables fit, it does not cost too much (`cost`). Only then does it execute
(`operations`), a query for so long at most; a mutation that has begun is never cut.
What fails at a gate is a *request error*: nothing has run and the response has no `data`.
Execution itself is graphql-core's, but for what plans read (`fast`).

Each operation, and each event of a subscription, gets a context of its own with loaders of its own, so that
nothing read for one is served to the next.
"""
