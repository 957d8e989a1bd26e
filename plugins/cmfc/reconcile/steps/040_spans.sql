-- Each span with its begin, end and outcome, trimmed by verified sightings (spec 2.2, rules 3 and 4).
-- in:    members, windows, run
-- out:   spans
-- grain: one row per child and span; `is_known_throughout` spans have nothing left and become no episode
WITH outcomes AS (  -- the end reason of the latest-ending evidence absence that has one
    SELECT child_id, span_number, end_reason,
           row_number() OVER (PARTITION BY child_id, span_number ORDER BY ended_latest DESC, id DESC) AS nth
    FROM members
    WHERE kind = 'absence' AND end_reason IS NOT NULL AND ended_earliest IS NOT NULL
),
reasons AS (
    SELECT child_id, span_number, reason,
           row_number() OVER (PARTITION BY child_id, span_number ORDER BY nth_to_begin) AS nth
    FROM members
    WHERE kind = 'absence' AND reason IS NOT NULL
),
informed AS (  -- the earliest time the agency was informed
    SELECT child_id, span_number, informed_earliest, informed_latest,
           row_number() OVER (PARTITION BY child_id, span_number ORDER BY informed_earliest, informed_latest) AS nth
    FROM members
    WHERE informed_earliest IS NOT NULL
),
spans AS (
    SELECT child_id, span_number,
           max(CASE WHEN nth_to_begin = 1 THEN row_name(kind, id) END) AS first_row,
           max(CASE WHEN nth_to_begin = 1 THEN began_earliest END) AS began_earliest,
           max(CASE WHEN nth_to_begin = 1 THEN began_latest END) AS began_latest,
           max(CASE WHEN nth_from_last_end = 1 THEN ended_earliest END) AS ended_earliest,
           max(CASE WHEN nth_from_last_end = 1 THEN ended_latest END) AS ended_latest,
           CASE WHEN min(kind) = max(kind) THEN min(kind) ELSE 'both' END AS sources,
           joined(record) AS evidence,
           min(entered_latest) AS entered_latest,
           max(CASE WHEN is_cut_while_open THEN 2 WHEN is_cut THEN 1 ELSE 0 END) AS cut
    FROM members
    GROUP BY child_id, span_number
)
SELECT s.child_id, s.span_number, s.first_row, s.sources, s.evidence, s.entered_latest, s.cut,
       coalesce(head.ends_at, s.began_earliest) AS began_earliest,
       coalesce(head.ends_at, s.began_latest) AS began_latest,
       coalesce(tail.starts_at, s.ended_earliest) AS ended_earliest,
       coalesce(tail.starts_at, s.ended_latest) AS ended_latest,
       head.ends_at AS trimmed_at,
       tail.starts_at IS NOT NULL AND s.ended_earliest IS NULL AS is_open_in_source,
       head.ends_at >= coalesce(s.ended_latest, forever()) AS is_known_throughout,
       s.began_earliest AS span_began_earliest, s.began_latest AS span_began_latest,
       s.ended_latest AS span_ended_latest,
       head.evidence AS known_before, tail.evidence AS known_after,
       i.informed_earliest, i.informed_latest, r.reason,
       CASE WHEN tail.starts_at IS NOT NULL THEN 'whereabouts_established'
            WHEN s.ended_earliest IS NULL THEN NULL
            ELSE coalesce(o.end_reason, 'not_recorded') END AS outcome
FROM spans AS s
LEFT JOIN windows AS head
  ON head.child_id = s.child_id AND head.starts_at <= s.began_earliest AND s.began_earliest < head.ends_at
LEFT JOIN windows AS tail
  ON tail.child_id = s.child_id AND s.began_earliest < tail.starts_at
 AND tail.starts_at < coalesce(s.ended_latest, forever()) AND coalesce(s.ended_latest, forever()) <= tail.ends_at
LEFT JOIN outcomes AS o ON o.child_id = s.child_id AND o.span_number = s.span_number AND o.nth = 1
LEFT JOIN reasons AS r ON r.child_id = s.child_id AND r.span_number = s.span_number AND r.nth = 1
LEFT JOIN informed AS i ON i.child_id = s.child_id AND i.span_number = s.span_number AND i.nth = 1
