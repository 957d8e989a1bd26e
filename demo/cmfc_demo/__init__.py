"""The invented agency with planted errors and known truth, and a local Airflow to run it in."""
