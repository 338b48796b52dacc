"""The version of the library, read by the build and written into every run directory."""

__version__ = "0.5.0"
