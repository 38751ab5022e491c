"""Measurements of the whole product in real processes, beside what the bare libraries need in the same run."""
