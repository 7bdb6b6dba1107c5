"""What a client is told when something is wrong, in the shape of the dialect that it speaks."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from course_utils.base import CourseError

KINDS = {429: "rate_limit_error", 500: "server_error", 503: "server_error"}


class Problem(CourseError):
    """An answer with an error status. `code` and `param` are for OpenAI's dialect; `retry_after` is in seconds."""

    def __init__(
        self, status: int, message: str, code: str | None = None, param: str | None = None, retry_after: int = 0
    ):
        super().__init__(message)
        self.status, self.code, self.param = status, code, param
        self.headers = {"Retry-After": str(retry_after)} if retry_after else {}

    def body(self, request: Request) -> dict:
        """The JSON of the answer."""
        if not is_openai(request):
            return {"error": str(self)}
        kind = KINDS.get(self.status, "invalid_request_error")
        return {"error": {"message": str(self), "type": kind, "param": self.param, "code": self.code}}

    def answer(self, request: Request) -> Response:
        return JSONResponse(self.body(request), self.status, self.headers)


def is_openai(request: Request) -> bool:
    """Whether the address belongs to OpenAI's dialect; all others are Ollama's."""
    return request.url.path.startswith("/v1")


def first_line(error: Exception) -> str:
    """What a library says, without its stack of calls."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
