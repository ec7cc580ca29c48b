"""Where the rows lie in Spark: the same questions, asked there; only counts come back."""
