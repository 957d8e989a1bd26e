#!/bin/bash
# Run once by PostgreSQL's image, on an empty volume: two databases, and who may do what in the ledger
# (docs/how-to/ledger.md). The ledger's tables belong to the superuser; who writes it owns nothing of it.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set airflow="$AIRFLOW_DB_PASSWORD" --set night="$LEDGER_NIGHT_PASSWORD" --set desk="$LEDGER_DESK_PASSWORD" <<'SQL'
CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE ROLE cmfc_run NOLOGIN;
CREATE ROLE cmfc_desk NOLOGIN;
CREATE ROLE night LOGIN PASSWORD :'night' IN ROLE cmfc_run;
CREATE ROLE desk LOGIN PASSWORD :'desk' IN ROLE cmfc_desk;
CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE cmfc;
REVOKE CONNECT ON DATABASE airflow FROM PUBLIC;
REVOKE CONNECT ON DATABASE cmfc FROM PUBLIC;
GRANT CONNECT ON DATABASE cmfc TO cmfc_run, cmfc_desk;
SQL
