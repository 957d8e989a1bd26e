-- Which nights ran up to the one whose knowledge is used, and what each feed gave.
-- in:    feed_nights (of every run on record, from the ledger), request
-- out:   nights
-- grain: one row per run and feed of the nights from the period's first day on. Of a night that ran twice the last counts
SELECT day_of(n.night_day) AS night, n.nth, n.is_last, n.run_id, n.recorded_at AS run_at, n.feed, n.status, n.lost_columns,
       n.pulled, n.accepted, n.quarantined, n.voided, n.collapsed, n.fields_set_aside, n.control_total,
       n.pulled - n.control_total AS control_difference
FROM feed_nights AS n
CROSS JOIN request
WHERE n.night_day >= request.first_day
