"""The domain floor: what is sold, and what is held by whom."""
