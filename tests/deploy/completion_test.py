"""Completions and the manual page know every command and option that --help shows; real shells complete with them."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

BINARY = os.environ["TIDEMARK_BINARY"]
BASH = r'''
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_tidemark tidemark "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
'''
# zsh completes only in an interactive shell: what it would add is printed instead.
ZSH = r'''
autoload -Uz compinit && compinit -C -u -d "$HOME/dump"
source "$SCRIPT"
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
  typeset -a __hits
  builtin compadd -A __hits "$@"
  print -rl -- $__hits >> "$TMP/hits"
}
complete-and-exit() { zle complete-word; print -r done >> "$TMP/hits"; exit }
zle -C list complete-word _main_complete
finish() { zle list; exit }
zle -N finish
bindkey '^I' finish
'''


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def tree(path=()):
    """{command path: (options, commands)} as --help tells it."""
    text = output(BINARY, *path, "--help")
    options = re.findall(r"^  (?:-\w,)?(--[\w.-]+)", text, re.M)
    part = text.split("\nSubcommands:\n")
    commands = re.findall(r"^  ([\w-]+)  ", part[1].split("\n\n")[0], re.M) if len(part) > 1 else []
    found = {path: (set(options), set(commands))}
    for command in commands:
        found.update(tree(path + (command,)))
    return found


def bash(script, *words):
    return set(output("bash", "-c", BASH, "bash", script, "tidemark", *words).split())


def fish(script, *words):
    lines = output("fish", "--no-config", "-c", 'source $argv[1]; complete -C "tidemark $argv[2]"', script, " ".join(words))
    return {line.split("\t")[0] for line in lines.splitlines()}


def zsh(script, *words):
    import pty

    with tempfile.TemporaryDirectory() as directory:
        with open(directory + "/.zshrc", "w", encoding="utf-8") as rc:
            rc.write(ZSH)
        environment = dict(os.environ, ZDOTDIR=directory, TMP=directory, SCRIPT=script, TERM="dumb",
                           HOME=os.path.dirname(script))  # completions of other programs are found once
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvpe("zsh", ["zsh", "-d", "-i"], environment)
        os.write(terminal, ("tidemark " + " ".join(words) + "\t").encode())
        try:
            while os.read(terminal, 4096):
                pass
        except OSError:  # it has ended
            pass
        os.waitpid(pid, 0)
        os.close(terminal)
        with open(directory + "/hits", encoding="utf-8") as hits:
            return {line.strip().rstrip("=") for line in hits if line.strip()}


def check_shell(shell, script, commands, dash):
    """What a shell offers, against --help. A dash or two makes it offer options."""
    for path, (options, below) in commands.items():
        offered = {word for word in shell(script, *path, dash) if word.startswith("--")}
        assert offered >= options, (shell.__name__, path, options - offered)
        assert not offered - options, (shell.__name__, path, "unknown", offered - options)
        if below:
            assert shell(script, *path, "") >= below, (shell.__name__, path, below)


def check_quickstart(options):
    """quickstart.sh hands on what `demo` knows, and says what it doesn't before it installs and builds anything."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "quickstart.sh")
    told = set(re.findall(r"--[a-z.-]+", output(script, "--help")))
    assert told == options - {"--help"}, told ^ options
    for arguments, said in (
        (["--durtion=30s"], "does not know --durtion"),
        (["30s"], "does not know 30s"),
        (["--duration", "5"], "--duration 5 lacks a unit"),
        (["--history=30"], "--history 30 lacks a unit"),
        (["--topic=t", "--duration"], "--duration wants a value"),
    ):
        wrong = subprocess.run([script, *arguments], capture_output=True, text=True, check=False, timeout=30)
        assert (wrong.returncode, wrong.stdout) == (2, "") and said in wrong.stderr, (arguments, wrong)


def main():
    commands = tree()
    check_quickstart(commands[("demo",)][0])
    assert ("state", "erase") in commands and "--kind" in commands[("state", "erase")][0], commands
    with tempfile.TemporaryDirectory() as directory:
        scripts = {}
        for name in ("bash", "zsh", "fish"):
            scripts[name] = os.path.join(directory, name)
            with open(scripts[name], "w", encoding="utf-8") as file:
                file.write(output(BINARY, "completion", name))
        page = os.path.join(directory, "tidemark.1")
        with open(page, "w", encoding="utf-8") as file:
            file.write(output(BINARY, "man"))
        text = output("mandoc", "-T", "ascii", page)
        text = re.sub(".\x08", "", text)  # bold and underlined are struck over
        for path, (options, below) in commands.items():
            assert below or "tidemark " + " ".join(path) in text, path
            for option in options:
                assert option in text, (path, option)
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True, check=False)
        assert lint.returncode == 0, lint.stdout

        for shell, dash in ((bash, "--"), (fish, "--"), (zsh, "--")):
            check_shell(shell, scripts[shell.__name__], commands, dash)
        values = {"debug", "info", "warn", "error"}
        assert bash(scripts["bash"], "run", "--log.level", "") == values
        assert bash(scripts["bash"], "run", "--log.level", "=", "w") == {"warn"}
        assert bash(scripts["bash"], "completion", "z") == {"zsh"}
        assert fish(scripts["fish"], "run", "--log.level=") >= {"--log.level=" + value for value in values}
        assert zsh(scripts["zsh"], "run", "--log.level=") >= values
        yaml = os.path.join(directory, "kpis and more.yaml")
        open(yaml, "w", encoding="utf-8").close()
        found = output("bash", "-c", BASH, "bash", scripts["bash"], "tidemark", "check-config", yaml[:-9])
        assert found.strip() == yaml, found
    print(f"{len(commands)} commands, {sum(len(o) for o, _ in commands.values())} options in bash, zsh, fish and the manual")


if __name__ == "__main__":
    for tool in ("bash", "zsh", "fish", "mandoc"):
        if not shutil.which(tool):
            print(f"SKIPPED: {tool} is not installed")
            sys.exit(77)
    main()
