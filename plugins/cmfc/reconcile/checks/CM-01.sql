-- code: CM-01
-- title: No contact with law enforcement for 30 days
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now while open
-- why never [report]: The child is missing still, and no contact with law enforcement is on record since the report.
-- why long_ago [report]: The child is missing still, and no contact with law enforcement is on record for more than 30 days.
-- next: Call law enforcement and enter the contact.
WITH contacts_made AS (  -- No contact at all breaches the federal rule where there is a duty; more than 30 days since the last one is advice.
    SELECT e.episode_no, max(c.contacted_at_earliest) AS at_earliest, max(c.contacted_at_latest) AS at_latest,
           joined(c.record) AS evidence
    FROM episodes AS e
    JOIN contacts AS c ON c.child_id = e.child_id AND c.party = 'law_enforcement' AND c.contacted_at_latest >= e.began_earliest
    WHERE e.is_open
    GROUP BY e.episode_no
),
reported_episodes AS (
    SELECT f.child_id, f.episode_no, f.le_duty AS obligation, s.episode_no IS NULL AS is_never,
           with_evidence(with_evidence(f.evidence, f.le_evidence), s.evidence) AS evidence,
           greatest(f.le_counting_earliest, coalesce(s.at_earliest, f.le_counting_earliest)) AS last_earliest,
           greatest(f.le_counting_latest, coalesce(s.at_latest, f.le_counting_latest)) AS last_latest
    FROM episode_facts AS f
    LEFT JOIN contacts_made AS s ON s.episode_no = f.episode_no
    WHERE f.is_open AND f.le_counting_id IS NOT NULL
)
SELECT f.child_id, f.episode_no, 'medium' AS severity, coalesce(law.rule_id, v.rule_id) AS rule_id,
       coalesce(law.value_id, v.value_id) AS value_id,
       f.last_earliest AS clock_earliest, f.last_latest AS clock_latest,
       f.last_earliest + v.limit_seconds AS deadline_earliest, f.last_latest + v.limit_seconds AS deadline_latest,
       run.as_of - f.last_latest - v.limit_seconds AS over_min_seconds,
       run.as_of - f.last_earliest - v.limit_seconds AS over_max_seconds, f.evidence,
       CASE WHEN f.is_never THEN 'never' ELSE 'long_ago' END AS state
FROM reported_episodes AS f
CROSS JOIN run
JOIN law_values AS v ON v.rule_id = 'advice/keep_in_contact'
LEFT JOIN law_values AS law
  ON law.rule_id = 'us/federal/keep_in_contact' AND f.is_never AND f.obligation <> 'not_required'
 AND law.from_at <= run.as_of AND run.as_of < law.until_at
WHERE run.is_contacts_checked AND run.as_of - f.last_latest > v.limit_seconds
