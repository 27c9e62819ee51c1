"""AWS Batch: records, rules, scheduler and the operations of service `batch`."""
