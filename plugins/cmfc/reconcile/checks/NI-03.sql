-- code: NI-03
-- title: Removed from NCIC while missing
-- recipient: law_enforcement
-- rule: us/federal/ncic_entry
-- queue: act_now
-- why: The NCIC record was removed before the episode ended. Reason on record: {detail}.
-- next: Ask law enforcement to enter the child again.
SELECT f.child_id, f.episode_no, f.is_open,
       earliest_of(f.ncic_last_removed) AS observed_earliest, latest_of(f.ncic_last_removed) AS observed_latest,
       with_evidence(f.evidence, f.le_evidence) AS evidence,
       CASE WHEN f.is_open THEN 'critical' ELSE 'medium' END AS severity,
       (SELECT CASE min(coalesce(l.ncic_removal_reason, 'not recorded'))
                    WHEN 'age' THEN 'age; age alone is unlawful (34 U.S.C. 41308(2))'
                    ELSE min(coalesce(l.ncic_removal_reason, 'not recorded')) END
        FROM assigned AS a JOIN le_reports AS l ON l.record = a.record AND a.may_count
        WHERE a.recipient = 'law_enforcement' AND a.episode_no = f.episode_no
          AND packed(l.ncic_removed_at_earliest, l.ncic_removed_at_latest) = f.ncic_last_removed) AS detail
FROM episode_facts AS f
WHERE f.ncic_last_removed IS NOT NULL
  AND (f.is_open OR latest_of(f.ncic_last_removed) < f.ended_earliest)
  AND NOT f.is_ncic_unremoved
  AND coalesce(f.ncic_last_entered_earliest <= latest_of(f.ncic_last_removed), TRUE)
