-- code: RT-03
-- title: No interview or no screening after the return
-- recipient:
-- rule: advice/screen_after_return
-- queue: act_now
-- why: The child is back; the interview and the screening should be done within 72 hours.{detail}
-- next: Interview the child and screen for trafficking, and enter when.
WITH belonging AS (
    SELECT r.record, e.episode_no, r.interviewed_at_earliest, r.screened_for_trafficking_at_earliest,
           row_number() OVER (PARTITION BY r.record
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
           joined(record) AS evidence
    FROM belonging WHERE nth = 1 GROUP BY episode_no
),
silent AS (  -- a column that did not come says nothing about its half
    SELECT coalesce(max(CASE WHEN name = 'interviewed_at' THEN 1 ELSE 0 END), 0) AS interview,
           coalesce(max(CASE WHEN name = 'screened_for_trafficking_at' THEN 1 ELSE 0 END), 0) AS screening
    FROM lost_columns
    WHERE feed = 'returns'
),
judged AS (
    SELECT e.child_id, e.episode_no, e.ended_earliest, e.ended_latest, v.value_id, v.limit_seconds,
           with_evidence(e.evidence, w.evidence) AS evidence,
           s.interview = 0 AND coalesce(w.interviewed, run.as_of) > e.ended_latest + v.limit_seconds AS lacks_interview,
           s.screening = 0 AND coalesce(w.screened, run.as_of) > e.ended_latest + v.limit_seconds AS lacks_screening
    FROM episodes AS e
    CROSS JOIN run
    CROSS JOIN silent AS s
    JOIN law_values AS v ON v.rule_id = 'advice/screen_after_return'
    LEFT JOIN worked AS w ON w.episode_no = e.episode_no
    WHERE run.is_returns_checked AND (e.is_back OR w.episode_no IS NOT NULL)
)
SELECT child_id, episode_no, 'medium' AS severity, value_id,
       ended_earliest AS clock_earliest, ended_latest AS clock_latest,
       ended_earliest + limit_seconds AS deadline_earliest, ended_latest + limit_seconds AS deadline_latest, evidence,
       CASE WHEN lacks_interview THEN ' Interview missing or late.' ELSE '' END
       || CASE WHEN lacks_screening THEN ' Screening for trafficking missing or late.' ELSE '' END AS detail
FROM judged
WHERE lacks_interview OR lacks_screening
