"""Who is surveyed: list files, what they hold, and which cohorts a name belongs to."""
