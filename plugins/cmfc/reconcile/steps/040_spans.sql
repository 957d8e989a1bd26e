-- Each span with its begin and end, trimmed by verified sightings, and what its records say of the end (spec 2.2, 3, 4).
-- in:    members, verified_windows
-- out:   spans
-- grain: one row per child and span; `is_known_throughout` spans have nothing left and become no episode.
--        `is_seen`: a row is open in the source and a verified sighting says since when the whereabouts are known (RC-14)
WITH reasons AS (
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
outcomes AS (  -- of the latest-ending evidence absence that says how it ended
    SELECT child_id, span_number, end_reason, ended_latest,
           row_number() OVER (PARTITION BY child_id, span_number ORDER BY ended_latest DESC, id DESC) AS nth
    FROM members
    WHERE kind = 'absence' AND end_reason IS NOT NULL AND ended_earliest IS NOT NULL
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
),
tails AS (  -- windows that reach the end and start surely after the begin
    SELECT s.child_id, s.span_number, min(w.starts_at) AS starts_at, joined(w.evidence) AS evidence
    FROM spans AS s
    JOIN verified_windows AS w
      ON w.child_id = s.child_id AND s.began_latest < w.starts_at
     AND w.starts_at < coalesce(s.ended_latest, forever()) AND coalesce(s.ended_latest, forever()) <= w.ends_at
    GROUP BY s.child_id, s.span_number
),
trimmed AS (
    SELECT s.*, head.ends_at AS trimmed_at, head.evidence AS known_before, tail.evidence AS known_after,
           coalesce(head.ends_at, s.began_earliest) AS from_earliest, coalesce(head.ends_at, s.began_latest) AS from_latest,
           CASE WHEN s.ended_earliest IS NOT NULL THEN tail.starts_at END AS trimmed_end,
           s.ended_earliest IS NULL AND tail.starts_at IS NOT NULL AS is_seen
    FROM spans AS s
    LEFT JOIN verified_windows AS head
      ON head.child_id = s.child_id AND head.starts_at <= s.began_earliest AND s.began_earliest < head.ends_at
    LEFT JOIN tails AS tail ON tail.child_id = s.child_id AND tail.span_number = s.span_number
)
SELECT s.child_id, s.span_number, s.first_row, s.sources, s.evidence, s.entered_latest, s.cut,
       s.from_earliest AS began_earliest, s.from_latest AS began_latest,
       coalesce(s.trimmed_end, s.ended_earliest) AS ended_earliest, coalesce(s.trimmed_end, s.ended_latest) AS ended_latest,
       s.trimmed_at, s.is_seen,
       coalesce(s.trimmed_at >= coalesce(s.ended_latest, forever()) OR s.trimmed_end <= s.trimmed_at, FALSE)
           AS is_known_throughout,
       s.began_earliest AS span_began_earliest, s.began_latest AS span_began_latest, s.ended_latest AS span_ended_latest,
       s.known_before, s.known_after, i.informed_earliest, i.informed_latest, r.reason,
       CASE WHEN s.trimmed_end IS NOT NULL THEN 'whereabouts_established'
            WHEN o.ended_latest >= s.ended_earliest THEN o.end_reason END AS outcome,
       CASE WHEN s.trimmed_end IS NOT NULL THEN 'sighting'
            WHEN o.ended_latest >= s.ended_earliest THEN 'end_reason' END AS outcome_basis
FROM trimmed AS s
LEFT JOIN outcomes AS o ON o.child_id = s.child_id AND o.span_number = s.span_number AND o.nth = 1
LEFT JOIN reasons AS r ON r.child_id = s.child_id AND r.span_number = s.span_number AND r.nth = 1
LEFT JOIN informed AS i ON i.child_id = s.child_id AND i.span_number = s.span_number AND i.nth = 1
