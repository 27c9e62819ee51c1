"""How jobs change state, and what follows from each change."""
