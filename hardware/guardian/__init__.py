"""The guardian: a tiny process that owns contactors and trip inputs and releases what no living agent vouches for."""

from hardware.guardian.events import Cleared, Engaged, GuardianEvent, Released, Tripped
from hardware.guardian.leases import Guardian
from hardware.guardian.service import serve

__all__ = ["Cleared", "Engaged", "Guardian", "GuardianEvent", "Released", "Tripped", "serve"]
