"""The fields of the root type Mutation: commands, whose answers say what became of them."""
