-- Which episode each linked report belongs to, at most one (spec 4.2).
-- in:    reports, report_episodes
-- out:   assigned_reports
-- grain: one row per report that belongs to an episode
SELECT r.feed, r.recipient, r.report_id, r.record, r.may_count, h.episode_no, r.reported_earliest, r.reported_latest,
       r.outcome, r.made_by, r.counts_for, r.told_earliest, r.told_latest, r.closed_latest, r.number, r.issuer,
       r.is_before_history, h.began_distance, h.is_ambiguous
FROM report_episodes AS h
JOIN reports AS r ON r.record = h.record
WHERE h.nth = 1
