"""Models to records and back: trees of blocks, the patches between two of them, and their history."""
