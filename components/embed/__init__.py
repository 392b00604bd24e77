"""Stage `embed`: accepted pairs become unit image and text vectors."""
