"""This package is what every other package stands on: launches, people, rights, time, messages, the timeline."""
