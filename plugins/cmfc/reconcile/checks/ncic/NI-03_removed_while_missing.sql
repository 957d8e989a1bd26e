-- title: Removed from NCIC while missing
-- rule: us/federal/ncic_entry
-- why open [report]: The child is missing still, and the NCIC record was removed {done}. Reason on record: {detail}.
-- why closed [report]: The NCIC record was removed {done}, before the child's record ended. Reason on record: {detail}.
-- next: Ask law enforcement to enter the child again.
-- next closed: Check the times; if they are right, raise it with law enforcement.
SELECT f.child_id, f.episode_no,
       f.ncic_removed_earliest AS observed_earliest, f.ncic_removed_latest AS observed_latest, r.evidence,
       CASE WHEN f.is_open THEN 'critical' ELSE 'medium' END AS severity, CASE WHEN f.is_open THEN 'open' ELSE 'closed' END AS state,
       CASE f.ncic_removal_reason WHEN 'age' THEN 'age; age alone is unlawful (34 U.S.C. 41308(2))'
                                  ELSE f.ncic_removal_reason END AS detail
FROM episode_facts AS f
JOIN episode_recipients AS r ON r.episode_no = f.episode_no AND r.recipient = 'law_enforcement'
WHERE r.is_owed AND f.is_out_of_ncic AND (f.is_open OR f.ncic_removed_latest < f.ended_earliest)
