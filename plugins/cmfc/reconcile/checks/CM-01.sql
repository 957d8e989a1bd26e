-- code: CM-01
-- title: No contact with law enforcement for 30 days
-- recipient: law_enforcement
-- rule: advice/keep_in_contact
-- queue: act_now
-- why: The child is still missing, and no contact with law enforcement is on record for more than 30 days.
-- next: Call law enforcement and enter the contact.
WITH spoken AS (
    SELECT e.episode_no, c.record, c.contacted_at_earliest AS at_earliest, c.contacted_at_latest AS at_latest
    FROM episodes AS e
    JOIN contacts AS c ON c.child_id = e.child_id AND c.party = 'law_enforcement' AND c.contacted_at_latest >= e.began_earliest
    WHERE e.is_open
),
last_spoken AS (
    SELECT episode_no, max(at_earliest) AS at_earliest, max(at_latest) AS at_latest,
           joined(record) AS evidence
    FROM spoken GROUP BY episode_no
),
silent AS (
    SELECT f.*, with_evidence(with_evidence(f.evidence, f.le_evidence), s.evidence) AS all_evidence,
           greatest(f.le_counting_earliest, coalesce(s.at_earliest, f.le_counting_earliest)) AS last_earliest,
           greatest(f.le_counting_latest, coalesce(s.at_latest, f.le_counting_latest)) AS last_latest
    FROM episode_facts AS f
    LEFT JOIN last_spoken AS s ON s.episode_no = f.episode_no
    WHERE f.is_open AND f.le_counting_id IS NOT NULL
)
SELECT f.child_id, f.episode_no, 'medium' AS severity, v.value_id,
       f.last_earliest AS clock_earliest, f.last_latest AS clock_latest,
       f.last_earliest + v.limit_seconds AS deadline_earliest, f.last_latest + v.limit_seconds AS deadline_latest,
       run.as_of - f.last_latest - v.limit_seconds AS over_min_seconds,
       run.as_of - f.last_earliest - v.limit_seconds AS over_max_seconds, f.all_evidence AS evidence
FROM silent AS f
CROSS JOIN run
JOIN law_values AS v ON v.rule_id = 'advice/keep_in_contact'
WHERE run.is_contacts_checked AND run.as_of - f.last_latest > v.limit_seconds
