-- How far the extract can be trusted, feed by feed (in the sense of GAO-20-283G).
-- in:    nights, set_aside, period_reports, placed_rows, entered, appeared, dated, episode_versions, link_versions, acts,
--        nevers, lines, request
-- out:   reliability
-- grain: one row per feed, measure and item; `feed` empty where the measure is of no one feed
WITH tonight AS (
    SELECT * FROM nights WHERE is_last AND night = (SELECT max(night) FROM nights)
),
ran AS (
    SELECT count(DISTINCT night) AS number FROM nights
),
measures AS (
    SELECT NULL AS feed, 'nights_expected' AS measure, NULL AS item, as_of_day - first_day AS number FROM request
    UNION ALL SELECT NULL, 'nights_run', NULL, (SELECT number FROM ran)
    UNION ALL SELECT NULL, 'nights_run_again', NULL, count(DISTINCT night) FROM nights WHERE NOT is_last
    UNION ALL SELECT feed, 'nights_not_usable', status, count(*) FROM nights WHERE is_last AND status <> 'ok' GROUP BY feed, status
    UNION ALL SELECT feed, 'nights_with_lost_columns', NULL, count(*) FROM nights WHERE is_last AND lost_columns IS NOT NULL GROUP BY feed
    UNION ALL SELECT feed, 'rows_pulled', NULL, pulled FROM tonight
    UNION ALL SELECT feed, 'rows_accepted', NULL, accepted FROM tonight
    UNION ALL SELECT feed, 'rows_set_aside', NULL, quarantined FROM tonight
    UNION ALL SELECT feed, 'rows_voided', NULL, voided FROM tonight
    UNION ALL SELECT feed, 'rows_doubled', NULL, collapsed FROM tonight
    UNION ALL SELECT feed, 'control_total', NULL, control_total FROM tonight
    UNION ALL SELECT feed, 'control_difference', NULL, control_difference FROM tonight
    UNION ALL SELECT feed, 'set_aside_' || effect || 's', field || ': ' || rule, count(DISTINCT row) FROM set_aside
        GROUP BY feed, effect, field, rule
    UNION ALL SELECT feed, 'reports_dated_in_period', method, count(*) FROM period_reports WHERE NOT is_undated GROUP BY feed, method
    UNION ALL SELECT feed, 'reports_undated', NULL, count(*) FROM period_reports WHERE is_undated GROUP BY feed
    UNION ALL SELECT feed, 'reports_without_episode', NULL, count(*) FROM period_reports
        WHERE NOT is_undated AND episode_id IS NULL GROUP BY feed
    UNION ALL SELECT feed, 'entry_time_not_recorded', NULL, count(*) FILTER (lag_hours IS NULL) FROM entered GROUP BY feed
    UNION ALL SELECT feed, 'entry_lag_hours', 'median', quantile_disc(lag_hours, 0.5) FROM entered WHERE lag_hours IS NOT NULL GROUP BY feed
    UNION ALL SELECT feed, 'entry_lag_hours', 'p90', quantile_disc(lag_hours, 0.9) FROM entered WHERE lag_hours IS NOT NULL GROUP BY feed
    UNION ALL SELECT feed, 'entered_after_24_hours', NULL, count(*) FILTER (lag_hours > 24) FROM entered GROUP BY feed
    UNION ALL SELECT feed, 'appearance_lag_days', 'median', quantile_disc(lag_days, 0.5) FROM appeared GROUP BY feed
    UNION ALL SELECT feed, 'appearance_lag_days', 'p90', quantile_disc(lag_days, 0.9) FROM appeared GROUP BY feed
    UNION ALL SELECT feed, 'appeared_after_2_days', NULL, count(*) FILTER (lag_days > 2) FROM appeared GROUP BY feed
    UNION ALL SELECT NULL, 'episodes_changed_since_first_seen', change, number FROM episode_changes
    UNION ALL SELECT feed, 'links_changed_since_first_seen', NULL, number FROM link_changes
    UNION ALL SELECT NULL, act, item, sum(number) FROM acts GROUP BY act, item
    UNION ALL SELECT NULL, 'people_who_decided', NULL, count(DISTINCT actor) FROM acts WHERE actor <> 'cmfc'
    UNION ALL SELECT NULL, 'information_time', informed_basis, count(*) FROM lines GROUP BY informed_basis
    UNION ALL SELECT NULL, 'never_' || recipient, CASE WHEN is_in_doubt THEN 'in_doubt' ELSE 'nothing_else_on_file' END, count(*)
        FROM nevers GROUP BY recipient, is_in_doubt
)
SELECT feed, measure, item, CAST(number AS BIGINT) AS number FROM measures WHERE number IS NOT NULL
