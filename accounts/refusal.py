"""The one exception for "the rules do not allow this". Standard library only."""


class Refusal(Exception):
    """A verb was refused.

    `code` is stable and for machines; `message` is a sentence that the person who asked understands.
    """

    def __init__(self, code: str, message: str):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
