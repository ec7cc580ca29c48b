"""What the pages share: the door to the engine, the view that the pickers choose, words and states."""
