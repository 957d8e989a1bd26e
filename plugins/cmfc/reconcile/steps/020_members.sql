-- Stitches evidence rows that surely overlap, or touch one nobody was found from, into spans (spec 2.2, rule 3).
-- in:    evidence, run
-- out:   members
-- grain: one row per evidence row, with the number of its span within the child and its ranks within the span
WITH flagged AS (
    SELECT evidence.*,
           CASE WHEN began_latest < max(coalesce(ended_earliest, forever())) OVER earlier
                  OR began_earliest <= max(CASE WHEN NOT is_found THEN coalesce(ended_latest, forever()) END) OVER earlier
                                       + run.stitch_gap_seconds
                THEN 0 ELSE 1 END AS begins_span
    FROM evidence CROSS JOIN run
    WINDOW earlier AS (PARTITION BY child_id ORDER BY began_earliest, began_latest, kind, id
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
numbered AS (
    SELECT *, sum(begins_span) OVER (PARTITION BY child_id ORDER BY began_earliest, began_latest, kind, id
                                     ROWS UNBOUNDED PRECEDING) AS span_number
    FROM flagged
)
SELECT *,
       row_number() OVER (PARTITION BY child_id, span_number
                          ORDER BY began_earliest, began_latest, kind, id) AS nth_to_begin,
       row_number() OVER (PARTITION BY child_id, span_number
                          ORDER BY coalesce(ended_latest, forever()) DESC, kind, id) AS nth_from_last_end
FROM numbered
