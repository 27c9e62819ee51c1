"""The timeline and the state of a world, as text, JSON and page."""
