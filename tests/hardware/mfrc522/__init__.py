"""An MFRC522 at register level, and ISO 14443 A cards in its field."""
