"""The sample application: nodes of a network, ports on nodes, and circuits between ports.

Read it in this order: `sites` and `links` (the facts), `blocks` and `products` (what is sold), `services`
(the outside world, with `network_elements`, what it tells), `workflows` (how it is carried out),
`graph_extension` (what it adds to the GraphQL schema), `app` (all of it put together). `controller` is the
simulated outside world: a program of its own, which this application knows by its HTTP interface alone.
"""
