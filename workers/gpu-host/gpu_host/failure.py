"""The one error that a client sees: a stable code, and a message with the cause and the remedy."""


class Failure(Exception):
    """`status` is the HTTP status where it ends a request; inside a run only code and message are kept."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(message)
        self.code, self.message, self.status = code, message, status

    def view(self) -> dict:
        return {"code": self.code, "message": self.message}
