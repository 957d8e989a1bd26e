"""What keeps names, birth dates, numbers and free text out of logs, ids and extracts (spec 6, Privacy)."""
