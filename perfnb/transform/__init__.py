"""Profile → Profile."""
