"""What people and other programs receive of bills: receipts, statements, exports; pure, from the bills' snapshots."""
