"""The DAG under test: one Batch job, for which the triggerer waits."""

from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.sdk import DAG

with DAG("nightly", schedule=None):
    BatchOperator(task_id="load", job_name="load", job_queue="queue", job_definition="etl", deferrable=True)
