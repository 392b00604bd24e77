"""Stage `index`: vectors become a searchable index that states its own recall."""
