"""From stored trees to results of the generated types, when they are read."""
