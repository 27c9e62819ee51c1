"""AWS IoT Jobs, device plane: the operations of `iot-jobs-data`, on the records of the control plane."""
