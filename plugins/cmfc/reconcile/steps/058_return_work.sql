-- Which episode a row of work after a return belongs to: the one whose end is nearest, within 72 hours (spec 5, RT-03).
-- in:    returns, spans
-- out:   return_work
-- grain: one row per row of `returns` that belongs to an episode
WITH ranked AS (
    SELECT r.record, s.child_id, s.span_number, r.interviewed_at_earliest, r.screened_for_trafficking_at_earliest,
           row_number() OVER (PARTITION BY r.record
                              ORDER BY greatest(0, r.returned_at_earliest - s.ended_latest,
                                                s.ended_earliest - r.returned_at_latest),
                                       s.ended_latest DESC, s.span_number DESC) AS nth
    FROM returns AS r
    JOIN spans AS s ON s.child_id = r.child_id AND s.ended_earliest IS NOT NULL AND NOT s.is_known_throughout
    WHERE r.returned_at_earliest IS NOT NULL
      AND greatest(0, r.returned_at_earliest - s.ended_latest, s.ended_earliest - r.returned_at_latest) <= hours(72)
)
SELECT record, child_id, span_number, interviewed_at_earliest, screened_for_trafficking_at_earliest
FROM ranked
WHERE nth = 1
