"""Texts that AWS Batch answers or writes into a job, in one place.

The grade of each group stands in its comment: *documented* (user guide or API reference), *observed* (reported by users of
AWS Batch in public issues and logs) or *inferred* (AWS publishes no text; this one is ours, and no code should compare it).
"""

from __future__ import annotations

from typing import Final

WRAPPED: Final = "Error executing request, Exception : {text}, RequestId: {request_id}"  # observed
BAD_JSON: Final = "An error occurred during JSON parsing"  # observed

# Common to several operations.
REFERENCE_MISSING: Final = "The {kind} '{name}' does not exist"
DOES_NOT_EXIST: Final = "{arn} does not exist"  # observed: SDK users match `job-queue/.* does not exist`
ALREADY_EXISTS: Final = "Object already exists"  # observed in part
BEING_DELETED_OR_CHANGED: Final = "Cannot update, resource is being modified"  # inferred from the text for deletion
CANNOT_DELETE_BEING_MODIFIED: Final = "Cannot delete, resource is being modified."  # observed
CANNOT_DELETE_IN_USE: Final = "Cannot delete, found existing JobQueue relationship"  # observed
CANNOT_DELETE_ENABLED: Final = "Cannot delete, state must be DISABLED"  # rule documented, text inferred
REQUIRED: Final = "{member} is required"  # inferred
EMPTY: Final = "'{member}' is a required field (cannot be an empty string)"  # observed by moto's authors
STATE: Final = "state {value} must be one of {values}"  # observed by moto's authors
ONE_OF: Final = "{member} must be one of {values}"  # observed for job definitions, inferred elsewhere
WRONG_TYPE: Final = "{member} must be of type {type}"  # inferred
TOO_MANY: Final = "{member} must have at most {bound} {unit}"  # inferred
TOO_FEW: Final = "{member} must have at least {bound} {unit}"  # inferred
OUT_OF_RANGE: Final = "{member} must be at least {bound}"  # inferred
ABOVE_RANGE: Final = "{member} must be at most {bound}"  # inferred
NOT_MATCHING: Final = "{member} should match valid pattern"  # inferred
LIST_AND_MAX_RESULTS: Final = "{list} and MaxResults cannot both be set"  # observed
MAX_RESULTS: Final = "maxResults must be between 1 and 100"  # inferred
BAD_TOKEN: Final = "Invalid nextToken"  # noqa: S105 - a message; inferred
TOO_MANY_LISTED: Final = "Maximum number of {what} supported is  100 ."  # observed for jobs, spaces included
TAG_PREFIX: Final = "Tag keys must not start with aws:"  # rule documented, text inferred
ILLEGAL_CHARACTERS: Final = "'{text}' is not a valid value for {kind} - it contains illegal characters"  # observed for values
TOO_MANY_TAGS: Final = "A resource can have at most 50 tags"  # rule documented, text inferred
NOT_TAGGABLE: Final = "Resource type is not supported for tagging"  # rule documented, text inferred

# Quotas. Limits documented (service quotas page), texts inferred.
COMPUTE_ENVIRONMENT_QUOTA: Final = "Compute environment limit exceeded"
JOB_QUEUE_QUOTA: Final = "Job queue limit exceeded"
SERVICE_ENVIRONMENT_QUOTA: Final = "Service environment limit exceeded"
DEFINITION_TOO_LARGE: Final = "Job definition size exceeds the maximum of 24 KiB"
PAYLOAD_TOO_LARGE: Final = "Job size must be less than 30 KiB, got {size} KiB"  # observed

