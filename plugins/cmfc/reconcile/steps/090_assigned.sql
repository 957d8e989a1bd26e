-- Which episode each linked report belongs to, at most one (spec 4.2).
-- in:    reports, episodes
-- out:   assigned
-- grain: one row per report that belongs to an episode
WITH near AS (
    SELECT r.feed, r.recipient, r.report_id, r.record, r.may_count, r.reported_earliest, r.reported_latest, r.outcome, r.made_by,
           r.missing_since_earliest IS NOT NULL AS has_missing_since,
           e.episode_no, e.span_number, e.began_earliest, e.began_latest, e.ended_latest,
           greatest(0, e.began_earliest - r.missing_since_latest, r.missing_since_earliest - e.began_latest)
               AS began_distance,
           r.reported_earliest <= coalesce(e.ended_latest, forever())
               AND e.began_earliest <= r.reported_latest AS meets
    FROM reports AS r
    JOIN episodes AS e ON e.child_id = r.linked_child_id AND r.reported_latest >= e.began_earliest - 86400
),
ruled AS (
    SELECT *, CASE WHEN has_missing_since AND began_distance <= 172800 THEN 1
                   WHEN meets THEN 2
                   WHEN began_earliest > reported_latest THEN 3
                   WHEN reported_earliest - ended_latest <= 2592000 THEN 4 END AS assigned_by
    FROM near
),
ranked AS (
    SELECT *,
           sum(CASE WHEN meets THEN 1 ELSE 0 END) OVER (PARTITION BY record) AS times_met,
           row_number() OVER (
               PARTITION BY record
               ORDER BY coalesce(assigned_by, 5),
                        CASE assigned_by WHEN 1 THEN began_distance WHEN 3 THEN began_earliest
                                         WHEN 4 THEN -ended_latest ELSE 0 END,
                        CASE WHEN assigned_by = 1 AND NOT meets THEN 1 ELSE 0 END,
                        CASE assigned_by WHEN 3 THEN began_latest ELSE 0 END,
                        CASE assigned_by WHEN 3 THEN span_number ELSE 0 END,
                        -began_earliest, -began_latest, -span_number) AS nth
    FROM ruled
)
SELECT feed, recipient, report_id, record, may_count, episode_no, reported_earliest, reported_latest, outcome, made_by,
       CASE WHEN has_missing_since THEN began_distance END AS began_distance,
       NOT has_missing_since AND times_met > 1 AS is_ambiguous
FROM ranked
WHERE nth = 1 AND assigned_by IS NOT NULL
