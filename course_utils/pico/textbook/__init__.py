"""The textbook that the pico models read: an endless, seeded generator of text about one small world.

Phi's makers wrote "textbook quality" data with larger models. Ours is written by the files of this folder, so that you
can read all of it; its words stand in `data/`, as plain text. Every skill is one function: it draws a cast from the
world, writes what a person would ask, and writes the right answer. `draw` picks a skill by its share and calls it.

The split: two entities of the world (a colour and an animal, a person and a place, ...) may form a held-out
pair. A sample for "train" never contains such a pair, a sample for "test" always does: a good test score is
therefore not memory. Sums, greetings and facts are held out by the sum itself and by the wording.
"""

from course_utils.pico.textbook.sample import Sample, chat, introduce, plain
from course_utils.pico.textbook.skills import FACTS, SKILLS, SYSTEM_TOOLS, draw, story, work_out

__all__ = ["FACTS", "SKILLS", "SYSTEM_TOOLS", "Sample", "chat", "draw", "introduce", "plain", "story", "work_out"]
