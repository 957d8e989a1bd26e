"""Airflow: how DAGs call the pipeline, who is told of a failure, who is logged in. Nothing else imports it."""
