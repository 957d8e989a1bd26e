-- title: Still in NCIC after the return
-- rule: us/federal/ncic_entry
-- why [end, report]: The child has been back since {ended}, and no removal from NCIC is on record.
-- next: Ask law enforcement to clear the NCIC record, or enter the removal.
SELECT f.child_id, f.episode_no, 'medium' AS severity,
       f.ended_earliest AS clock_earliest, f.ended_latest AS clock_latest, with_evidence(r.evidence, f.proof) AS evidence
FROM episode_facts AS f
CROSS JOIN run
JOIN episode_recipients AS r ON r.episode_no = f.episode_no AND r.recipient = 'law_enforcement'
WHERE f.may_clear AND r.is_owed AND f.is_in_ncic AND f.ncic_removed_earliest IS NULL
  AND run.as_of - f.ended_latest > hours(72)
