#!/bin/bash
# A backup into an empty place: databases and folders in which something is already are refused, never overwritten.
set -euo pipefail
place="$BACKUPS/${1:?name the backup, such as 2026-10-01T0600Z}"
cd "$place"
sha256sum --check --quiet SHA256SUMS
for database in cmfc airflow; do
  tables="$(psql --no-align --tuples-only --dbname "$database" --command \
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')")"
  if [ "$tables" != 0 ]; then echo "The database $database is not empty." >&2; exit 1; fi
done
for folder in store lists audits; do
  if [ -n "$(ls -A "$RECORDS/$folder" 2>/dev/null)" ]; then echo "The folder $folder is not empty." >&2; exit 1; fi
done
pg_restore --exit-on-error --single-transaction --dbname=cmfc ledger.dump
pg_restore --exit-on-error --single-transaction --dbname=airflow airflow.dump
tar --extract --preserve-permissions --same-owner --file=records.tar --directory="$RECORDS"
echo "Restored $place. Start the services, then: docker compose run --rm cli cmfc verify"
