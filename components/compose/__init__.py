"""Stage `compose`: the selection becomes a plan of compositions, audited, with a preview."""
