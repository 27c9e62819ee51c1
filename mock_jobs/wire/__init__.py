"""HTTP requests and answers, compiled from the botocore service models: routes, binding, validation, encoding."""
