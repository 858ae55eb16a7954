"""How rows are found: filters, orders and pages, as far as they are the same for all lists."""
