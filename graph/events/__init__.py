"""The fields of the root type Subscription: what clients follow live."""
