"""What Kakehashi does: one folder per stage (a verb), one file per shared noun."""
