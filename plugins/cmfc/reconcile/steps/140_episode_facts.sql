-- One line per episode with its clock and how it stands with both recipients: what the checks read.
-- in:    episodes, clocks, verdicts, duties, le_standing, ncmec_standing, children_in_doubt
-- out:   episode_facts
-- grain: one row per episode. `may_clear`: the child is back, and nothing of tonight speaks against it (spec 2.2).
--        clock_*: the earlier of the clocks of the duties that exist; le_clock_*, ncmec_clock_*: of the federal ones
WITH started AS (
    SELECT episode_no, min(informed_earliest) AS earliest, min(informed_latest) AS latest,
           min(CASE WHEN level = 'federal' AND duty = 'report_to_le' THEN clock_earliest END) AS le_earliest,
           min(CASE WHEN level = 'federal' AND duty = 'report_to_le' THEN clock_latest END) AS le_latest,
           min(CASE WHEN level = 'federal' AND duty = 'report_to_ncmec' THEN clock_earliest END) AS ncmec_earliest,
           min(CASE WHEN level = 'federal' AND duty = 'report_to_ncmec' THEN clock_latest END) AS ncmec_latest
    FROM verdicts
    WHERE duty IN ('report_to_le', 'report_to_ncmec')
    GROUP BY episode_no
)
SELECT e.*, e.is_back AND e.child_id NOT IN (SELECT child_id FROM children_in_doubt) AS may_clear,
       coalesce(s.earliest, c.informed_earliest) AS clock_earliest, coalesce(s.latest, c.informed_latest) AS clock_latest,
       s.le_earliest AS le_clock_earliest, s.le_latest AS le_clock_latest,
       s.ncmec_earliest AS ncmec_clock_earliest, s.ncmec_latest AS ncmec_clock_latest, c.informed_basis, c.is_impossible,
       to_le.obligation AS le_duty, to_le.rule_id AS le_rule_id,
       to_ncmec.obligation AS ncmec_duty, to_ncmec.rule_id AS ncmec_rule_id,
       l.counting_id AS le_counting_id, l.counting_record AS le_counting_record,
       l.first_earliest AS le_counting_earliest, l.first_latest AS le_counting_latest,
       coalesce(l.is_no_longer_live, FALSE) AS is_le_no_longer_live,
       l.any_earliest AS le_any_earliest, coalesce(l.attempts, 0) AS le_attempts,
       coalesce(l.refusals, 0) AS le_refusals, l.accepted_record AS le_accepted_record,
       l.accepted_earliest AS le_accepted_earliest, l.accepted_latest AS le_accepted_latest,
       coalesce(l.is_entered, FALSE) AS is_in_ncic, l.removed_earliest AS ncic_removed_earliest,
       l.removed_latest AS ncic_removed_latest, l.removal_reason AS ncic_removal_reason,
       l.last_entered_earliest AS ncic_last_entered_earliest, coalesce(l.is_unremoved, FALSE) AS is_ncic_unremoved,
       l.evidence AS le_evidence,
       n.counting_id AS ncmec_counting_id, n.counting_record AS ncmec_counting_record,
       n.first_earliest AS ncmec_counting_earliest, n.first_latest AS ncmec_counting_latest,
       coalesce(n.is_no_longer_live, FALSE) AS is_ncmec_no_longer_live,
       coalesce(n.is_from_le_only, FALSE) AS is_ncmec_from_le_only, coalesce(n.is_from_agency, FALSE) AS is_ncmec_from_agency,
       n.evidence AS ncmec_evidence
FROM episodes AS e
JOIN clocks AS c ON c.episode_no = e.episode_no
JOIN duties AS to_le ON to_le.level = 'federal' AND to_le.duty = 'report_to_le'
                    AND to_le.custody = e.le_custody AND to_le.age_band = e.age_band
JOIN duties AS to_ncmec ON to_ncmec.level = 'federal' AND to_ncmec.duty = 'report_to_ncmec'
                       AND to_ncmec.custody = e.ncmec_custody AND to_ncmec.age_band = e.age_band
LEFT JOIN started AS s ON s.episode_no = e.episode_no
LEFT JOIN le_standing AS l ON l.episode_no = e.episode_no
LEFT JOIN ncmec_standing AS n ON n.episode_no = e.episode_no
