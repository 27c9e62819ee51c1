"""AWS IoT Jobs, device plane: the operations of service `iot-jobs-data`, a second face of the same store."""
