"""Tables, queries (connection in, domain values out), the write queue and the migrations."""
