-- code: LE-03
-- title: Whether law enforcement was told in time cannot be determined
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now
-- why: There is a report to law enforcement, but the recorded times leave open whether it was made within {limit} hours.
-- next: Find the exact times at which the agency was informed and the report was made, and enter them.
SELECT *, 'medium' AS severity
FROM facts
WHERE duty = 'report_to_le' AND obligation IN ('required', 'third_party') AND verdict = 'undetermined'
  AND counting_id IS NOT NULL
