"""The lives of nodes, ports and circuits: one file per workflow, `create_port` for example.

What several share is in files of its own: `configuration`, `interface` and `provisioning` (what the
controller is told), `room` (whether a circuit fits), `confirmation`, `differences` and `retrying`.
"""
