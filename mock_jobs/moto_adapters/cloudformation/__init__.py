"""Job resources in stacks of CloudFormation, which moto mocks."""