# Compute environments.
COMPUTE_ENVIRONMENT_NAME: Final = "Compute environment name should match valid pattern"  # inferred
COMPUTE_ENVIRONMENT_TYPE: Final = "type must be MANAGED or UNMANAGED"  # observed
RESOURCES_MISSING: Final = "computeResources must be provided for a MANAGED compute environment"  # inferred
RESOURCES_ON_UNMANAGED: Final = "computeResources must not be provided for an UNMANAGED compute environment"  # inferred
SERVICE_ROLE_MISSING: Final = "ServiceRole is required."  # observed by moto's authors
UNMANAGED_VCPUS: Final = "unmanagedvCpus is only applicable to UNMANAGED compute environments"  # inferred
INSTANCE_ROLE_MISSING: Final = "Instance role is required."  # observed by moto's authors
MIN_VCPUS_MISSING: Final = "Resource minvCpus is required."  # observed by moto's authors
NO_INSTANCE_TYPE: Final = "At least 1 instance type must be provided"  # observed by moto's authors
NO_SUBNET: Final = "At least 1 subnet must be provided"  # observed by moto's authors
NO_SECURITY_GROUP: Final = "At least 1 security group must be provided"  # observed by moto's authors
TOO_MANY_SUBNETS: Final = "At most 16 subnets can be provided"  # limit documented, text inferred
TOO_MANY_SECURITY_GROUPS: Final = "At most 5 security groups can be provided"  # limit documented, text inferred
MAX_BELOW_MIN: Final = "maxVCpus must be greater than minvCpus"  # observed by moto's authors
DESIRED_OUTSIDE: Final = "desiredvCpus must be between minvCpus and maxvCpus"  # inferred
DESIRED_LOWERED: Final = "desiredvCpus must not be below its present value"  # rule documented, text inferred
NEGATIVE_VCPUS: Final = "{member} must not be negative"  # inferred
MAX_VCPUS: Final = "maxvCpus must be at least 1"  # inferred
NOT_FOR_FARGATE: Final = "{member} is not applicable for Fargate."  # observed for two members
SPOT_ROLE_MISSING: Final = "ComputeResources.spotIamFleetRole cannot not be null or empty"  # observed
STRATEGY_NOT_FOR_TYPE: Final = "{strategy} is not applicable for {type}"  # inferred
LAUNCH_TEMPLATE: Final = "Exactly one of launchTemplateId and launchTemplateName must be provided"  # inferred
LAUNCH_TEMPLATE_OVERRIDES: Final = (
    "At most 10 launch template overrides, each with targetInstanceTypes, can be provided"  # inferred
)
EC2_CONFIGURATION: Final = "ec2Configuration must have 1 or 2 entries"  # inferred
UNKNOWN_INSTANCE_TYPE: Final = "Instance type can only be one of [{names}]"  # observed
ARM_BESIDE_OTHERS: Final = "arm-based instance type cannot be used with other instance types."  # observed
SCALE_DOWN_DELAY: Final = "minScaleDownDelayMinutes must be 0 or between 20 and 10080"  # inferred
ROLE_SWITCH: Final = "A service role cannot be exchanged for the service-linked role or the reverse"  # inferred
INFRASTRUCTURE_UPDATE: Final = (
    "{member} can only be updated with the service-linked role and an allocation strategy other than BEST_FIT"  # inferred
)
EKS_ON_UNMANAGED: Final = "eksConfiguration is not applicable to UNMANAGED compute environments"  # inferred
EKS_ON_ECS: Final = "{member} is not applicable for ECS."  # inferred from the text for Fargate
EKS_STRATEGY_MISSING: Final = "allocationStrategy must be provided for EKS compute environments"  # rule documented, text inferred
MANAGED_PROVIDER_MISSING: Final = (
    "managedInstancesProvider must be provided for ECS_MANAGED_INSTANCES compute environments"  # rule documented, text inferred
)
NOT_FOR_RESOURCES: Final = "{member} is not applicable for {type}."  # rule documented, text inferred
KEPT_MEMBER: Final = "{member} cannot be updated"  # rule documented, text inferred
ENVIRONMENT_HEALTHY: Final = "ComputeEnvironment Healthy"  # observed

# Service environments and capacity limits.
SERVICE_ENVIRONMENT_NAME: Final = "Service environment name should match valid pattern"  # inferred
NO_CAPACITY_LIMIT: Final = "At least 1 capacity limit must be provided"  # inferred
TOO_MANY_CAPACITY_LIMITS: Final = "At most 5 capacity limits can be provided"  # limit documented, text inferred
CAPACITY_LIMIT_INCOMPLETE: Final = "A capacity limit needs maxCapacity and capacityUnit"  # inferred
CAPACITY_LIMIT_TOO_SMALL: Final = "maxCapacity must be at least 1"  # inferred
CAPACITY_UNIT: Final = "{unit} is not a valid capacity unit"  # units documented, text inferred
SHARE_UNIT: Final = "The service environment of the job queue has no capacity unit {unit}"  # inferred
CAPACITY_UNIT_TWICE: Final = "Capacity unit {unit} is given twice"  # inferred
NUM_INSTANCES_ALONE: Final = "NUM_INSTANCES cannot be combined with other capacity units"  # rule documented, text inferred
CAPACITY_UNITS_KEPT: Final = (
    "NUM_INSTANCES and instance types cannot replace each other while a job queue uses the service environment"  # inferred
)

