-- Stretches inside an episode in which the child's whereabouts were verified (spec 2.2, rule 4).
-- in:    spans, verified_windows, run
-- out:   interruptions
-- grain: one row per span that has any: its seconds of known whereabouts, clipped to the episode, and the sightings
SELECT s.child_id, s.span_number,
       sum(greatest(0, least(w.ends_at, coalesce(s.ended_earliest, run.as_of)) - w.starts_at)) AS seconds,
       joined(w.evidence) AS evidence
FROM spans AS s
CROSS JOIN run
JOIN verified_windows AS w
  ON w.child_id = s.child_id AND s.began_latest < w.starts_at AND w.starts_at < coalesce(s.ended_latest, forever())
 AND w.ends_at < coalesce(s.span_ended_latest, forever())
WHERE NOT s.is_known_throughout
GROUP BY s.child_id, s.span_number
