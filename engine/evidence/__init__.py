"""Evidence: a run as a file that can be kept and checked later. Alone in knowing Typst and pypdf."""
