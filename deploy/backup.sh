#!/bin/bash
# Both databases, the store, the lists and the audits, into a folder of its own below BACKUPS; readable by root alone.
# The ledger is taken first: what it vouches for is then in the files that are taken after it.
set -euo pipefail
umask 077
name="$(date -u +%FT%H%MZ)"
place="$BACKUPS/$name"
mkdir "$place.part"
cd "$place.part"
pg_dump --format=custom --file=ledger.dump cmfc
pg_dump --format=custom --file=airflow.dump airflow
tar --create --file=records.tar --directory="$RECORDS" .
tar --create --file=agencies.tar --directory="$AGENCIES" .
sha256sum ledger.dump airflow.dump records.tar agencies.tar > SHA256SUMS
sync
mv "$place.part" "$place"
echo "$name"
