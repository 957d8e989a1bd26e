-- What each verdict rests on, one line per episode: so that verify.py can judge again.
-- in:    night_recipient_duties, night_rules
-- out:   rested_on
-- grain: one row per episode
WITH named AS (  -- a duty without a value in force that day has the name of its rule alone
    SELECT d.*, coalesce(f.rule, d.federal_rule) AS federal_name, coalesce(s.rule, d.state_rule) AS state_name,
           coalesce(n.rule, d.ncic_rule) AS ncic_name,
           CASE WHEN is_doubtful AND has_untimed THEN 'both' WHEN is_doubtful THEN 'second_run'
                WHEN has_untimed THEN 'untimed_report' END AS doubt
    FROM night_recipient_duties AS d
    LEFT JOIN night_rules AS f ON f.value_id = d.federal_value
    LEFT JOIN night_rules AS s ON s.value_id = d.state_value
    LEFT JOIN night_rules AS n ON n.value_id = d.ncic_value
)
SELECT le.episode_id, le.learned_earliest, le.learned_latest, le.ending,
       le.custody AS le_custody, le.custody_from AS le_custody_from, le.sure_earliest AS le_sure_earliest,
       le.sure_latest AS le_sure_latest, le.doubt AS le_doubt, le.federal_name AS le_rule, le.state_name AS le_state_rule,
       le.told_earliest AS le_told_earliest, le.told_latest AS le_told_latest,
       nc.custody AS ncmec_custody, nc.custody_from AS ncmec_custody_from, nc.sure_earliest AS ncmec_sure_earliest,
       nc.sure_latest AS ncmec_sure_latest, nc.doubt AS ncmec_doubt, nc.federal_name AS ncmec_rule,
       nc.state_name AS ncmec_state_rule, nc.told_earliest AS ncmec_told_earliest, nc.told_latest AS ncmec_told_latest,
       le.accepted_earliest AS ncic_accepted_earliest, le.accepted_latest AS ncic_accepted_latest,
       le.entered_earliest AS ncic_entered_earliest, le.entered_latest AS ncic_entered_latest,
       le.is_entered AS has_ncic_entry, le.ncic_name AS ncic_rule
FROM named AS le
JOIN named AS nc ON nc.episode_id = le.episode_id AND nc.recipient = 'ncmec'
WHERE le.recipient = 'law_enforcement'
