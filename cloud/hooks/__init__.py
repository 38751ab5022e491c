"""Calls to other programs when something happened (webhooks): their outbox is emptied beside everything else."""
