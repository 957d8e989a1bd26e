-- One line per episode with its clock and what NCIC holds of it: what the checks read.
-- in:    episodes, clocks, verdicts, recipients, ncic_status, children_in_doubt
-- out:   episode_facts
-- grain: one row per episode. `may_clear`: the child is back, and nothing of tonight speaks against it (spec 2.2).
--        clock_*: the earlier of the clocks of the duties to report that exist
WITH started AS (
    SELECT episode_no, min(informed_earliest) AS earliest, min(informed_latest) AS latest
    FROM verdicts
    WHERE duty IN (SELECT report_duty FROM recipients)
    GROUP BY episode_no
)
SELECT e.*, e.is_back AND d.child_id IS NULL AS may_clear,
       coalesce(s.earliest, c.informed_earliest) AS clock_earliest, coalesce(s.latest, c.informed_latest) AS clock_latest,
       c.informed_basis, c.is_impossible,
       n.accepted_record, coalesce(n.is_entered, FALSE) AS is_in_ncic,
       n.removed_earliest AS ncic_removed_earliest, n.removed_latest AS ncic_removed_latest, n.removal_reason AS ncic_removal_reason,
       -- the last removal came after the last entry, and of no other report's entry none is on record
       coalesce(n.removed_earliest IS NOT NULL AND NOT n.is_unremoved
                AND coalesce(n.last_entered_earliest <= n.removed_latest, TRUE), FALSE) AS is_out_of_ncic
FROM episodes AS e
JOIN clocks AS c ON c.episode_no = e.episode_no
LEFT JOIN started AS s ON s.episode_no = e.episode_no
LEFT JOIN ncic_status AS n ON n.episode_no = e.episode_no
LEFT JOIN children_in_doubt AS d ON d.child_id = e.child_id
