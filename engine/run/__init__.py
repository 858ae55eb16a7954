"""Carrying processes out: commands, the checkpoint writer, the executor, the worker, and those who watch."""
