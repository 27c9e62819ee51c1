"""The texts of errors, for `str.format`. Users' tests should match codes and statuses first.

Grades: *observed* texts were seen in responses of the real service, or are recorded next to such responses by the authors of
another emulator; *ours* are our own wording, because the service's is not known.
"""

from __future__ import annotations

from typing import Final

# Validation, observed
VALIDATION: Final = "{count} validation error{s} detected: {clauses}"
VIOLATION: Final = "Value {value} at '{member}' failed to satisfy constraint: {rule}"
NOT_CONVERTIBLE: Final = "'{value}' can not be converted to {type}"
BAD_TOKEN: Final = "Next token is invalid."  # noqa: S105 - no secret

# Validation, ours
BODY_UNREADABLE: Final = "The request body is not a JSON object."

# What cannot be found, observed
JOB_NOT_FOUND: Final = "Job {job_id} cannot be found."
JOB_OF_EXECUTION_NOT_FOUND: Final = "Job execution cannot be found as the Job {job_id} does not exist."
EXECUTION_NOT_FOUND: Final = "Job execution for thing {thing_name} cannot be found within job {job_id}."
DEVICE_JOB_NOT_FOUND: Final = "Job {job_id} not found for {thing_name}"
TEMPLATE_NOT_FOUND: Final = "Job Template {template_id} cannot be found."
THING_NOT_FOUND: Final = "Thing {name} cannot be found."
GROUP_NOT_FOUND: Final = "Thing Group {name} cannot be found."

# CreateJob, observed
TWO_DOCUMENTS: Final = "Job document and job document source cannot be specified at the same time."
NO_DOCUMENT: Final = "Neither job document nor job document source is specified."
INVALID_DOCUMENT: Final = "Job document located at {source} is an invalid JSON document."
DOCUMENT_IN_REQUEST: Final = "request input"
NOT_A_TEMPLATE: Final = "Resource type should be jobtemplate but found invalid resource type {type}"
SOURCE_INVALID: Final = "Job document source {source} is invalid."
S3_URL_WITHOUT_KEY: Final = "Provided S3 url is not valid: {url}. Error: Key cannot be null"
S3_URL_INVALID: Final = "Given S3 url {url} is invalid."
ROLE_REQUIRED_V2: Final = "presignedUrlConfig role ARN is required to generate an S3 presigned url in job document."
ROLE_REQUIRED: Final = "Role must be provided for pre-sign S3 urls in job document of job {job_id}."
SOURCE_BUCKET_NOT_FOUND: Final = "Bucket specified by url: {source} is not found."
SOURCE_NOT_FOUND: Final = "Job document located at {source} is not found."
SOURCE_TOO_LONG: Final = "Job document from {source} exceeds size limit {limit} bytes."
PLACEHOLDER_NOT_TERMINATED: Final = "One or more parameters or placeholders are not terminated."

# CreateJobTemplate, observed
TEMPLATE_EXISTS: Final = "Job Template {template_id} already exists."

# CreateJobTemplate, ours
NOT_A_JOB: Final = "Resource type should be job but found invalid resource type {type}"

# TagResource, UntagResource and ListTagsForResource, ours
NOT_AN_ARN: Final = "{arn} is not an ARN."

# CreateJob, ours
TARGET_INVALID: Final = "Target {arn} is not the ARN of a thing or a thing group."
TARGET_NOT_A_GROUP: Final = "Target {arn} is not the ARN of a thing group."
PARAMETERS_WITHOUT_TEMPLATE: Final = "Document parameters can be specified only with the ARN of a managed job template."
PARAMETER_UNKNOWN: Final = "Job Template {name} has no document parameter {key}."
PARAMETER_MISSING: Final = "Job Template {name} requires the document parameter {key}."
PARAMETER_INVALID: Final = "Document parameter {key} of Job Template {name} must satisfy regular expression pattern: {regex}"
JOB_EXISTS: Final = "Job {job_id} already exists."
TOO_MANY_TARGETS: Final = "Job {job_id} has {count} targets, and {limit} is the limit."

# Quotas, ours
TOO_MANY_ACTIVE: Final = "{count} {selection} jobs are active, and {limit} is the limit."
TOO_MANY_CONCURRENT: Final = "{count} jobs are being rolled out or canceled, and {limit} is the limit."
TOO_MANY_DELETIONS: Final = "{count} jobs are in status DELETION_IN_PROGRESS, and {limit} is the limit."
TOO_MANY_TEMPLATES: Final = "There are {count} job templates, and {limit} is the limit."
NOT_STARTED_COMMENT: Final = "The job could not start: {reason}"
THROTTLED: Final = "Rate exceeded"

# Placeholders, ours
TOO_MANY_SUBSTITUTIONS: Final = "The job document has {count} placeholders to be substituted, and {limit} is the limit."
KEYWORD_IN_DOWNLOAD: Final = "Given S3 url {url} holds a local keyword, which only the key of an upload can."
KEYWORD_IN_BUCKET: Final = "Given S3 url {url} holds a local keyword in the name of the bucket, which only the key can."
KEYWORD_UNKNOWN: Final = "Given S3 url {url} holds the unknown local keyword {keyword}. There are: {known}."
KEYWORD_TOO_OFTEN: Final = "Given S3 url {url} holds the local keyword {keyword} more than {limit} times."
PACKAGE_ARN_INVALID: Final = "{arn} is not the ARN of a package version."
PACKAGE_NOT_FOUND: Final = "Package version {arn} cannot be found."
PACKAGE_PLACEHOLDER_INVALID: Final = "The placeholder {placeholder} is invalid."
PACKAGE_NAMES_NOT_IN_PAIR: Final = "Empty package name and empty version must be used in pair, but not so in {placeholder}."
PACKAGE_NAMES_AMBIGUOUS: Final = (
    "Empty package name and version in {placeholder} need exactly one destination package version, and there are {count}."
)
PACKAGE_VERSION_NULL: Final = "Package version $null is not allowed in a job document, but used in {placeholder}."
PACKAGE_ATTRIBUTES_NOT_ALONE: Final = "The placeholder {placeholder} of all attributes must stand alone as a JSON value."
PACKAGE_NOT_LISTED: Final = "The package version in {placeholder} is not among the destination package versions."

