-- Recipients whom the agency reported a child to who is missing still, and has had no contact with for too long (spec 5).
-- in:    episodes, contacts, episode_recipients, law_values, run
-- out:   overdue_contacts
-- grain: one row per open episode and recipient. `state`: never (no contact since the report, which breaks the federal rule
--        where there is a duty), long_ago (the last one is longer ago than this project advises)
WITH last_contacts AS (
    SELECT e.episode_no, c.party, max(c.contacted_at_earliest) AS at_earliest, max(c.contacted_at_latest) AS at_latest,
           joined(c.record) AS evidence
    FROM episodes AS e
    JOIN contacts AS c ON c.child_id = e.child_id AND c.contacted_at_latest >= e.began_earliest
    WHERE e.is_open
    GROUP BY e.episode_no, c.party
),
reported AS (
    SELECT r.child_id, r.episode_no, r.recipient, r.is_owed, c.episode_no IS NULL AS is_never,
           with_evidence(r.evidence, c.evidence) AS evidence,
           greatest(r.counting_earliest, coalesce(c.at_earliest, r.counting_earliest)) AS last_earliest,
           greatest(r.counting_latest, coalesce(c.at_latest, r.counting_latest)) AS last_latest
    FROM episode_recipients AS r
    LEFT JOIN last_contacts AS c ON c.episode_no = r.episode_no AND c.party = r.recipient
    WHERE r.is_open AND r.counting_id IS NOT NULL
)
SELECT f.child_id, f.episode_no, f.recipient, coalesce(law.rule_id, v.rule_id) AS rule_id,
       coalesce(law.value_id, v.value_id) AS value_id,
       f.last_earliest AS clock_earliest, f.last_latest AS clock_latest,
       f.last_earliest + v.limit_seconds AS deadline_earliest, f.last_latest + v.limit_seconds AS deadline_latest,
       run.as_of - f.last_latest - v.limit_seconds AS over_min_seconds,
       run.as_of - f.last_earliest - v.limit_seconds AS over_max_seconds, f.evidence,
       CASE WHEN f.is_never THEN 'never' ELSE 'long_ago' END AS state
FROM reported AS f
CROSS JOIN run
JOIN law_values AS v ON v.rule_id = 'advice/keep_in_contact'
LEFT JOIN law_values AS law
  ON law.rule_id = 'us/federal/keep_in_contact' AND f.is_never AND f.is_owed
 AND run.as_of - law.from_at > v.limit_seconds AND run.as_of < law.until_at  -- so long the law has been in force
WHERE run.is_contacts_checked AND run.as_of - f.last_latest > v.limit_seconds
