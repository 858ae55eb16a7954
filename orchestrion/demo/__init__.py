"""`orchestrion demo`: the sample's story, played against a running server by its public API alone.

Everything goes over one WebSocket, queries and mutations too. When it drops, because the server restarts for
example, the demo waits, connects again, and goes on with the events after the last one it saw.
"""

from orchestrion.demo.playing import run_demo

__all__ = ["run_demo"]
