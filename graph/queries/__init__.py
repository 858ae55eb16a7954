"""The fields of the root type Query, one file per noun."""
