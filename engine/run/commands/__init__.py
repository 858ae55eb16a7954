"""Commands: the only way to change a process from outside, split by the phase of its life."""

from engine.run.commands.abort import Ended
from engine.run.commands.commands import Commands
from engine.run.commands.delete import Deleted
from engine.run.commands.outlook import Prospect
from engine.run.commands.repair import InSync
from engine.run.commands.resume import WaitingForm
from engine.run.commands.retry import Queued
from engine.run.commands.start import StartedProcess
from engine.run.commands.start_many import StartSubject
from engine.run.commands.start_outlook import StartProspect

__all__ = [
    "Commands",
    "Deleted",
    "Ended",
    "InSync",
    "Prospect",
    "Queued",
    "StartProspect",
    "StartSubject",
    "StartedProcess",
    "WaitingForm",
]
