"""Shell completion: the scripts for bash, zsh and fish, and the hidden command that they ask.

Must not know what may come next (`completing` does). Invariant: a script never prints an error into a command line.
"""

from __future__ import annotations

import click

from dark_cli.commands.making import command
from dark_cli.commands.table import COMMANDS
from dark_cli.workspace import Workspace

# bash cuts words at colons, which addresses have; so it passes the line, and gets back what comes after the last colon.
BASH = r"""# dark completion for bash; put this into ~/.bashrc:  eval "$(dark completion bash)"
_dark() {
    local IFS=$'\n'
    COMPREPLY=($(dark complete bash -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null))
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *'#'* ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F _dark dark
"""

ZSH = r"""#compdef dark
# dark completion for zsh; put this into ~/.zshrc:  eval "$(dark completion zsh)"
_dark() {
    local -a found
    found=("${(@f)$(dark complete zsh -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if (( ${#found} )) && [[ -n ${found[1]} ]]; then compadd -Q -a found; else _files; fi
}
if [[ $funcstack[1] == _dark ]]; then _dark "$@"; else compdef _dark dark; fi
"""

FISH = r"""# dark completion for fish; put this into ~/.config/fish/config.fish:  dark completion fish | source
function __dark_complete
    set -l words (commandline -opc)
    dark complete fish -- $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c dark -f -a '(__dark_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


@command("completion")
@click.argument("shell", type=click.Choice(tuple(SCRIPTS)))
@click.pass_obj
def completion(workspace: Workspace, shell: str) -> None:
    """Print the completion script of a SHELL: bash, zsh or fish."""
    workspace.write(SCRIPTS[shell])


@command("complete", hidden=True)
@click.argument("shell", type=click.Choice(tuple(SCRIPTS)))
@click.argument("words", nargs=-1)
@click.pass_obj
def complete(workspace: Workspace, shell: str, words: tuple[str, ...]) -> None:
    """Print the words that may come next, one a line."""
    from dark_cli.completing import complete as candidates  # late: printing a script needs none of the language

    typed = cut(words[0])[1:] if shell == "bash" and words else list(words)
    found = candidates(workspace, typed)
    if shell == "bash":
        last = typed[-1] if typed else ""
        skip = last.rfind(":") + 1
        found = [word[skip:] for word in found]
    elif shell == "zsh":
        found = [_escaped(word) for word in found]
    elif shell == "fish":
        found = [f"{word}\t{COMMANDS[word].summary}" if word in COMMANDS else word for word in found]
    for word in found:
        workspace.print(word)


def cut(line: str) -> list[str]:
    """The words of a line that is still being typed; the last is what has been typed of the next one."""
    words, word, quote = [], "", ""
    for letter in line:
        if quote:
            if letter == quote:
                quote = ""
            else:
                word += letter
        elif letter in "'\"":
            quote = letter
        elif letter.isspace():
            if word:
                words.append(word)
            word = ""
        elif letter != "\\":
            word += letter
    return [*words, word]


def _escaped(word: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "_-./:" else f"\\{letter}" for letter in word)
