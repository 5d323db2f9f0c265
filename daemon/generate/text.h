// Names and quoting: what text of a configuration becomes inside PromQL and templates. Hostile text stays text.
#pragma once

#include <string>
#include <string_view>

namespace tidemark {

// "win_ratio_low" -> "WinRatioLow". Different names (a-z, 0-9, _) yield different ones: an underscore before anything but a
// letter stays. One that would look like an alert about the daemon (Tidemark...) stays as it is written.
std::string AlertName(std::string_view name);

// A string of PromQL in double quotes.
std::string PromQuoted(std::string_view text);

// Text that a Go template prints as it is: nothing in it begins an action.
std::string TemplateText(std::string_view text);

// For a regular expression that matches exactly one of the names (a-z, A-Z, 0-9, _): "a|b".
template <class Names>
std::string OneOf(const Names& names) {
  std::string pattern;
  for (const auto& name : names) pattern += (pattern.empty() ? "" : "|") + std::string(name);
  return pattern;
}

}  // namespace tidemark
