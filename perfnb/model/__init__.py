"""What a profile is: tables, `Profile`, `ProfileBuilder`, `CallTree`."""

from perfnb.model.builder import ProfileBuilder
from perfnb.model.calltree import CallTree
from perfnb.model.metadata import Metadata
from perfnb.model.profile import Profile
from perfnb.model.tables import (
    KINDS,
    STATES,
    Frames,
    Functions,
    Label,
    Samples,
    Stacks,
    Tables,
    Thread,
)

__all__ = [
    "KINDS",
    "STATES",
    "CallTree",
    "Frames",
    "Functions",
    "Label",
    "Metadata",
    "Profile",
    "ProfileBuilder",
    "Samples",
    "Stacks",
    "Tables",
    "Thread",
]
