"""Charts: one file for each kind of summary. They draw what was counted and decide nothing; alone in knowing Plotly."""
