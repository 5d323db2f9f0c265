#include "daemon/cli/command_doc.h"

#include <string_view>

namespace tidemark {
namespace {

// CLI11 shows the only values of an option as {a,b,c} in the name of its type.
std::vector<std::string> ChoicesIn(std::string_view type) {
  std::vector<std::string> choices;
  const size_t begin = type.find('{'), end = type.find('}');
  if (begin == type.npos || end == type.npos) return choices;
  std::string_view rest = type.substr(begin + 1, end - begin - 1);
  while (true) {
    const size_t comma = rest.find(',');
    choices.emplace_back(rest.substr(0, comma));
    if (comma == rest.npos) return choices;
    rest.remove_prefix(comma + 1);
  }
}

// "RFC3339" of "TEXT:RFC3339"; "UINT" of "UINT:INT in [0 - 9]", since a range is no name.
std::string ShortType(const std::string& type) {
  const size_t colon = type.find(':');
  if (colon == type.npos) return type;
  return type.find(' ') == type.npos ? type.substr(colon + 1) : type.substr(0, colon);
}

OptionDoc Describe(const CLI::Option& option) {
  OptionDoc doc;
  doc.name = option.get_positional() ? option.get_name(true) : "--" + option.get_lnames().front();
  const bool flag = option.get_type_size_max() == 0;
  if (!flag) {
    const std::string type = option.get_type_name();
    doc.value = option.get_option_text().empty() ? ShortType(type) : option.get_option_text();
    doc.choices = ChoicesIn(type);
    doc.fallback = option.get_default_str();
  }
  doc.help = option.get_description();
  doc.required = option.get_required();
  doc.repeated = !flag && option.get_items_expected_max() > 1;
  return doc;
}

CommandDoc Describe(const CLI::App& app, const std::string& path, const std::string& program_footer) {
  CommandDoc doc;
  doc.path = path;
  doc.name = app.get_name();
  doc.help = app.get_description();
  if (path.empty() || app.get_footer() != program_footer) doc.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    (option->get_positional() ? doc.arguments : doc.options).push_back(Describe(*option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    doc.commands.push_back(Describe(*command, path + " " + command->get_name(), program_footer));
  }
  return doc;
}

}  // namespace

CommandDoc DescribeCommands(const CLI::App& root) { return Describe(root, "", root.get_footer()); }

}  // namespace tidemark