# Job queues.
JOB_QUEUE_NAME: Final = "Job queue name should match valid pattern"  # inferred
NO_COMPUTE_ENVIRONMENT: Final = "At least 1 compute environment must be provided"  # observed by moto's authors
TOO_MANY_COMPUTE_ENVIRONMENTS: Final = "A job queue can have at most 3 compute environments"  # inferred
BOTH_ORDERS: Final = "computeEnvironmentOrder and serviceEnvironmentOrder cannot both be set"  # rule documented, text inferred
NO_SERVICE_ENVIRONMENT: Final = "At least 1 service environment must be provided"  # inferred
TOO_MANY_SERVICE_ENVIRONMENTS: Final = "A job queue can have at most 1 service environment"  # limit documented, text inferred
OTHER_ENVIRONMENTS: Final = "{member} cannot be set on a job queue of type {type}"  # inferred
QUOTA_ENVIRONMENT_IN_USE: Final = "{arn} is used by a job queue, and quotas are managed in one"  # limit documented, text inferred
SERVICE_JOBS_ONLY: Final = (
    "Job queue {name} of type SAGEMAKER_TRAINING accepts only service jobs"  # rule documented, text inferred
)
ORDER_NOT_DISTINCT: Final = "The orders and the compute environments of a job queue must be distinct"  # inferred
NOT_VALID_YET: Final = "{arn} must be valid before attaching"  # observed
MIXED_ENVIRONMENTS: Final = "All compute environments must be of the same type"  # inferred
QUEUE_TYPE: Final = "jobQueueType {given} does not agree with the compute environments, which make it {derived}"  # inferred
NEGATIVE_PRIORITY: Final = "Priority must not be negative"  # inferred
TIME_LIMIT_SECONDS: Final = "maxTimeSeconds must be between 600 and 86400"  # limits documented, text inferred
TIME_LIMIT_ACTION: Final = "The action of this job queue's time limits must be {action}"  # rule documented, text inferred
TIME_LIMIT_REASON: Final = (
    "No action can be taken for reason {reason}; it must be one of {codes}"  # rule documented, text inferred
)
QUEUE_HEALTHY: Final = "JobQueue Healthy"  # observed

# Scheduling policies. Rules documented, texts inferred.
SCHEDULING_POLICY_NAME: Final = "Scheduling policy name should match valid pattern"
BOTH_POLICIES: Final = "fairsharePolicy and quotaSharePolicy cannot both be set"
POLICY_KIND: Final = "A scheduling policy cannot be changed from fair shares to quota shares or the reverse"
SHARE_DECAY: Final = "shareDecaySeconds must be between 0 and 604800"
COMPUTE_RESERVATION: Final = "computeReservation must be between 0 and 99"
SHARE_WEIGHT: Final = "weightFactor must be between 0.0001 and 999.9999"
SHARE_IDENTIFIER: Final = "shareIdentifier must have 1 to 255 letters and digits, and may end with an asterisk"
SHARES_OVERLAP: Final = "The share identifiers {first} and {second} overlap"
TOO_MANY_SHARES: Final = "shareDistribution can have at most 500 entries"
POLICY_NOT_REMOVABLE: Final = "The scheduling policy of a job queue can be replaced but not removed"
POLICY_NOT_ADDABLE: Final = "A scheduling policy cannot be added to a first-in-first-out job queue"
POLICY_OF_OTHER_KIND: Final = "The scheduling policy of a job queue can only be replaced by one of the same kind"
QUOTA_POLICY_QUEUE: Final = "A quota-share scheduling policy can only be used by a job queue with a service environment"

