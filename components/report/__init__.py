"""Stage `report`: figures and assumptions become a decision, a page and cards."""
