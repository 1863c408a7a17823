"""This package loads the sample launch and plays its story, through everybody's doors with a clock of its own."""
