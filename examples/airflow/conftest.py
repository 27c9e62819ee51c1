"""Keep Airflow in a temporary folder. It reads these settings when it is imported, so they stand before all imports of it."""

import os
import tempfile
from pathlib import Path

HOME = tempfile.TemporaryDirectory(prefix="airflow-")

os.environ["AIRFLOW_HOME"] = HOME.name
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(Path(__file__).parent / "dags")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{HOME.name}/airflow.db"
# The connection of operators and triggers. Without it they look into the database.
os.environ["AIRFLOW_CONN_AWS_DEFAULT"] = "aws://"
