"""What a client is told when something is wrong, in the shape of the dialect that it speaks."""

import uuid

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from course_utils.base import CourseError, data

KINDS = {429: "rate_limit_error", 500: "server_error", 503: "server_error"}
REFUSALS = data(__file__, "data.toml")["openai"]["wrong"]


class Problem(CourseError):
    """An answer with an error status. `code`, `param`, `kind`: in OpenAI's dialect; `retry_after`: seconds."""

    def __init__(self, status: int, message: str, code: str | None = None, param=None, retry_after=0, kind=None):
        super().__init__(message)
        self.status, self.headers = status, {"Retry-After": str(retry_after)} if retry_after else {}
        self.fields = {"type": kind or KINDS.get(status, "invalid_request_error"), "param": param, "code": code}

    def body(self, request: Request) -> dict:
        return {"error": {"message": str(self), **self.fields} if is_openai(request) else str(self)}

    def answer(self, request: Request) -> Response:
        return JSONResponse(self.body(request), self.status, self.headers | request_id(request))


def refusal(case: str, status: int = 400, /, **about) -> Problem:
    """What is said in that case, one of those in data.toml."""
    return Problem(status, **{field: text.format(**about) for field, text in REFUSALS[case].items()})


def is_openai(request: Request) -> bool:
    """Whether the address belongs to OpenAI's dialect; all others are Ollama's."""
    return request.url.path.startswith("/v1")


def request_id(request: Request) -> dict[str, str]:
    """The header by which OpenAI's clients name an answer."""
    return {"x-request-id": f"req_{uuid.uuid4().hex}"} if is_openai(request) else {}


def first_line(error: Exception) -> str:
    """What a library says, without its stack of calls."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
