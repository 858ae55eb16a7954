"""What is served beside GraphQL: callbacks of systems outside, health, and the GraphiQL page."""
