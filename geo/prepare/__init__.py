"""Make pictures comparable before anybody judges them: where they lie, how bright they are."""
