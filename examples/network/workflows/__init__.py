"""The life of a node: one file per workflow; what several share is in `configuration` and `retrying`."""
