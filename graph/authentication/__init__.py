"""Who is asking: from a bearer token to a viewer.

A token is issued by an OpenID Connect provider and signed with one of its keys. `keys` fetches those keys and
notices when they change, `tokens` checks a token with them, and `policy` says what its claims allow. Without
a provider everybody on this machine may do everything (`authenticator.OpenDevelopment`).
"""
