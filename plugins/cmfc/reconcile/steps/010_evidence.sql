-- Evidence that a child's whereabouts were unknown (spec 2.2, rules 1 and 2).
-- in:    absences, placements (moments already cut at as_of)
-- out:   evidence
-- grain: one row per evidence row: a missing absence that is no ended error, or a placement in a missing setting
-- `again_*`: the begin of a copy of the absence that is another run perhaps (see 025_second_runs.sql).
-- `id` is the key, or the record's name where two evidence rows of the child share the key; `record` is unique.
WITH missing_absences AS (
    SELECT child_id, absence_id AS key, record, record_id,
           absent_since_earliest AS began_earliest, absent_since_latest AS began_latest,
           ended_at_earliest AS ended_earliest, ended_at_latest AS ended_latest,
           CASE WHEN end_reason <> 'error' THEN end_reason END AS end_reason, reason,
           agency_informed_at_earliest AS informed_earliest, agency_informed_at_latest AS informed_latest,
           entered_at_earliest AS entered_earliest, entered_at_latest AS entered_latest,
           again_earliest, again_latest, ended_at_earliest IS NOT NULL AND is_found_outcome(end_reason) AS is_found
    FROM absences
    WHERE is_missing_kind(kind) AND absent_since_earliest IS NOT NULL AND NOT is_error(end_reason, ended_at_earliest)
),
missing_placements AS (
    SELECT child_id, placement_id AS key, record, record_id,
           began_at_earliest AS began_earliest, began_at_latest AS began_latest,
           ended_at_earliest AS ended_earliest, ended_at_latest AS ended_latest,
           entered_at_earliest AS entered_earliest, entered_at_latest AS entered_latest
    FROM placements
    WHERE is_missing_setting(setting) AND began_at_earliest IS NOT NULL
),
finds AS (  -- the found absence ends that lie in a missing placement and surely after its begin, first one first
    SELECT p.record, a.ended_earliest, a.ended_latest,
           row_number() OVER (PARTITION BY p.record ORDER BY a.ended_earliest, a.ended_latest, a.record) AS nth
    FROM missing_placements AS p
    JOIN missing_absences AS a
      ON a.child_id = p.child_id AND a.is_found
     AND p.began_latest <= a.ended_earliest
     AND (p.ended_earliest IS NULL OR a.ended_latest < p.ended_earliest)
),
united AS (
    SELECT child_id, 'absence' AS kind, key, record, record_id, began_earliest, began_latest, ended_earliest, ended_latest, is_found,
           end_reason, reason, informed_earliest, informed_latest, entered_earliest, entered_latest,
           again_earliest, again_latest, FALSE AS is_cut, FALSE AS is_cut_while_open
    FROM missing_absences
    UNION ALL
    SELECT p.child_id, 'placement', p.key, p.record, p.record_id, p.began_earliest, p.began_latest,
           CASE WHEN f.record IS NULL THEN p.ended_earliest ELSE f.ended_earliest END,
           CASE WHEN f.record IS NULL THEN p.ended_latest ELSE f.ended_latest END,
           f.record IS NOT NULL,
           NULL, NULL, NULL, NULL, p.entered_earliest, p.entered_latest, NULL, NULL,
           f.record IS NOT NULL, f.record IS NOT NULL AND p.ended_earliest IS NULL
    FROM missing_placements AS p
    LEFT JOIN finds AS f ON f.record = p.record AND f.nth = 1
)
SELECT *, CASE WHEN count(*) OVER (PARTITION BY child_id, kind, key) > 1 THEN record_id ELSE key END AS id
FROM united
