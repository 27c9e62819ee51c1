"""The operations of AWS IoT Jobs, by topic: parts of one backend."""
