"""What reads the words of a command: each help has examples, and a misspelt word is met by the nearest one."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from store.errors import nearest

PROGRAM = "python -m pipeline"
NUMBER = re.compile(r"-\d+|-\d*\.\d+")


class Parser(argparse.ArgumentParser):
    """An argument parser whose help ends with examples.

    Parameters
    ----------
    examples : str
        What to type, a line each, without the program's own name.
    """

    def __init__(self, *, examples: str = "", **more: Any) -> None:
        lines = [f"  {PROGRAM} {line}" for line in examples.strip().splitlines()]
        more |= {"formatter_class": argparse.RawDescriptionHelpFormatter}
        super().__init__(epilog="\n".join(["examples:", *lines]) if lines else None, **more)

    def error(self, message: str) -> NoReturn:
        """End with the usage of this command, what is wrong, and where there is more. Exit code 2."""
        super().error(f"{message}\n`{self.prog} --help` explains each option and has examples.")

    def chosen(self, words: Sequence[str]) -> Parser:
        """The parser of the command that the words name, such as ``snapshots diff``.

        A command or an option that there is not ends the program here, with the usage of the command it was
        meant for and the nearest name: argparse itself would show the usage of the whole program.
        """
        commands = self._commands()
        rest = iter(range(len(words)))
        for place in rest:
            word = words[place]
            if word == "--":
                return self
            if _is_option(word):
                option = self._option(word)
                if option is None:
                    self._refuse(word, words[place + 1 :], commands)
                elif option.nargs != 0 and "=" not in word:
                    next(rest, None)  # its value
            elif word in commands:
                return commands[word].chosen(words[place + 1 :])
            elif commands:
                self.error(
                    f"there is no command '{word}'; there are: {', '.join(commands)}.{nearest(word, commands)}"
                )
        return self

    def _commands(self) -> Mapping[str, Parser]:
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                commands: Mapping[str, Parser] = action.choices
                return commands
        return {}

    def _option(self, word: str) -> argparse.Action | None:
        """The option of that name, or the first that it may be short for."""
        name = word.partition("=")[0]
        options = self._option_string_actions
        found = [one for one in options if one == name or (name.startswith("--") and one.startswith(name))]
        return options[name if name in options else found[0]] if found else None

    def _refuse(self, word: str, later: Sequence[str], commands: Mapping[str, Parser]) -> NoReturn:
        name = word.partition("=")[0]
        meant = next((commands[one] for one in later if one in commands), None)
        if meant is not None and meant._option(word) is not None:
            meant.error(f"{name} stands before the command; expected it after: {meant.prog} {name} ...")
        where = meant or self
        where.error(f"there is no option {name}.{nearest(name, where._option_string_actions)}")


def _is_option(word: str) -> bool:
    """As argparse sees it: a number below zero, or what has a blank in it, is a value."""
    return len(word) > 1 and word.startswith("-") and " " not in word and not NUMBER.fullmatch(word)
