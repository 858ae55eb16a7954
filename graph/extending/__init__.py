"""What an application adds to the schema: declared, checked against the rest, given what it may reach."""
