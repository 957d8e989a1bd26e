"""The lists that people work: lines in one order, workbook, page, words (spec 5, 6)."""
