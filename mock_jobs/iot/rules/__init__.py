"""The rules of AWS IoT Jobs: functions and values that do not depend on the stored records."""
