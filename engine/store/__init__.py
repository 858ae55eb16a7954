"""All SQL of the engine, by the phase of a process's life. Functions take a connection; none commits."""
