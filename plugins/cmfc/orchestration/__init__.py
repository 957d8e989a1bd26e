"""Airflow: how DAGs call the pipeline, who is told of a failure, who is logged in. Nothing else imports it."""

from cmfc.storage.closed import close_files

close_files()  # each task and the review page begin here; what Airflow's process makes besides is closed too
