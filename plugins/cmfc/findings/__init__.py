"""The life of a finding from night to night: who it is, where it stands, who did what about it (spec 5)."""
