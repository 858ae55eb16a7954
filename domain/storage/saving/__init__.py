"""How patches are written: facts, decisions and statements of one batch, and the locks they are under."""
