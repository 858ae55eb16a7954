"""How one GraphQL request becomes one response, or a stream of them, whatever brought it here.

A request passes the same gates on every transport, in this order: it is well formed (`request`), its
document parses and validates (`documents`, cached by text), its viewer holds every permission its fields
ask for (checked once, before anything runs), its variables fit. Only then does it execute (`operations`).
What fails at a gate is a *request error*: nothing has run and the response has no `data`.

Each operation, and each event of a subscription, gets a context of its own with loaders of its own, so that
nothing read for one is served to the next.
"""