# Job definitions.
DEFINITION_NAME: Final = "Provided name {name} is not supported pattern[a-zA-Z_0-9-]{{1,128}}"  # observed
NO_CONTAINER: Final = "Container properties should not be empty"  # observed
NO_IMAGE: Final = "containerProperties must contain image"  # observed by moto's authors
NO_VCPU: Final = "vCPU is not provided."  # observed
NO_MEMORY: Final = "Memory is not provided."  # inferred from the text for vCPU
MEMORY_TOO_SMALL: Final = "container memory limit must be greater than 4"  # observed by moto's authors
BAD_RESOURCE: Final = (
    "Value {value} for type {type} in resourceRequirement is not valid. Please provide a numeric value."  # observed for VCPU 1.0
)
DUPLICATE_RESOURCE: Final = "Resource requirement {type} is given twice."  # inferred
LEGACY_ON_FARGATE: Final = "{member} is not applicable for Fargate. Use resource requirements instead."  # observed
FARGATE_PAIR: Final = "Fargate resource requirements ({vcpu} vCPU, {memory} MiB) not valid."  # observed
FARGATE_ROLE: Final = "executionRoleArn is required for Fargate."  # rule documented, text inferred
CONTAINER_NOT_FOR_FARGATE: Final = "{member} not applicable for Fargate."  # inferred from the text for EC2
CONTAINER_NOT_FOR_EC2: Final = "{member} not applicable for EC2."  # observed for networkConfiguration
EFS_PLATFORM: Final = "EFS is supported for Fargate platform version 1.4.0"  # observed
EPHEMERAL_STORAGE: Final = "ephemeralStorage must be between 21 and 200 GiB"  # limit documented, text inferred
RETRY_WITHOUT_ATTEMPTS: Final = "RetryAttempts must be provided with retry strategy"  # observed
RETRY_ATTEMPTS: Final = "Retry attempts must be between 1 and 10"  # limit documented, text inferred
TOO_MANY_RULES: Final = "evaluateOnExit can have at most 5 entries"  # limit documented, text inferred
RULE_WITHOUT_CONDITION: Final = "evaluateOnExit entries need onStatusReason, onReason or onExitCode"  # inferred
RULE_PATTERN: Final = "{member} should match valid pattern"  # inferred
TIMEOUT_TOO_SHORT: Final = "Timeout must be at least 60 seconds"  # limit documented, text inferred
NO_NODES: Final = "nodeProperties must be provided for type multinode"  # rule documented, text inferred
NODES_ON_PLATFORM: Final = "Multi-node parallel jobs are not supported with {platform}"  # rule documented, text inferred
NUM_NODES: Final = "numNodes must be between 1 and 1000"  # limit documented, text inferred
MAIN_NODE: Final = "mainNode must be at least 0 and less than numNodes"  # rule documented, text inferred
NODE_GROUPS: Final = "nodeRangeProperties must have 1 to 5 entries"  # limit documented, text inferred
NODE_RANGE: Final = "targetNodes {range} is not a node range"  # inferred
NODE_RANGE_OUTSIDE: Final = "targetNodes {range} lies outside of the {count} nodes"  # rule documented, text inferred
NODE_RANGES_OVERLAP: Final = "targetNodes {one} and {other} overlap, and neither lies inside the other"  # inferred
NODE_TARGETS: Final = "NodeOverride targets should match job definition. Non matching targets - {targets}"  # observed for one
NODES_NOT_COVERED: Final = "The node ranges must account for all nodes"  # rule documented, text inferred
NODE_INSTANCE_TYPES: Final = "instanceTypes of a node range can have only one entry"  # limit documented, text inferred
NUM_NODES_CLOSED: Final = "numNodes can only be overridden if a node range of the job definition has an open upper boundary"  # rule documented, text inferred
NOT_FOR_TYPE: Final = "{member} is not applicable to job definitions of type {type}"  # rule documented, text inferred
NODES_OF_TWO_KINDS: Final = "The node ranges must all have eksProperties or none of them"  # inferred
NODES_AND_ARRAY: Final = "A multi-node parallel job cannot be an array job"  # inferred
RESERVED_VARIABLE: Final = "Environment variable names must not start with AWS_BATCH: {name}"  # rule documented, text inferred
SCHEDULING_PRIORITY: Final = "schedulingPriority must be between 0 and 9999"  # limit documented, text inferred
PLATFORMS: Final = "platformCapabilities can have only one entry"  # inferred
CONTAINER_NOT_FOR_MANAGED_INSTANCES: Final = "{member} not applicable for Managed Instances."  # inferred from the text for EC2
ONE_TASK: Final = "taskProperties must have 1 entry"  # limit documented, text inferred
NO_POD_CONTAINER: Final = "eksProperties.podProperties must contain at least one container"  # observed by moto's authors
CONTAINER_COUNT: Final = "{member} must have 1 to 10 entries"  # limit documented, text inferred
CONTAINER_NAMES: Final = "Container names must be unique"  # rule documented, text inferred
NO_ESSENTIAL_CONTAINER: Final = "At least 1 container must be essential"  # rule documented, text inferred
CONTAINER_UNKNOWN: Final = "There is no other container named {name}"  # inferred
CONDITION_ON_ESSENTIAL: Final = "The condition {condition} cannot be set on the essential container {name}"  # rule documented
CONTAINERS_IN_CIRCLE: Final = "The container {name} depends on itself"  # inferred
NAMESPACE: Final = "kubernetesNamespace should match valid pattern"  # rule documented, text inferred
LIMIT_AND_REQUEST: Final = "The limit and the request of {type} must be equal"  # rule documented, text inferred
LIMIT_BELOW_REQUEST: Final = "The limit of cpu must not be below its request"  # rule documented, text inferred
SEVERAL_PROPERTIES: Final = (
    "Only one of containerProperties, ecsProperties and eksProperties can be set"  # rule documented, text inferred
)
OVERRIDES_ON_EKS: Final = "Container overrides or node overrides should not be set for Batch on EKS jobs."  # observed
NOT_FOR_EKS: Final = "{member} is not applicable for EKS."  # rule documented, text inferred
MANAGED_INSTANCES: Final = "MANAGED_INSTANCES requires ecsProperties"  # rule documented, text inferred
NO_REVISION: Final = "jobDefinition must include a revision"  # inferred
NAMES_AND_FILTERS: Final = "jobDefinitions cannot be combined with other parameters"  # rule documented, text inferred
DEFINITION_NOT_ACTIVE: Final = "JobDefinition name {name} does not exist or is not in ACTIVE status"  # observed
DEFINITION_NOT_FOUND: Final = "JobDefinition {arn} not found."  # observed

