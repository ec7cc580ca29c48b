"""Files of any kind as Parquet: known by their content, unpacked within bounds, gathered into one table."""
