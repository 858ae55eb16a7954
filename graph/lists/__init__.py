"""Lists as clients page and filter them, whatever is listed."""
