"""Everything on the wire, compiled from the botocore service models: routes, binding, validation, answers."""