# Configurations, observed
TIMEOUT_INVALID: Final = "Provide valid timeout value, {member} cannot be {value}."
ABORT_TYPE_TWICE: Final = "Multiple AbortCriteria cannot have the same failure type"
ABORT_THRESHOLD_NOT_POSITIVE: Final = "ThresholdPercentage value {value} for AbortCriteria must have value greater than 0"
ABORT_THRESHOLD_DECIMALS: Final = "Abort thresholdPercentage must have two or less decimal digits"
ROLLOUT_WITHOUT_RATE: Final = "Provide MaximumPerMinute value or provide ExponentialRate and MaximumPerMinute"
EXPONENTIAL_WITHOUT_MAXIMUM: Final = "Provide MaximumPerMinute value when ExponentialRate is defined"
NO_RATE_CRITERION: Final = "Provide either NumberOfNotifiedThings or NumberOfSucceededThings when RateIncreaseCriteria is defined"
TWO_RATE_CRITERIA: Final = (
    "Provide only one of NumberOfNotifiedThings or NumberOfSucceededThings when RateIncreaseCriteria is defined"
)
BASE_ABOVE_MAXIMUM: Final = "Exponential rollout baseRatePerMinute should be less than maximumPerMinute."
ABORT_COMMENT: Final = (
    "Abort criteria for failure type {type} with threshold {threshold:.2f}% met. "
    "Total completed executions: {completed}, total {type} executions: {matching}"
)
RETRY_ALL_ALONE: Final = "A retryCriteria with failure type ALL must be used by itself."
RETRY_UPDATE_NOT_ZERO: Final = "The number of retries cannot be updated to any number other than 0."
RETRY_UPDATE_WITHOUT_CONFIG: Final = "RetryConfig cannot be updated if the job has no RetryConfig defined during creation."
RETRY_UPDATE_OTHER_TYPES: Final = "FailureTypes must match existing FailureTypes defined in RetryConfig."
ROLE_INVALID: Final = "Given role {role} is invalid."
TIME_FORMAT: Final = "1 validation error detected: Provided time {value} UTC must follow the format YYYY-MM-DDThh:mm."
WINDOW_WITH_SNAPSHOT: Final = "TargetSelection is invalid. MaintenanceWindow cannot be used with SNAPSHOT job."
WINDOW_WITHOUT_START: Final = "MaintenanceWindow cannot be used without StartTime of SchedulingConfig."
TAG_WITHOUT_VALUE: Final = "Invalid tag parameter exception. Please check the input."
TAG_PREFIX: Final = 'Tags cannot begin with "aws:", offending tag: {key}'

# Configurations, ours
FACTOR_DECIMALS: Final = "Exponential rollout incrementFactor must have one or less decimal digits"
RETRY_TYPE_TWICE: Final = "Multiple RetryCriteria cannot have the same failure type"
TOO_MANY_RETRIES: Final = "The total number of retries is {count}, and {limit} is the limit."
WINDOW_START_INVALID: Final = "MaintenanceWindow startTime {value} is not a valid cron expression."
START_OUT_OF_RANGE: Final = "StartTime must be at least 30 minutes and at most one year from now."
END_OUT_OF_RANGE: Final = "EndTime must be at least 30 minutes and at most two years from now."
END_COMMENT: Final = "The end time {time} of the schedule was reached with end behavior {behavior}."
SPAN_OUT_OF_RANGE: Final = "EndTime must be at least 30 minutes and at most two years after StartTime."

# States, observed
EMPTY_UPDATE: Final = "Update Job request for job {job_id} cannot be empty."
UPDATE_OF_JOB: Final = "Job {job_id} in status {status} cannot be updated."
CANCEL_OF_FINISHED: Final = "Job execution for thing {thing_name} within job {job_id} cannot be canceled."
VERSION_DIFFERS: Final = "Expected version {expected} but found version {found}"
DELETE_OF_RUNNING: Final = (
    "Job execution for thing {thing_name} within job {job_id} in status {status} cannot be deleted without force flag."
)
BAD_EXECUTION_NUMBER: Final = "Execution number is invalid."
STATUS_NOT_FOR_DEVICES: Final = "The status of job execution cannot be changed to be {status}"
ALREADY_FINISHED: Final = "Job {job_id} for {thing_name} has already finished with status {status}"
TERMINAL_STATE: Final = "Job Execution has reached terminal state. It is neither IN_PROGRESS nor QUEUED"

# States, ours
ASSOCIATE_WITH_JOB: Final = "Targets cannot be associated with job {job_id} in status {status}."
ASSOCIATE_WITH_SNAPSHOT: Final = "Targets cannot be associated with job {job_id}: its target selection is not CONTINUOUS."
CANCEL_OF_JOB: Final = "Job {job_id} is in status {status} and cannot be canceled"
DELETE_OF_JOB: Final = "Job {job_id} is in status {status} and cannot be deleted without force"
DELETE_OF_DELETED_JOB: Final = "Job {job_id} is in status {status} and cannot be deleted again"
CANCEL_OF_RUNNING: Final = "Job execution is IN_PROGRESS and cannot be canceled without force"
