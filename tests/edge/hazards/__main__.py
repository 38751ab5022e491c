"""Prints both tables: `python -m tests.edge.hazards`."""

from tests.edge.hazards.causes import CAUSES
from tests.edge.hazards.report import MEANING, SPEED, meaning, row, speed

for heads, lines in ((MEANING, meaning()), (SPEED, [speed(cause, cause.worst_ms()) for cause in CAUSES])):
    print(row(heads), row("---" for _ in heads), *lines, "", sep="\n")
