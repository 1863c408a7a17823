"""This package lets a launch's own rules act: when an event happens, if its conditions hold, then their actions are done."""