# Consumable resources.
CONSUMABLE_NAME: Final = "Consumable resource name should match valid pattern"  # inferred
CONSUMABLE_BELOW_ZERO: Final = "Cannot remove more than the total quantity of {name}, which is {total}"  # inferred
DUPLICATE_CONSUMABLE: Final = "{arn} is given twice."  # inferred
TOKEN_REUSED: Final = "The clientToken was already used for a different request"  # noqa: S105 - a message; inferred

# SubmitJob.
JOB_NAME: Final = "Job name should match valid pattern"  # observed
ARRAY_SIZE: Final = "Array size must be between 2 and 10000"  # limit documented, text inferred
TOO_MANY_DEPENDENCIES: Final = "Job cannot have more than 20 dependencies"  # observed
DEPENDENCY_WITHOUT_ID: Final = "A dependency needs a jobId unless its type is SEQUENTIAL"  # inferred
DEPENDENCY_ONLY_ARRAY: Final = "Dependency type {type} is only supported for array jobs"  # rule documented, text inferred
DEPENDENCY_SIZES: Final = "N_TO_N dependency {job_id} must be an array job of the same size"  # inferred
DEPENDENCY_MALFORMED: Final = "Invalid job id in dependsOn"  # inferred
DEPENDENCY_ON_NODE: Final = "A node of a multi-node parallel job cannot be a dependency: {job_id}"  # inferred
DEPENDENCY_UNKNOWN: Final = "Job dependency {job_id} not found"  # inferred
QUEUE_NOT_ENABLED: Final = "Job queue {name} is not in ENABLED state and VALID status"  # rule documented, text inferred
CAPABILITY: Final = "Job Queue is attached to Compute Environment that can not run Jobs with capability {capability}."  # observed
SHARE_ON_FIFO: Final = (
    # observed, the missing space included
    "Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling policy."
)
PRIORITY_MISSING: Final = (
    # observed
    "Either schedulingPriority in job definition or schedulingPriorityOverride should be specified."
)
SHARE_MISSING: Final = "Job submitted to a job queue with a fair share scheduling policy must specify shareIdentifier"  # inferred
TOO_MANY_ACTIVE_SHARES: Final = "A job queue can have at most 500 active share identifiers"  # limit documented, text inferred
SCHEDULING_PRIORITY_OVERRIDE: Final = "schedulingPriorityOverride must be between 0 and 9999"  # limit documented, text inferred
NO_PARAMETER: Final = "Unable to substitute value. No parameter found for reference name"  # observed
EMPTY_COMMAND_ELEMENT: Final = "The command must not contain empty strings"  # rule documented, text inferred

