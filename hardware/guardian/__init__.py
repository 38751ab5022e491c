"""The guardian: a tiny process that owns contactors and trip inputs and releases what no living agent vouches for."""

from hardware.guardian.events import Cleared, Disobeyed, Engaged, GuardianEvent, Obeyed, Released, Tripped
from hardware.guardian.leases import Guardian
from hardware.guardian.service import is_served, serve

__all__ = [
    "Cleared",
    "Disobeyed",
    "Engaged",
    "Guardian",
    "GuardianEvent",
    "Obeyed",
    "Released",
    "Tripped",
    "is_served",
    "serve",
]
