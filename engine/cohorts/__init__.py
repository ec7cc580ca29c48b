"""Where a change comes from: mix or behaviour, and the cohorts that drift whether the whole does or not."""
