-- When the agency was informed: the start of its clock, as an interval (spec 2.2, informed).
-- in:    episodes, assigned_reports, run
-- out:   clocks
-- grain: one row per episode, before what raises the clock of a single duty (125_owed_duties.sql); `is_impossible` when the
--        recorded times contradict each other (RC-08)
WITH reported AS (  -- the agency's own report proves that it knew
    SELECT episode_no, min(reported_latest) AS known_by
    FROM assigned_reports
    WHERE made_by = 'agency' AND may_count
    GROUP BY episode_no
),
recorded AS (  -- held against the begin as recorded: a begin that a sighting moved makes nothing impossible
    SELECT e.episode_no, e.span_began_earliest, e.trimmed_at,
           CASE WHEN e.told_earliest IS NULL THEN 'inferred' ELSE 'recorded' END AS basis,
           coalesce(e.told_latest < e.span_began_earliest, FALSE) AS is_before_begin,
           CASE WHEN e.told_earliest IS NULL THEN e.span_began_earliest
                WHEN e.told_latest >= e.span_began_earliest THEN greatest(e.told_earliest, e.span_began_earliest)
                ELSE e.told_earliest END AS earliest,
           CASE WHEN e.told_earliest IS NULL THEN run.as_of
                WHEN e.told_latest >= e.span_began_earliest THEN e.told_latest
                ELSE e.span_began_latest END AS latest,
           least(coalesce(e.entered_latest, forever()), coalesce(r.known_by, forever())) AS known_by
    FROM episodes AS e
    CROSS JOIN run
    LEFT JOIN reported AS r ON r.episode_no = e.episode_no
),
capped AS (
    SELECT *, CASE WHEN known_by < earliest THEN least(span_began_earliest, known_by) ELSE earliest END AS from_at,
           least(latest, known_by) AS to_at
    FROM recorded
)
SELECT episode_no,
       greatest(from_at, coalesce(trimmed_at, from_at)) AS informed_earliest,
       greatest(to_at, coalesce(trimmed_at, to_at)) AS informed_latest,
       CASE WHEN known_by < latest THEN 'capped' ELSE basis END AS informed_basis,
       is_before_begin OR known_by < earliest AS is_impossible
FROM capped
