"""From a catalogue and a registry to the types and mutations of their schema, once, when it is built."""
