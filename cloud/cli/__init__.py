"""The commands an operator types: `bollard cloud …`."""

from cloud.cli.main import main

__all__ = ["main"]
