"""The lists that have a typed `where`: of subscriptions, of processes, of the catalogue."""
