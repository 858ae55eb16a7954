"""A small network controller, the outside world of the sample.

`python -m examples.network.controller --port 8711` runs it. It keeps devices, gives out rack positions,
management addresses and interfaces, and configures devices and provisions circuits in its own time: such a
request is answered 202 at once, and the outcome is posted to the callback URL that came with it.

Like any service that takes part in durable workflows it can be asked twice. A request may carry an
`Idempotency-Key`: the same key gets the same answer, and nothing happens a second time. What did happen is
listed by `GET /effects`, a ledger for tests that kill workers, in which no `count` may exceed 1. A repeated
request of that kind is applied once but answered at each callback URL, since whoever asks again may no
longer listen at the first.

With a state file the controller survives its own death too: state is on disk before a request is answered,
and what was under way goes on at the next start.

    PUT    /devices/{name}                       reserve rack position and management address
    POST   /devices/{name}/configuration         configure; the outcome goes to `callback_url`
    GET    /devices, /devices/{name}
    DELETE /devices/{name}                       release; refused while interfaces are reserved
    POST   /devices/{name}/interfaces            reserve one; each device has 32
    GET    /devices/{name}/interfaces
    PUT    /devices/{name}/interfaces/{number}   change its settings
    GET    /devices/{name}/interfaces/{number}
    DELETE /devices/{name}/interfaces/{number}   release; refused while it carries circuits
    PUT    /circuits/{name}                      provision, or change; the outcome goes to `callback_url`
    GET    /circuits/{name}
    DELETE /circuits/{name}                      release
    GET    /effects                              what happened, and how often
    POST   /faults                               let the next requests of one operation fail
"""
