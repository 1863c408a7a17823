"""This package watches traffic: rules as data, what they measure, and one state machine for each key."""
