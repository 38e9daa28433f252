"""The report: methods side by side on the same people, as one table and one page."""
