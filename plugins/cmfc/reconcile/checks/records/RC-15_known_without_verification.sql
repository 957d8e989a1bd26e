-- title: Whereabouts recorded as known without verification
-- why: The record says that the child's whereabouts are known, and nobody verified it.
-- next: Verify where the child is and enter it; if it cannot be verified, the child is missing and must be reported.
SELECT record AS subject_id, child_id, record AS evidence, CASE WHEN is_open THEN 'high' ELSE 'low' END AS severity
FROM unverified_claims
