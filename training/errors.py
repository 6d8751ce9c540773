"""What goes wrong outside the tables.

TableError, DocumentError and BundleError stand beside what they speak of.
"""


class OptionError(ValueError):
    """Something asked for that cannot be; the message names the option and what to write instead."""


class ServiceError(RuntimeError):
    """MLflow or Redis did not answer or refused; the message says which and what to do."""
