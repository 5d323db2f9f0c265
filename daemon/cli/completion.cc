#include "daemon/cli/completion.h"

#include <algorithm>

namespace tidemark {
namespace {

// The text as a word of a shell. Words of ours hold no line break.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

// The same for fish, where a backslash counts within quotes.
std::string FishQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += (c == '\'' || c == '\\' ? "\\" : "") + std::string(1, c);
  return quoted + "'";
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// "_tidemark_state_erase", the zsh function of a command.
std::string FunctionOf(const CommandDoc& command) {
  std::string name = "_tidemark" + command.path;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

std::string BashAction(const OptionDoc& option) {
  if (!option.choices.empty()) return "choose " + Quoted(Joined(option.choices));
  return option.takes_file() ? "files -f" : option.takes_directory() ? "files -d" : "true";
}

std::string ZshText(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += (c == '[' || c == ']' || c == ':' || c == '\\' ? "\\" : "") + std::string(1, c);
  return escaped;
}

std::string ZshValue(const OptionDoc& option) {
  const std::string action = !option.choices.empty()    ? "(" + Joined(option.choices) + ")"
                             : option.takes_file()      ? "_files"
                             : option.takes_directory() ? "_files -/"
                                                        : " ";
  return ":" + ZshText(option.choices.empty() ? option.value : "value") + ":" + action;
}

// One function per command, which hands the words after a command on to that command's function.
std::string ZshFunction(const CommandDoc& command) {
  std::string text = FunctionOf(command) + "() {\n  local context state state_descr line\n  typeset -A opt_args\n  _arguments -C -S";
  for (const OptionDoc& o : command.options) {
    const std::string name = (o.repeated ? "*" : "") + o.name + (o.value.empty() ? "" : "=");
    text += " \\\n    " + Quoted(name + "[" + ZshText(o.help) + "]" + (o.value.empty() ? "" : ZshValue(o)));
  }
  for (const OptionDoc& a : command.arguments) text += " \\\n    " + Quoted((a.repeated ? "*" : "") + ZshValue(a));
  if (command.commands.empty()) return text + "\n}\n";
  text += " \\\n    '1:command:->command' '*::argument:->argument'\n  case $state in\n    command)\n      local -a commands=(\n";
  std::string functions;
  for (const CommandDoc& c : command.commands) {
    text += "        " + Quoted(c.name + ":" + ZshText(c.help)) + "\n";
    functions += "        " + c.name + ") " + FunctionOf(c) + " ;;\n";
  }
  return text + "      )\n      _describe command commands ;;\n    argument)\n      case $line[1] in\n" + functions +
         "      esac ;;\n  esac\n}\n";
}

constexpr const char* kBashHead = R"(# bash completion for tidemark, as `tidemark completion bash` writes it.
_tidemark() {
  local current=$2 command="" option="" i at=$COMP_CWORD
  COMPREPLY=()
  choose() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
  files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen "$1" -- "$current"); }
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
)";
// readline makes words of their own of `--name`, `=` and `value`.
constexpr const char* kBashOption = R"( command+=" ${COMP_WORDS[i]}" ;;
    esac
  done
  if [[ ${COMP_WORDS[at]} == "=" ]]; then
    current=""
  elif [[ ${COMP_WORDS[at - 1]} == "=" ]]; then
    ((at--))
  fi
  option=${COMP_WORDS[at - 1]}
  case "$command $option" in
)";
constexpr const char* kBashWords = R"(  esac
  case "$command" in
)";
constexpr const char* kBashTail = R"(  esac
}
complete -F _tidemark tidemark
)";

}  // namespace

std::string BashCompletion(const CommandDoc& program) {
  std::string paths, values, words;
  ForEachCommand(program, [&](const CommandDoc& c) {
    if (!c.path.empty()) paths += (paths.empty() ? "      " : " | ") + Quoted(c.path);
    std::vector<std::string> offered, options;
    for (const OptionDoc& o : c.options) {
      options.push_back(o.name);
      if (!o.value.empty()) values += "    " + Quoted(c.path + " " + o.name) + ") " + BashAction(o) + "; return ;;\n";
    }
    for (const CommandDoc& below : c.commands) offered.push_back(below.name);
    // A command with arguments offers those, and its options once a dash is typed.
    std::string plain = "choose " + Quoted(Joined(offered.empty() ? options : offered));
    if (!c.arguments.empty()) plain = BashAction(c.arguments.front());
    words += "    " + Quoted(c.path) + ") if [[ $current == -* ]]; then choose " + Quoted(Joined(options)) + "; else " + plain + "; fi ;;\n";
  });
  return kBashHead + paths + ")" + kBashOption + values + kBashWords + words + kBashTail;
}

std::string ZshCompletion(const CommandDoc& program) {
  std::string text = "#compdef tidemark\n# zsh completion for tidemark, as `tidemark completion zsh` writes it.\n";
  ForEachCommand(program, [&](const CommandDoc& c) { text += ZshFunction(c); });
  // Loaded as a function of its own, or sourced.
  return text + "if [[ $funcstack[1] == _tidemark ]]; then\n  _tidemark \"$@\"\nelse\n  compdef _tidemark tidemark\nfi\n";
}

std::string FishCompletion(const CommandDoc& program) {
  std::string paths, lines;
  ForEachCommand(program, [&](const CommandDoc& c) {
    if (!c.path.empty()) paths += " " + FishQuoted(c.path);
    const std::string at = "complete -c tidemark -n " + FishQuoted("__tidemark_at " + FishQuoted(c.path));
    for (const CommandDoc& below : c.commands) lines += at + " -a " + below.name + " -d " + FishQuoted(below.help) + "\n";
    const auto value = [](const OptionDoc& o) -> std::string {
      if (!o.choices.empty()) return " -a " + FishQuoted(Joined(o.choices));
      return o.takes_file() ? " -F" : o.takes_directory() ? " -a '(__fish_complete_directories)'" : "";
    };
    for (const OptionDoc& o : c.options) {
      lines += at + " -l " + o.name.substr(2) + (o.value.empty() ? "" : o.takes_file() ? " -r" : " -x") + value(o) + " -d " +
               FishQuoted(o.help) + "\n";
    }
    for (const OptionDoc& a : c.arguments) lines += at + value(a) + " -d " + FishQuoted(a.help) + "\n";
  });
  return "# fish completion for tidemark, as `tidemark completion fish` writes it.\n"
         "function __tidemark_at\n  set -l command ''\n  for word in (commandline -opc)[2..]\n"
         "    contains -- \"$command $word\"" + paths + "; and set command \"$command $word\"\n  end\n"
         "  test \"$command\" = \"$argv[1]\"\nend\ncomplete -c tidemark -f\n" + lines;
}

}  // namespace tidemark
