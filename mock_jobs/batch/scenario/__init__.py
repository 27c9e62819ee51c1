"""What a test set up: settings, pace, plans, outages and captured output."""
