"""What a test set up: settings, pace, plans, queue blocks and captured output."""
