-- title: NCIC entry late
-- rule: as given
-- queue: explain
-- why [report]: Law enforcement entered the child into NCIC {over} after the limit ({rule}).
-- next: Raise it with the law-enforcement agency; check both times.
SELECT *, 'medium' AS severity
FROM facts
WHERE duty = 'ncic_entry' AND is_owed AND verdict = 'late'
