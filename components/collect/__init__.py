"""Stage `collect`: public corpora become one canonical corpus."""
