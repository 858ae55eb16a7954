"""What the classes of a model say: its fields, their types and bounds, checked when they are defined."""
