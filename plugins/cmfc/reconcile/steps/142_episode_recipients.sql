-- One line per episode and recipient: the federal duty, its clock, and the reports that were made.
-- in:    episode_facts, episode_duties, recipients, report_status, verdicts
-- out:   episode_recipients
-- grain: one row per episode and recipient. clock_*: of the episode; duty_clock_*: of the federal duty.
--        `evidence`: the episode's records and the reports to the recipient
SELECT e.episode_no, e.child_id, e.is_open, e.clock_earliest, e.clock_latest, d.recipient, r.is_checked,
       d.custody, d.obligation, d.obligation <> 'not_required' AS is_owed, d.rule_id,
       v.clock_earliest AS duty_clock_earliest, v.clock_latest AS duty_clock_latest,
       s.counting_id, s.counting_record, s.first_earliest AS counting_earliest, s.first_latest AS counting_latest, s.last_latest,
       coalesce(s.is_no_longer_live, FALSE) AS is_no_longer_live, s.any_earliest, coalesce(s.attempts, 0) AS attempts,
       coalesce(s.refusals, 0) AS refusals, coalesce(s.is_from_le_only, FALSE) AS is_from_le_only,
       coalesce(s.is_from_agency, FALSE) AS is_from_agency, s.evidence AS report_evidence,
       with_evidence(e.evidence, s.evidence) AS evidence
FROM episode_facts AS e
JOIN episode_duties AS d ON d.episode_no = e.episode_no
JOIN recipients AS r ON r.recipient = d.recipient
LEFT JOIN report_status AS s ON s.episode_no = e.episode_no AND s.recipient = d.recipient
LEFT JOIN verdicts AS v ON v.episode_no = e.episode_no AND v.level = 'federal' AND v.duty = d.report_duty
