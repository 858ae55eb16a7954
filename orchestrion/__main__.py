"""`python -m orchestrion` is the command line."""

from orchestrion.cli import main

main()
