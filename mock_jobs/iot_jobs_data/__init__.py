"""AWS IoT Jobs, device plane: the operations of `iot-jobs-data`, over the records of the control plane."""
