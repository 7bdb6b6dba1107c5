"""Three jobs for a Phi model, and what is wrong with a choice: exercise 4 of notebook 02.

What a model can do is on its card, what it needs is computed; so any model that fits is right, and each wrong choice
is told its own reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
TEXT_PART = {"phi-4-multimodal": "phi-4-mini"}  # whose shape, and so whose cache, it has


def unfit(choice, job: Job) -> str:
    """What is wrong with a choice for a job; empty when nothing is."""
    if not (isinstance(choice, tuple | list) and len(choice) == 2 and all(isinstance(word, str) for word in choice)):
        return f"{job.name}: {FORM}"
    id, precision = _id(choice[0]), choice[1].strip().casefold()
    if choice[0].strip().casefold() in fit.ENGINES:
        return f"{job.name}: first the model, then the precision, as in `(“phi-4”, “int8”)`."
    if id not in facts.models("phi"):
        return f"{job.name}: no Phi is called “{choice[0]}”. The names: `facts.models('phi')`."
    if precision not in fit.ENGINES:
        return f"{job.name}: “{choice[1]}” is none of the precisions {', '.join(fit.ENGINES)}."
    if "closed" in str(facts.model(id).figures.get("licence", "")):
        return f"{job.name}: {facts.model(id).name} is a part of Windows. Nobody can download it."
    if TEXT_PART.get(id, id) not in arithmetic.entries():
        return f"{job.name}: the size of {id} cannot be computed from what is known here. Take one that can be counted."
    return _cannot(id, job) or _too_big(id, precision, job)


def _id(text: str) -> str:
    """The id that a learner means: “phi-4” itself, the name on the charts, or that of the Hub."""
    wanted = text.strip().casefold().removeprefix("microsoft/").removesuffix("-instruct")
    names = {facts.model(id).name.casefold(): id for id in facts.models("phi")}
    return names.get(wanted, wanted)


def _cannot(id: str, job: Job) -> str:
    model = facts.model(id)
    pictures, languages = str(model.figures.get("pictures", "")), str(model.figures.get("languages", ""))
    if job.pictures and model.kind not in ("vision", "multimodal"):
        return f"{job.name}: {model.name} reads no pictures."
    if job.pictures and "several, and frames of a video" not in pictures:
        return f"{job.name}: {model.name} takes one picture a conversation, and here there are several."
    if model.figures["context"].value < job.context:
        return f"{job.name}: the context of {model.name} is {model.figures['context']}; {job.context:,} are needed."
    if job.language not in (languages or "English"):
        return f"{job.name}: {job.language} is not among the languages on the card of {model.name}."
    return ""


def _too_big(id: str, precision: str, job: Job) -> str:
    found = needs(id, precision, job.context)
    if found.needed <= job.memory:
        return ""
    model = facts.model(id)
    moe = " All experts have to be in memory, not only those at work." if model.kind == "moe" else ""
    return (
        f"{job.name}: {model.name} in {precision} takes {found.needed / GB:.1f} GB ({found.weights / GB:.1f} "
        f"weights, {found.cache / GB:.1f} cache, {found.besides / GB:.1f} besides). There are "
        f"{job.memory / GB:.1f}.{moe}"
    )


def needs(id: str, precision: str, context: int) -> fit.Prediction:
    """The memory that `fit` predicts. It does not depend on how fast a computer is, so any speed will do."""
    rates = dict.fromkeys(fit.ENGINES, 1.0)
    speed = Speed(1, Memory(0, 0, None), rates, rates, 0.0)
    found = fit.predict(TEXT_PART.get(id, id), precision, speed, context=context)
    if id not in TEXT_PART:
        return found
    text = arithmetic.count(TEXT_PART[id])
    weights = arithmetic.weight_bytes(replace(text, total=facts.figure(id, "parameters").value), precision)
    besides = round(fit.BESIDES + fit.BESIDES_SHARE * weights)
    return replace(found, weights=weights, besides=besides, needed=weights + found.cache + besides)
