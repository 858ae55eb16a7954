"""The sample application: nodes of a network, built and maintained through a network controller.

Read it in this order: `sites` (the facts), `blocks` and `products` (what is sold), `services` (the outside
world), `workflows` (how it is carried out), `app` (all of it put together). `controller` is the simulated
outside world: a program of its own, which this application knows by its HTTP interface alone.
"""
