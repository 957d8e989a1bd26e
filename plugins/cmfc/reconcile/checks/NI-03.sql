-- code: NI-03
-- title: Removed from NCIC while missing
-- recipient: law_enforcement
-- rule: us/federal/ncic_entry
-- queue: act_now
-- why open [report]: The child is missing still, and the NCIC record was removed {done}. Reason on record: {detail}.
-- why closed [report]: The NCIC record was removed {done}, before the child's record ended. Reason on record: {detail}.
-- next: Ask law enforcement to enter the child again.
-- next closed: Check the times; if they are right, raise it with law enforcement.
SELECT f.child_id, f.episode_no,
       f.ncic_removed_earliest AS observed_earliest, f.ncic_removed_latest AS observed_latest,
       with_evidence(f.evidence, f.le_evidence) AS evidence,
       CASE WHEN f.is_open THEN 'critical' ELSE 'medium' END AS severity, CASE WHEN f.is_open THEN 'open' ELSE 'closed' END AS state,
       CASE f.ncic_removal_reason WHEN 'age' THEN 'age; age alone is unlawful (34 U.S.C. 41308(2))'
                                  ELSE f.ncic_removal_reason END AS detail
FROM episode_facts AS f
WHERE f.le_duty <> 'not_required' AND (f.is_open OR f.ncic_removed_latest < f.ended_earliest)
  AND f.ncic_removed_earliest IS NOT NULL AND NOT f.is_ncic_unremoved
  AND coalesce(f.ncic_last_entered_earliest <= f.ncic_removed_latest, TRUE)
