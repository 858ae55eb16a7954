"""The fast path: objects are read and written in one loop, where graphql-core would go through every field.

graphql-core spends about six microseconds on each field: it builds what a resolver may ask for, calls it, and
finds out what came back. Most fields of a result need none of that: their value is an attribute of an object.

For each selection on each object type the executor works out a *plan* once per operation (`plans`): which
fields are plain attributes, as Strawberry reads them by default (`attributes`), and how their values become
results (`leaves`). Each object of that type is then read by the plan. Four rules keep the response what
graphql-core alone would give, errors included:

- An attribute is read once. Whatever is unusual in it (an error, an awaitable, null where none may be, a
  value of a class that was not foreseen) is handed, as it was read, to graphql-core's own code for the field
  or the entry, which completes it or says what is wrong with it.
- Root fields, and fields with a resolver, with arguments or with an extension, are graphql-core's from the
  start. What they resolve to is read by plans again.
- Which type an object of an interface or a union has is known by its class where Strawberry says the same of
  every object of that class (`runtime_types`).
- Fields are taken in their order, errors are caught where graphql-core catches them, and what must be awaited
  is awaited together as it does. That much of its inner life is repeated in `executor`, for one release of
  it: a test compares what was repeated with the source that is installed.

With incremental delivery, middleware or predicates of a caller's own nothing is planned at all.
"""