# Service jobs and quota shares.
SERVICE_PAYLOAD: Final = "serviceRequestPayload must be a JSON object"  # inferred
SERVICE_PAYLOAD_TOO_LARGE: Final = "Service job payload size exceeds the maximum of 10 KiB"  # limit documented, text inferred
SERVICE_PAYLOAD_INSTANCES: Final = (
    "serviceRequestPayload must contain a ResourceConfig with InstanceType and InstanceCount, or with InstanceGroups"  # inferred
)
SERVICE_RULE_INCOMPLETE: Final = "evaluateOnExit entries need action and onStatusReason"  # inferred
SERVICE_TIMEOUT: Final = "attemptDurationSeconds must be at least 1"  # inferred
PREEMPTION_RETRIES: Final = "preemptionRetriesBeforeTermination must not be negative"  # inferred
NOT_FOR_SERVICE_JOBS: Final = "Job queue {name} of type {type} does not accept service jobs"  # rule documented, text inferred
TOKEN_REPEATED: Final = "A service job with the same clientToken was already submitted"  # noqa: S105 - a message; rule documented
SERVICE_JOB_UNKNOWN: Final = "{job_id} does not exist"  # inferred
SERVICE_JOB_ENDED: Final = "Service job {job_id} has ended and cannot be updated"  # inferred
QUOTA_SHARE_NAME: Final = "Quota share name should match valid pattern"  # inferred
QUOTA_SHARE_ON_OTHER: Final = (
    "Job with quotaShareName can only be submitted to job queue with quota share scheduling policy."  # rule documented
)
QUOTA_SHARE_MISSING: Final = (
    "Job submitted to a job queue with a quota share scheduling policy must specify quotaShareName"  # rule documented
)
QUOTA_SHARE_NOT_ENABLED: Final = "Quota share {name} is not in ENABLED state and VALID status"  # rule documented, text inferred
QUOTA_SHARE_QUEUE: Final = "Job queue {name} has no quota share scheduling policy"  # rule documented, text inferred
QUEUE_NOT_VALID: Final = "Job queue {name} is not in VALID status"  # rule documented, text inferred
QUOTA_SHARE_QUOTA: Final = "Quota share limit exceeded"  # limit documented, text inferred
BORROW_LIMIT_STRATEGY: Final = "borrowLimit can only be set with the strategy LEND_AND_BORROW"  # rule documented, text inferred
BORROW_LIMIT: Final = "borrowLimit must be -1 or a percentage of at least 0"  # rule documented, text inferred
QUOTA_POLICY_UNITS: Final = (
    "A quota share scheduling policy needs a service environment with instance types as capacity units, "
    "and only such a policy can use it"  # rule documented, text inferred
)

# Cancelling, terminating, describing, listing.
INVALID_JOB_ID: Final = "Invalid job id: {job_id}"  # rule documented, text inferred
NODE_NOT_STOPPED: Final = "Cancel or terminate is not supported for individual nodes of a multi-node parallel job"  # inferred
REASON_TOO_LONG: Final = "The reason must be at most 1024 characters"  # limit documented, text inferred
NO_JOBS: Final = "At least one job must be specified"  # inferred
TOO_MANY_REQUESTS: Final = "Too Many Requests"  # observed
TOO_MANY_JOBS: Final = "Maximum number of jobs supported is 50"  # limit documented, text inferred
ONE_PARENT: Final = "Exactly one of jobQueue, arrayJobId or multiNodeJobId must be specified"  # rule documented, text inferred
ONE_FILTER: Final = "Only one filter can be used at a time"  # rule documented, text inferred
UNKNOWN_FILTER: Final = "Unsupported {operation} filter: {name}"  # inferred
FILTER_VALUES: Final = "A {operation} filter needs at least one value"  # inferred
FILTER_TIME: Final = "The value of {name} must be a time in milliseconds: {value}"  # inferred
LIST_MAX_RESULTS: Final = "maxResults must be at least 1"  # limit documented, text inferred

