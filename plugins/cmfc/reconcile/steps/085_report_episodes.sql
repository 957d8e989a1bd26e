-- Which episodes each linked report may be for, best first (spec 4.2).
-- in:    reports, episodes
-- out:   report_episodes
-- grain: one row per report and episode that a rule allows; `assigned_by` is the rule's number, nth 1 the episode that
--        the report is for. `is_possible`: nothing tells it apart from others of its kind (ID-06).
WITH near AS (
    SELECT r.record, e.episode_no, e.is_open, e.span_number, e.began_earliest, e.began_latest, e.ended_latest,
           r.reported_earliest, r.reported_latest,
           begin_distance(e.began_earliest, e.began_latest, r.missing_since_earliest, r.missing_since_latest)
               AS began_distance,
           r.reported_earliest <= coalesce(e.ended_latest, forever()) AND e.began_earliest <= r.reported_latest AS meets
    FROM reports AS r
    JOIN episodes AS e ON e.child_id = r.linked_child_id AND r.reported_latest >= e.began_earliest - before_begin_limit()
),
ruled AS (
    SELECT *, CASE WHEN began_distance <= begin_limit() THEN 1
                   WHEN meets THEN 2
                   WHEN reported_earliest - ended_latest BETWEEN 1 AND after_end_limit() THEN 3
                   WHEN began_earliest > reported_latest THEN 4 END AS assigned_by
    FROM near
),
ranked AS (
    SELECT *,
           min(assigned_by) OVER (PARTITION BY record) AS first_rule,
           sum(CASE WHEN meets THEN 1 ELSE 0 END) OVER (PARTITION BY record) AS times_met,
           max(CASE WHEN assigned_by = 4 THEN 1 ELSE 0 END) OVER (PARTITION BY record) AS has_next,
           row_number() OVER (
               PARTITION BY record
               ORDER BY assigned_by,
                        CASE assigned_by WHEN 1 THEN began_distance WHEN 3 THEN -ended_latest WHEN 4 THEN began_earliest
                                         ELSE 0 END,
                        CASE WHEN assigned_by = 1 AND NOT meets THEN 1 ELSE 0 END,
                        CASE assigned_by WHEN 4 THEN began_latest ELSE 0 END,
                        CASE assigned_by WHEN 4 THEN span_number ELSE 0 END,
                        -began_earliest, -began_latest, -span_number) AS nth,
           row_number() OVER (PARTITION BY record, assigned_by ORDER BY began_earliest, began_latest, span_number) AS nth_next
    FROM ruled
    WHERE assigned_by IS NOT NULL
)
SELECT record, episode_no, is_open, began_distance, assigned_by, nth,
       (first_rule = 2 AND times_met > 1) OR (first_rule = 3 AND has_next = 1) AS is_ambiguous,
       CASE first_rule WHEN 2 THEN times_met > 1 AND meets
                       WHEN 3 THEN has_next = 1 AND (nth = 1 OR (assigned_by = 4 AND nth_next = 1))
                       ELSE FALSE END AS is_possible
FROM ranked
