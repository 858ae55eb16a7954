"""The typed `where` of lists: its operators, its fields, and the conditions of the storage they become."""
