"""What the world sees: the GraphQL schema, its transports, and the two plain HTTP addresses beside it."""
