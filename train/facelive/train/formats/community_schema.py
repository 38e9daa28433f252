"""The parameters of the community implementation (huailiang/face-nn) as schemas: 99 or 103 numbers a picture.

Its Unity project names bones after the game's skeleton, which is not public; here they are numbered.
"""

from __future__ import annotations

from typing import Literal

from facelive.errors import SchemaError
from facelive.rig.schema import Parameter, Schema

BONES = 95
CommunityWidth = Literal[99, 103]


def community_schema(width: int) -> Schema:
    """99: 95 bones, the brows' brightness, 3 brow styles. 103: 95 bones, 8 styles. Raises SchemaError otherwise."""
    rows = [Parameter(name=f"bone:{i:02d}", group="identity", neutral=0.5) for i in range(BONES)]
    if width == 99:
        rows.append(Parameter(name="browBrightness", group="identity", neutral=0.5))
    elif width != 103:
        raise SchemaError(f"the community's data sets have 99 or 103 numbers a picture, not {width}")
    for i in range(width - len(rows)):
        rows.append(Parameter(name=f"brow:{i}", group="style", kind="style", neutral=float(i == 0), member_of="brow"))
    return Schema(f"community-{width}", tuple(rows))
