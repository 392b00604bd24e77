"""Stage `validate`: every record is accepted, or quarantined with its reason."""
