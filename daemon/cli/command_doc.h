// The command line as data, for those who write about it: completions and the manual page. Read from the parser's own
// tree, so that nothing is said twice and nothing grows stale.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tidemark {

struct OptionDoc {
  std::string name;     // "--config.file"; of a positional argument, "file"
  std::string value;    // what it takes: FILE, DIR, TEXT, ...; empty: nothing
  std::vector<std::string> choices;  // the only values; empty: any
  std::string fallback;  // value when it is not given; empty: none that could be shown
  std::string help;
  bool required = false, repeated = false;
  bool takes_file() const { return value.starts_with("FILE"); }
  bool takes_directory() const { return value.starts_with("DIR"); }
};

struct CommandDoc {
  std::string path;    // " state erase": each word after a space; empty: the program itself
  std::string name, help;
  std::string footer;  // its own, not that of the program
  std::vector<OptionDoc> options, arguments;
  std::vector<CommandDoc> commands;
};

// `root` is the program's parser.
CommandDoc DescribeCommands(const CLI::App& root);

// `visit` gets the program and each of its commands, a command before those below it.
template <class Visit>
void ForEachCommand(const CommandDoc& command, const Visit& visit) {
  visit(command);
  for (const CommandDoc& below : command.commands) ForEachCommand(below, visit);
}

}  // namespace tidemark
