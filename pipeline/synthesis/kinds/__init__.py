"""The ten kinds of sound: two from each of ESC-50's five groups. A new one is a module and a line here."""

from __future__ import annotations

from pipeline.synthesis.kinds.chirping_birds import ChirpingBirds
from pipeline.synthesis.kinds.church_bells import ChurchBells
from pipeline.synthesis.kinds.clapping import Clapping
from pipeline.synthesis.kinds.clock_tick import ClockTick
from pipeline.synthesis.kinds.door_wood_knock import DoorKnock
from pipeline.synthesis.kinds.footsteps import Footsteps
from pipeline.synthesis.kinds.frog import Frog
from pipeline.synthesis.kinds.helicopter import Helicopter
from pipeline.synthesis.kinds.insects import Insects
from pipeline.synthesis.kinds.kind import Kind
from pipeline.synthesis.kinds.rain import Rain

KINDS: dict[str, type[Kind]] = {
    "frog": Frog,
    "insects": Insects,
    "rain": Rain,
    "chirping_birds": ChirpingBirds,
    "clapping": Clapping,
    "footsteps": Footsteps,
    "door_wood_knock": DoorKnock,
    "clock_tick": ClockTick,
    "helicopter": Helicopter,
    "church_bells": ChurchBells,
}
