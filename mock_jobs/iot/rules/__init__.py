"""The rules of AWS IoT Jobs: pure functions and values that know no record."""
