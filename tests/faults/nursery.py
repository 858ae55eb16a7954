"""Makes worker processes quickly: everything is imported once, and each worker is a fork of that.

`python -m tests.faults.nursery` reads orders from its input, a line of JSON each, and answers with the id of
the worker's process. At the end of its input it kills the workers that are left, stopped ones too.
"""

import asyncio
import json
import os
import signal
import sys

from tests.faults.worker import WorkerOrder, work


def main() -> None:
    # Nobody waits for the workers before the end, so that no process id is given to another process.
    workers: list[int] = []
    try:
        while line := sys.stdin.readline():
            order = WorkerOrder(**json.loads(line))
            process_id = os.fork()
            if process_id == 0:
                _become_worker(order)
            workers.append(process_id)
            sys.stdout.write(f"{process_id}\n")
            sys.stdout.flush()
    finally:
        for process_id in workers:
            os.kill(process_id, signal.SIGKILL)


def _become_worker(order: WorkerOrder) -> None:
    """Never returns."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(order.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(log, 1)
        os.dup2(log, 2)
        asyncio.run(work(order))
        code = 0
    finally:
        sys.stdout.flush()
        if code:
            sys.excepthook(*sys.exc_info())  # pyright: ignore[reportArgumentType]  # there is an exception
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
