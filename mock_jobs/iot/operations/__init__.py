"""The operations of AWS IoT Jobs, one module per topic; `IoTBackend` combines them."""
