-- One line per episode with its clock and how it stands with both recipients: what the checks read.
-- in:    episodes, clocks, duties, le_standing, ncmec_standing
-- out:   episode_facts
-- grain: one row per episode
SELECT e.*, c.informed_earliest AS clock_earliest, c.informed_latest AS clock_latest,
       c.informed_basis, c.is_impossible,
       to_le.obligation AS le_duty, to_ncmec.obligation AS ncmec_duty,
       l.counting_id AS le_counting_id, l.counting_record AS le_counting_record, l.counting_earliest AS le_counting_earliest,
       l.counting_latest AS le_counting_latest, coalesce(l.is_no_longer_live, FALSE) AS is_le_no_longer_live,
       l.first_report AS le_first_report, coalesce(l.attempts, 0) AS le_attempts,
       coalesce(l.refusals, 0) AS le_refusals, l.accepted AS le_accepted, l.entered AS ncic_entered,
       coalesce(l.is_entered, FALSE) AS is_in_ncic, l.last_removed AS ncic_last_removed,
       l.last_entered_earliest AS ncic_last_entered_earliest, coalesce(l.is_unremoved, FALSE) AS is_ncic_unremoved,
       l.evidence AS le_evidence,
       n.counting_id AS ncmec_counting_id, n.counting_record AS ncmec_counting_record, n.counting_earliest AS ncmec_counting_earliest,
       n.counting_latest AS ncmec_counting_latest, coalesce(n.is_no_longer_live, FALSE) AS is_ncmec_no_longer_live,
       coalesce(n.is_from_le_only, FALSE) AS is_ncmec_from_le_only, n.evidence AS ncmec_evidence
FROM episodes AS e
JOIN clocks AS c ON c.episode_no = e.episode_no
JOIN duties AS to_le ON to_le.level = 'federal' AND to_le.duty = 'report_to_le'
                    AND to_le.custody = e.custody AND to_le.age_band = e.age_band
JOIN duties AS to_ncmec ON to_ncmec.level = 'federal' AND to_ncmec.duty = 'report_to_ncmec'
                       AND to_ncmec.custody = e.custody AND to_ncmec.age_band = e.age_band
LEFT JOIN le_standing AS l ON l.episode_no = e.episode_no
LEFT JOIN ncmec_standing AS n ON n.episode_no = e.episode_no
