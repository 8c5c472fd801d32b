"""What the lab tells its user when something does not work."""


class LabError(Exception):
    """A message for the user; the command ends with exit code 1 and no traceback."""


class ServiceFailedError(LabError):
    """A service did not start; the message holds the last lines of its log."""
