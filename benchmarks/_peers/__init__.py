"""The systems compared with, each run in an environment that holds none of this project."""
