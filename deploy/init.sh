#!/bin/bash
# Before the services: tables of Airflow and of the ledger, the roles, the first user. Run again it changes nothing.
set -euo pipefail
airflow db migrate
python -c "from cmfc.ledger.store import opened; from cmfc.settings import Settings
with opened(Settings().ledger_url()): print('The ledger is there.')"
# Makes the roles of AIRFLOW__FAB__CUSTOM_ROLES that are not there yet; those that are keep what somebody gave them.
airflow sync-perm
# Airflow's own User and Viewer get no entry in the navigation without it (/api/v2/plugins: 403).
airflow roles add-perms User Viewer --resource Plugins --action can_read
# A user who is there keeps password and roles.
airflow users create --username "$ADMIN_LOGIN" --password "$ADMIN_PASSWORD" --email "$ADMIN_EMAIL" \
  --firstname "$ADMIN_LOGIN" --lastname - --role Admin
