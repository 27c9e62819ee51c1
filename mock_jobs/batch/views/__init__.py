"""How records look on the wire, and how they are listed."""
