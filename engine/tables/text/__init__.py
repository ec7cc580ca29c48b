"""Tables that are written as text: how they are written is sniffed, shown and changeable; no row is lost."""
