"""GraphQL on the wire: one address, three transports, chosen by how the client asks.

- **HTTP** (`endpoint`): POST with JSON, GET for queries. The answer's media type and status follow GraphQL
  over HTTP: in `application/graphql-response+json` a request error is 4xx and an executed operation 200,
  whatever its errors; in `application/json` every well-formed request is 200. A client that names neither
  is answered in `application/json`.
- **Server-sent events** (`event_stream`): `Accept: text/event-stream` turns the response into a stream, in
  the "distinct connections" mode of graphql-sse. `next` per response, then `complete`; comments keep the
  connection alive.
- **WebSocket** (`websocket`): the graphql-transport-ws protocol, many operations on one socket.

Open streams are counted (`open_streams`). A server that stops first ends them, sockets with 1001 and event
streams by ending the response *without* `complete`, so that a client knows to reconnect and resume where it
was.

Source: GraphQL over HTTP (working draft); graphql-sse PROTOCOL.md; graphql-ws PROTOCOL.md.
"""
