"""What lies elsewhere is brought here: web addresses, buckets, tables of databases."""
