-- The episodes: continuous stretches in which a child's whereabouts were unknown to the agency (spec 2.2, 2.3).
-- in:    spans, interruptions, authority, proofs, identities, run
-- out:   episodes
-- grain: one row per episode, everything about it that does not depend on reports
SELECT row_number() OVER (ORDER BY s.child_id, s.span_number) AS episode_no,  -- joins by number are cheaper
       named.episode_id,
       s.child_id, s.span_number, s.first_row, s.began_earliest, s.began_latest, s.ended_earliest, s.ended_latest,
       s.ended_earliest IS NULL AS is_open,
       s.sources, s.evidence, s.reason, s.cut, s.is_seen, s.known_before, s.known_after,
       CASE WHEN s.ended_earliest IS NOT NULL THEN coalesce(s.outcome, p.outcome, 'not_recorded') END AS outcome,
       CASE WHEN s.ended_earliest IS NOT NULL THEN coalesce(s.outcome_basis, p.basis) END AS outcome_basis,
       coalesce(p.record, CASE WHEN s.outcome_basis = 'sighting' THEN s.known_after END) AS proof,
       s.ended_earliest IS NOT NULL AND is_found_outcome(coalesce(s.outcome, p.outcome)) AS is_back,
       s.ended_earliest IS NOT NULL AND is_out_of_care(coalesce(s.outcome, p.outcome)) AS has_left_care,
       i.evidence AS interrupted_by,
       s.informed_earliest AS told_earliest, s.informed_latest AS told_latest, s.entered_latest, s.trimmed_at,
       s.span_began_earliest, s.span_began_latest,
       a.age, a.age_band, a.custody,
       greatest(0, whole_days(coalesce(s.ended_earliest, run.as_of) - s.began_earliest - coalesce(i.seconds, 0)))
           AS days_missing,
       local_day(s.began_earliest) AS began_day,
       local_day(coalesce(s.ended_earliest, run.as_of)) AS last_day
FROM spans AS s
CROSS JOIN run
JOIN identities AS named ON named.child_id = s.child_id AND named.span_number = s.span_number
JOIN authority AS a ON a.child_id = s.child_id AND a.span_number = s.span_number
LEFT JOIN proofs AS p ON p.child_id = s.child_id AND p.span_number = s.span_number
LEFT JOIN interruptions AS i ON i.child_id = s.child_id AND i.span_number = s.span_number
