-- code: RT-03
-- title: No interview or no screening after the return
-- recipient:
-- rule: advice/screen_after_return
-- queue: act_now
-- why: The child is back; the interview and the screening should be done within 72 hours.{detail}
-- next: Interview the child and screen for trafficking, and enter when.
WITH belonging AS (
    SELECT r.return_id, e.episode_no, r.interviewed_at_earliest, r.screened_for_trafficking_at_earliest,
           row_number() OVER (PARTITION BY r.return_id
                              ORDER BY greatest(0, r.returned_at_earliest - e.ended_latest,
                                                e.ended_earliest - r.returned_at_latest),
                                       e.ended_latest DESC, e.episode_id) AS nth
    FROM returns AS r
    JOIN episodes AS e ON e.child_id = r.child_id AND e.ended_earliest IS NOT NULL
    WHERE r.returned_at_earliest IS NOT NULL
      AND greatest(0, r.returned_at_earliest - e.ended_latest, e.ended_earliest - r.returned_at_latest) <= 259200
),
worked AS (
    SELECT episode_no, min(interviewed_at_earliest) AS interviewed, min(screened_for_trafficking_at_earliest) AS screened,
           joined('returns:' || return_id) AS evidence
    FROM belonging WHERE nth = 1 GROUP BY episode_no
)
SELECT e.child_id, e.episode_no, 'medium' AS severity,
       v.value_id, e.ended_earliest AS clock_earliest, e.ended_latest AS clock_latest,
       e.ended_earliest + v.limit_seconds AS deadline_earliest, e.ended_latest + v.limit_seconds AS deadline_latest,
       with_evidence(e.evidence, w.evidence) AS evidence,
       CASE WHEN coalesce(w.interviewed > e.ended_latest + v.limit_seconds, TRUE) THEN ' Interview missing or late.'
            ELSE '' END
       || CASE WHEN coalesce(w.screened > e.ended_latest + v.limit_seconds, TRUE)
               THEN ' Screening for trafficking missing or late.' ELSE '' END AS detail
FROM episodes AS e
CROSS JOIN run
JOIN law_values AS v ON v.rule_id = 'advice/screen_after_return'
LEFT JOIN worked AS w ON w.episode_no = e.episode_no
WHERE run.is_returns_checked AND (e.is_back OR w.episode_no IS NOT NULL)
  AND (coalesce(w.interviewed > e.ended_latest + v.limit_seconds, run.as_of > e.ended_latest + v.limit_seconds)
       OR coalesce(w.screened > e.ended_latest + v.limit_seconds, run.as_of > e.ended_latest + v.limit_seconds))
