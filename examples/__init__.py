"""Applications written with Orchestrion, to run and to learn from."""
