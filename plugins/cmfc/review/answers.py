"""Answers to questions about tables that stay as they are: what was asked before is not asked again."""

from collections.abc import Callable
from typing import Any

MOST = 500
"""So many are kept."""


class Answers:
    """By question. Every caller is given the same answer: it is to be read, not written."""

    def __init__(self) -> None:
        """None yet."""
        self._by_question: dict[Any, Any] = {}

    def recall(self, question: Any, make: Callable[[], Any]) -> Any:
        """The answer to a question that was asked before, else what `make` gives."""
        answer = self._by_question.get(question)
        if answer is None:
            answer = make()
            if len(self._by_question) >= MOST:
                self._by_question.clear()
            self._by_question[question] = answer
        return answer
