"""AWS IoT Jobs, control plane: records, rules and the operations of service `iot` that concern jobs."""
