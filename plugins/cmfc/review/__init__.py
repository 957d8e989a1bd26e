"""The review page: where the data team works the list, inside Airflow's web interface."""
