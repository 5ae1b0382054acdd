"""The command line: which verbs there are, and what becomes of their answers."""

import json
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any

from forgefed_gate import __version__
from forgefed_gate.cli import (
    audit,
    conversations,
    forges,
    house,
    issues,
    links,
    parties,
    privacy,
    proofs,
    publishing,
    queue,
    rights,
    running,
    safety,
    standing,
    teams,
)
from forgefed_gate.cli.verbs import PROGRAM, Answer, Verb
from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol.frontdoor import Json

DONE, REFUSED = 0, 1
ABOUT = "A gate for open-source contributions: private, screened, federated."
ALL = (
    *house.VERBS,
    *running.VERBS,
    *teams.VERBS,
    *links.VERBS,
    *issues.VERBS,
    *forges.VERBS,
    *conversations.VERBS,
    *parties.VERBS,
    *proofs.VERBS,
    *publishing.VERBS,
    *rights.VERBS,
    *standing.VERBS,
    *safety.VERBS,
    *queue.VERBS,
    *privacy.VERBS,
    *audit.VERBS,
)
EPILOG = """\
Exit status: 0 done, 1 refused with the reason, 2 wrong usage.
“forgefed-gate VERB --help” shows an example of each."""


def main(argv: Sequence[str] | None = None) -> int:
    """
    Do what was asked, and give the exit status: 0 done, 1 refused.

    Wrong usage leaves by `SystemExit` with 2, as argparse has it.
    """
    asked = _read(sys.argv[1:] if argv is None else argv)
    try:
        answer = asked.verb.run(asked)
    except Refusal as refusal:
        return _refuse(asked, refusal.code, refusal.sentence)
    except OSError as error:
        return _refuse(asked, "system", f"The system says: {error}.")
    _show(asked, answer)
    return DONE if answer.well else REFUSED


def _read(argv: Sequence[str]) -> Namespace:
    """Read the words of a call; words of a TEXT may stand on both sides of an option."""
    parser = _parser()
    asked, beyond = parser.parse_known_args(argv)
    if beyond and ("text" not in asked or any(word.startswith("-") for word in beyond)):
        parser.error(f"not understood: {' '.join(beyond)}")
    if beyond:
        asked.text = [*asked.text, *beyond]
    return asked


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog=PROGRAM,
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    _everywhere(parser, config=None, speaker=OPERATOR.name, json=False)
    groups: dict[str, Any] = {"": parser.add_subparsers(metavar="VERB", required=True)}
    for verb in ALL:
        group, _, word = verb.words.rpartition(" ")
        if group not in groups:
            groups[group] = _group(groups[""], group)
        _add(groups[group], word, verb)
    return parser


def _group(parsers: Any, word: str) -> Any:
    verbs = [verb.words.split()[1] for verb in ALL if verb.words.startswith(f"{word} ")]
    group = parsers.add_parser(word, help=" | ".join(verbs), allow_abbrev=False)
    return group.add_subparsers(metavar="VERB", required=True)


def _add(parsers: Any, word: str, verb: Verb) -> None:
    parser: ArgumentParser = parsers.add_parser(
        word,
        help=verb.does,
        description=verb.does,
        epilog=f"Example:\n  {PROGRAM} {verb.example}",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for take in verb.takes:
        take(parser)
    _everywhere(parser, config=SUPPRESS, speaker=SUPPRESS, json=SUPPRESS)
    parser.set_defaults(verb=verb)


def _everywhere(parser: ArgumentParser, **usual: object) -> None:
    """Take the options that may stand before a verb as well as after it."""
    parser.add_argument(
        "--config",
        metavar="PATH",
        default=usual["config"],
        help="the settings (else GATE_CONFIG, ./gate.toml or ./data/gate.toml)",
    )
    parser.add_argument(
        "--as",
        dest="speaker",
        metavar="PERSON",
        default=usual["speaker"],
        help="act as this maintainer, with their role (else as the operator)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        default=usual["json"],
        help="answer with one JSON document",
    )


def _refuse(asked: Namespace, code: str, sentence: str) -> int:
    print(sentence, file=sys.stderr)
    if asked.json:
        _print_json({"refused": code, "detail": sentence})
    return REFUSED


def _show(asked: Namespace, answer: Answer) -> None:
    if answer.document is None:
        return
    if asked.json:
        _print_json(answer.document)
    else:
        print("\n".join(answer.lines))


def _print_json(document: Json) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))
