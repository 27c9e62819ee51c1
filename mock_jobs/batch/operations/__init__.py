"""The operations of AWS Batch, by topic: parts of one backend."""
