"""The technician's commands: `bollard edge …`; each imports what it needs only when it is used."""

from edge.cli.main import main

__all__ = ["main"]