# Status reasons of jobs and attempts.
CONTAINER_EXITED: Final = "Essential container in task exited"  # observed
HOST_LOST: Final = "Host EC2 (instance {instance}) terminated."  # observed, full stop included
SPOT_TASK_LOST: Final = "Your Spot Task was interrupted."  # observed; that it is the statusReason is inferred
FARGATE_TASK_LOST: Final = (
    "ECS is performing maintenance on the underlying infrastructure hosting the task."  # inferred from the reasons of ECS
)
TASK_NOT_STARTED: Final = "Task failed to start"  # documented
ATTEMPT_TIMED_OUT: Final = "Job attempt duration exceeded timeout"  # observed
DEPENDENCY_FAILED: Final = "Dependent Job failed"  # observed
CHILD_FAILED: Final = "Array Child Job failed"  # observed
QUEUE_DELETED: Final = "JobQueue deleted"  # observed
MAIN_NODE_EXITED: Final = "Main node exited"  # inferred
TAGS_EXCEEDED: Final = (
    "The combined number of tags for the job and the job definition exceeds 50"  # rule documented, text inferred
)

CANCELED_BY_TIME_LIMIT: Final = "Canceled by JobStateTimeLimit action due to reason: {code}"  # documented
TERMINATED_BY_TIME_LIMIT: Final = "Terminated by JobStateTimeLimit action due to reason: {code}"  # documented

# Status reasons of service jobs and their attempts.
FROM_SAGEMAKER: Final = "Received status from SageMaker: {text}"  # documented
TRAINING_STARTING: Final = "Preparing the instances for training"  # documented by SageMaker
TRAINING_RUNNING: Final = "Training image download completed. Training in progress."  # documented by SageMaker
TRAINING_STOPPING: Final = "Stopping the training job"  # documented by SageMaker
TRAINING_STOPPED: Final = "Training job stopped"  # inferred
TRAINING_COMPLETED: Final = "Training job completed"  # documented
TRAINING_FAILED: Final = "AlgorithmError: , exit code: {code}"  # inferred from what SageMaker says of a failed container
TRAINING_LOST: Final = "InternalServerError: We encountered an internal error. Please try again."  # documented by SageMaker
CROSS_SHARE_PREEMPTION: Final = "Cross-share preemption triggered to reclaim borrowed capacity"  # documented
PREEMPTION_IN_PROGRESS: Final = "PREEMPTION_IN_PROGRESS: {reason}"  # documented
IN_SHARE_PREEMPTION: Final = "In-share preemption triggered by a job with a higher scheduling priority"  # inferred
QUOTA_SHARE_DELETED: Final = "QuotaShare deleted"  # inferred from the text for job queues

# Status reasons of a RUNNABLE job that blocks its queue. Documented: user guide, "Jobs stuck in RUNNABLE".
BLOCKED_MAX_RESOURCE: Final = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU "
    "requirement of the job."
)
BLOCKED_SERVICE_CAPACITY: Final = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Unable to provision requested compute resources"
BLOCKED_SERVICE_MAX: Final = (
    "MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE - Service environment(s) associated with the job queue cannot meet the "
    "capacity requirement of the job."
)
BLOCKED_QUOTA: Final = (
    "MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED - Quota share cannot meet the capacity requirement of the job."  # inferred
)
BLOCKED_NO_CAPACITY: Final = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance type [{instance_type}]"
)
BLOCKED_JOB_RESOURCE: Final = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met "
    "by the CE(s) attached to the job queue."
)
BLOCKED_SERVICE_ROLE: Final = "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS \N{EN DASH} Batch service role has a permission issue."
BLOCKED_INSTANCE_CONFIGURATION: Final = (
    "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your compute environment associated with this job queue has an "
    "unsupported instance type configuration."
)
BLOCKED_UNDETERMINED: Final = "UNDETERMINED - Batch job is blocked, root cause is undetermined."
BLOCKED_INVALID: Final = "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."
BLOCKED_DISABLED: Final = "ACTION_REQUIRED - CE(s) associated with the job queue are disabled."  # prefix inferred


def code_of(reason: str) -> str:
    """Return the code that a text about a blocked queue begins with."""
    return reason.partition(" ")[0]
