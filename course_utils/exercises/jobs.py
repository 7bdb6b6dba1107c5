"""Three jobs for a Phi model, and what is wrong with a choice: exercise 7 of notebook 02.

What a model can do is on its card, what it needs is computed; so any model that fits is right, and each wrong choice
is told its own reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.phi import arithmetic, facts, fit
from course_utils.phi.speed import Speed
from course_utils.setup.machine import GB, Memory


@dataclass(frozen=True)
class Job:
    """What a model has to do, and the bytes it may use."""

    name: str
    memory: float
    context: int
    language: str = "English"
    pictures: bool = False


JOBS = {
    "laptop": Job("laptop", 7 * GB, 4096, language="Finnish"),
    "phone": Job("phone", 5.2 * GB, 4096),
    "receipts": Job("receipts", 24 * GB, 8192, pictures=True),
}
FORM = 'Each answer is a model and a precision, as in `("phi-4", "int8")`.'


def unfit(choice, job: Job) -> str:
    """What is wrong with a choice for a job; empty when nothing is."""
    if not (isinstance(choice, tuple | list) and len(choice) == 2 and all(isinstance(word, str) for word in choice)):
        return f"{job.name}: {FORM}"
    id, precision = choice
    if id not in facts.models("phi"):
        return f"{job.name}: no Phi is called “{id}”. The ids: `facts.models('phi')`."
    if precision not in fit.ENGINES:
        return f"{job.name}: a precision is one of {', '.join(fit.ENGINES)}."
    if id not in arithmetic.entries():
        return f"{job.name}: the size of {id} cannot be computed from what is known here. Take one that can be counted."
    return _cannot(id, job) or _too_big(id, precision, job)


def _cannot(id: str, job: Job) -> str:
    model = facts.model(id)
    if job.pictures != (model.kind in ("vision", "multimodal")):
        word = "reads no pictures" if job.pictures else "has a picture encoder that this task never uses"
        return f"{job.name}: {model.name} {word}."
    if job.pictures and "several" not in str(model.figures["pictures"]):
        return f"{job.name}: {model.name} takes one picture a conversation, and here there are several."
    if not job.pictures and job.language not in str(model.figures.get("languages", "")):
        return f"{job.name}: {job.language} is not among the languages on the card of {model.name}."
    if model.figures["context"].value < job.context:
        return f"{job.name}: the context of {model.name} is {model.figures['context']}; {job.context:,} are needed."
    return ""


def _too_big(id: str, precision: str, job: Job) -> str:
    found = needs(id, precision, job.context)
    if found.needed <= job.memory:
        return ""
    return (
        f"{job.name}: {facts.model(id).name} in {precision} takes {found.needed / GB:.1f} GB ({found.weights / GB:.1f} "
        f"weights, {found.cache / GB:.1f} cache, {found.besides / GB:.1f} besides). There are {job.memory / GB:.1f}."
    )


def needs(id: str, precision: str, context: int) -> fit.Prediction:
    """The memory that `fit` predicts. It does not depend on how fast a computer is, so any speed will do."""
    rates = dict.fromkeys(fit.ENGINES, 1.0)
    return fit.predict(id, precision, Speed(1, Memory(0, 0, None), (), rates, rates, 0.0), context=context)
