"""Brings the stand-in AWS services up and down. Standard library only: it runs before any venv exists."""
