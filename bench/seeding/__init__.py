"""A large database to read from: a network operator's subscriptions and processes, the same at each build.

`python -m bench.seeding postgresql://user@host/database --subscriptions 100000`
"""
