"""The types of the schema, one file per noun; those of a catalogue are made in `graph.generate`."""
