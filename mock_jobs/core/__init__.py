"""What all services share: world, clock, ids, events, faults and errors."""
