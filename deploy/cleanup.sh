#!/bin/bash
# Once a day: what Airflow keeps of its runs (not the ledger), and logs, older than KEEP_RUNS_DAYS and KEEP_LOGS_DAYS.
set -uo pipefail
logs="$AIRFLOW__LOGGING__BASE_LOG_FOLDER"
while true; do
  if airflow db clean --clean-before-timestamp "$(date -u -d "$KEEP_RUNS_DAYS days ago" +%FT%TZ)" --skip-archive --yes \
    && find "$logs" -type f -mtime "+$KEEP_LOGS_DAYS" ! -name .cleaned -delete \
    && find "$logs" -mindepth 1 -type d -empty -mtime +1 -delete; then
    touch "$logs/.cleaned"
  fi
  sleep 86400 &
  wait $!
done
