"""Every error that facelive raises on purpose, as one tree.

    FaceliveError
    |-- UsageError            what the user asked for cannot be done as typed (exit status 2)
    |   |-- SchemaError       parameters and schema do not fit
    |   |-- FileError         missing, unreadable, truncated or foreign file
    |   |-- SourceError       camera, clip, folder or stream that cannot be read
    |   |-- PortError         address taken or not bindable
    |   `-- NoFaceError       a picture that had to show a face shows none
    |-- WeightsError          a weight file is missing or its sha256 is wrong
    |-- EngineUnavailable     a backend is not installed or not usable here
    |-- ExtraMissing          an optional package is not installed
    `-- ProtocolError         a message from outside is malformed or of another version

A message names the fix: ``ExtraMissing("training needs torch: pip install 'facelive[train]'")``.
"""


class FaceliveError(Exception):
    """Base of all deliberate errors: one clear line, and at the command line exit status 2."""


class UsageError(FaceliveError):
    """What the user asked for cannot be done as typed."""


class SchemaError(UsageError):
    """Parameters and schema do not fit each other."""


class FileError(UsageError):
    """A file is missing, unreadable, truncated or not what it should be."""


class SourceError(UsageError):
    """A camera, clip, folder or stream cannot be read."""


class PortError(UsageError):
    """An address is taken or cannot be bound."""


class NoFaceError(UsageError):
    """A picture that had to show a face shows none."""


class WeightsError(FaceliveError):
    """A weight file is missing or its sha256 does not match the manifest."""


class EngineUnavailable(FaceliveError):
    """An inference backend is not installed or cannot run on this machine."""


class ExtraMissing(FaceliveError):
    """An optional package is not installed."""


class ProtocolError(FaceliveError):
    """A message from outside is malformed or speaks another version."""
