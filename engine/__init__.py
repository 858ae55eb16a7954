"""The engine floor: how products and services are created, changed, checked and ended, step by step.

The top of this package says what a workflow is: data and pure functions. `engine.store` holds its SQL,
`engine.run` carries processes out. This page is the protocol that keeps them right while anything may die
at any moment.

**The authority.** A process's row says where it stands: its status, its state, its current step, who owns
it and until when. The queue holds hints that a run is due, notifications are hints that a row changed;
either may be lost, late or given twice, and costs time, never truth. The database's clock alone decides
about time.

**A start** decides and acts in one transaction. It locks the rows of the subject, of the subscriptions whose
blocks that one uses, and of those that the input names, in the order of their ids. Then, in a statement of
its own, it reads what the rules look at (`engine.actions`): so it sees all that earlier holders of these rows
have committed. Of two related subscriptions one uses the other, and starts on either lock the used one: the
second finds the first one's subject out of sync. The insert that makes the process also takes the subject:
out of sync, held by the process, until its resync lets it go. A workflow that may start out of sync takes
nothing that is not in sync, and can save nothing of it. A save that changes a status or adds a reference
locks the same rows, and is decided against them in the same way.

**A run** takes a process from where it stands until it ends or parks. Asking for one is part of the commit
that calls for it: the process's `run_no` goes up, and a job carries that number. A job of an older number
finds nothing.

**The claim** makes a worker the owner: one UPDATE that needs a QUEUED process, a RUNNING one whose lease
has expired, or a WAITING one whose time has come. It raises `epoch`, the fencing token. Every write of the
run names its epoch and `checkpoint_no`, which counts the commits within it, so that

- a worker that was presumed dead writes nothing, and learns it (`Fenced`);
- a commit whose answer was lost is recognised when it is tried again, and not repeated.

**The lease** is renewed by each checkpoint and by the worker's heartbeat, which also says what became of
the worker's processes: taken over, or ended while nobody heard of the worker (the step is cut short,
silently), or to be aborted.

**A checkpoint** ends one step and begins the next, or parks or ends the process, in one commit with the
changes of subscriptions, the events, and the job it calls for. So "running" is a recorded fact, and a step
that was in flight when its worker died is one whose row says RUNNING under an expired lease: it is
attempted again, with the next attempt number and the same idempotency key. A step that loses worker after
worker fails its process.

Rows are locked in the order subscription, process, then what belongs to the process; several of a kind in
the order of their ids. (A checkpoint that puts subscriptions back in sync does so last: nobody who waits
for such a row holds anything of the process.) A statement that waits for a row's lock re-reads that row,
but not what it joins: so a condition that must hold at the commit stands on the process's own row
(`inbox_no` counts the inbox), and a command that reads other tables locks the process in a statement
before.

**The inbox** takes in what comes from outside, under the process's lock. If the process is parked and waits
for it, it is queued in the same commit. If it is running, only `inbox_no` goes up: a checkpoint that gives
up the lease needs to have looked at the last arrival, and is answered `InboxNotEmpty` otherwise. So nothing
comes too early. A callback's token is committed before the step can give it away, and stays good as long as
its step may wait for it.

**An abort** ends a process that nobody owns at once. Otherwise it becomes ABORTING: the owner's next write
is refused with `Aborting`, its step is cancelled, and it records ABORTED, with the step's end if it came to
one. No statement leads out of ABORTING but to ABORTED, and none out of ABORTED.

**A condition** belongs to a step and is asked by the run that has claimed the process, each time an attempt
at the step would begin, and not when what a parked step waited for has come. If it says no, the run records
the step as SKIPPED, with the condition as the reason, in the checkpoint that begins the next. If it raises,
the attempt has failed.

**A focus** changes where a step reads and writes, nothing of the protocol: it sees its part of the state
before what is around it, its results are written into the part by the checkpoint that ends it, and a step
that fails or parks without a result leaves the part as it was.

**Giving up.** An async function is cancelled at a lost lease, an abort, the end of its time or of its worker;
a thread can only be waited for. What does not end within `give_up_s` is given up: the attempt is recorded as
what it was cut short for, and whatever the function comes to later is dropped, for its run is over and its
epoch will be void. A thread that was given up is lost until it ends; another takes its place, up to a number
beyond which steps wait for a thread. What such a function does to the world goes on: the next attempt has the
same idempotency key.

**A skip** leaves out the step at which a process is parked or has failed, and names the version it was
decided on. It records the step as SKIPPED, with who and why, puts in the state what was given in the step's
place, and queues the process at the next step, in one commit; a skip of the last step ends the process. A
step that the workflow has no more can be left out as well.

**Who may** is asked of the application's authorizers before a command's transaction (`engine.policy`). The
transaction checks, under the process's lock, that nobody else would have to be asked by then. A run predicate
is asked before the form, and again in the transaction that starts the process; if it is exclusive, under a
lock that the starts of its workflow take before any row.

**A pause** is one row that says PAUSING and which pause it is. From its commit on no start, no claim, and no
checkpoint that begins a step is written; what arrives is taken in. A run whose checkpoint is answered
`Paused` records its step and hands the process back. Workers keep the jobs they are given in hand, and each
acknowledges the pause when none of its claims or runs is left. The engine is PAUSED while every worker that
is alive has acknowledged this very pause and no process has a live lease: that is read, never stored, so it
cannot outlive its truth. The commit that ends a pause asks for a run of each process that can go on and has
no job; a job that a worker dropped at the same moment is found by the reconcilers.

**A changed workflow** is met wherever a key is looked up: a process never knows steps by their place. Who
goes on with it takes, in the order of the workflow, the first step that is not done and is behind the
current one, or that the process was to carry out when it began: that one was moved. A key that the workflow
has no more stands for what the workflow declares in its place (`replaces`): another step, which is carried
out under the old key, so that attempts, arrivals, tokens and the idempotency key stay valid; or nothing, and
the step is recorded as SKIPPED by the next run. A key that stands for nothing fails the process with
`WorkflowChanged` before anything is done for the step: what has arrived stays unread, tokens stay good, and
after a retry under a release that knows the key the step is where it was. The form of a suspended step that
needs no input any more has no fields. Nobody moves a parked process because of a new release; readers are
shown what it would do. Of a workflow that is gone processes can be read, aborted and, if they are tasks that
have ended, deleted: nobody is asked, as authorizers went with the workflow; every other command that its
status admits is answered with `StepGone`. While releases run side by side, a process is judged by the
release of whoever touches it.

**Progress** is how far a step in flight is, as it says itself, or as the outside world says under the token
of its callback. It is a hint: it has no version and no event, is not waited for to be safe on disk, and is
no part of the state. A worker keeps the last word of each of its steps in memory and writes those of all of
them in one statement, at most every `progress_interval_s`. The statement names the epochs of the runs,
leaves out rows that somebody holds, and tells who watches. The row shows it while the step is in flight; the
claim of a run wipes it. What is said while the database is away, or just before the step ends, is lost. A
token is not used up by it, and one that is void is refused.

What is done at each failure:

- A worker dies: its leases expire; any worker's reconciler raises `run_no` and asks for new runs.
- A job is lost, or held by a dead worker: the same, after a while, unless the job merely waits its turn.
- The database goes away: runs wait with their results in hand, and record them if they still own their
  process.
- Somebody holds a process's row for long: its checkpoint waits, later batches go on beside it, and the
  reconciler leaves it out until the next time. A transaction that idles is ended by the server.
- A workflow changes while its processes are under way: they go on by key; one whose current step is gone, and
  replaced by nothing, fails with `WorkflowChanged` and keeps what arrived for it.
- A notification is lost: heartbeats, reconcilers and followers look for themselves every few seconds. Only
  progress is not told then; the next word of it is.
- An authorizer, a predicate or a condition raises: the command is refused, the start is refused, the attempt
  has failed.
- A thread does not end: its attempt is given up, and its late result is ignored.
- A worker was stopped for so long that it was forgotten: it is known again with its next heartbeat.
- A worker stops: steps in flight may end, then are cancelled; the processes are queued for other workers.
- A checkpoint cannot be stored: its batch is halved until it fails alone, and its step fails with the
  reason.

Every commit of a process that a reader could notice raises its `version` by one and writes event rows under
it.
"""
