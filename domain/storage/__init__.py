"""The only SQL of the domain floor, and the embedded PostgreSQL."""
