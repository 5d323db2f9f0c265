#include "config/written.h"

#include <algorithm>
#include <map>

namespace tidemark::config {
namespace {

using Anchors = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

// The name after a `&` or `*` at `at` that begins a value; "" when it is something else.
std::string_view NameAt(std::string_view text, size_t at) {
  if (at > 0 && std::string_view(" [{,").find(text[at - 1]) == std::string_view::npos) return "";
  const std::string_view rest = text.substr(at + 1);
  return rest.substr(0, std::min(rest.find_first_not_of(kWord), rest.size()));
}

// The value that the text begins with: a list or map in brackets, or up to what ends a plain one; "" without one.
std::string_view ValueOf(std::string_view text) {
  if (text.empty()) return "";
  const bool brackets = text[0] == '[' || text[0] == '{';
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == '{') ++depth;
    if (text[i] == ']' || text[i] == '}') --depth;
    if (brackets && depth == 0) return text.substr(0, i + 1);
    if (!brackets && (text[i] == ',' || text[i] == '\n' || depth < 0)) return text.substr(0, i);
  }
  return brackets ? "" : text;
}

std::string OnOneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == '\n' || c == ' ';
    if (!space || line.empty() || line.back() != ' ') line += space ? ' ' : c;
  }
  return line;
}

// The text without the anchors it defines, which go into *anchors, and with what its aliases stand for.
std::string Resolved(std::string_view text, Anchors* anchors) {
  std::string resolved;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view name = text[i] == '&' || text[i] == '*' ? NameAt(text, i) : "";
    const size_t after = i + 1 + name.size();
    if (!name.empty() && text[i] == '&' && after < text.size() && text[after] == ' ') {
      const std::string_view value = ValueOf(text.substr(after + 1));
      (*anchors)[std::string(name)] = OnOneLine(Resolved(value, anchors));
      i = after;
    } else if (const auto known = text[i] == '*' ? anchors->find(name) : anchors->end(); known != anchors->end()) {
      resolved += known->second;
      i = after - 1;
    } else {
      resolved += text[i];
    }
  }
  return resolved;
}

// Without what indents the first line.
std::string Lines(const Document& document, int first, int end) {
  if (first >= end) return "";
  const size_t indent = document.Line(first).find_first_not_of(' ');
  std::string text, pending;  // pending: belongs to it only when more of it follows
  for (int line = first; line < end; ++line) {
    std::string_view written = document.Line(line);
    const size_t start = written.find_first_not_of(' ');
    const bool says = start != std::string_view::npos && written[start] != '#';
    written.remove_prefix(std::min({indent, start, written.size()}));
    pending += std::string(written) + "\n";
    if (!says) continue;
    text += pending;
    pending.clear();
  }
  return text;
}

}  // namespace

std::string Written(const Document& document, int first, int end) {
  const std::string lines = Lines(document, first, end);
  Anchors anchors;
  if (lines.find('*') != std::string::npos) Resolved(Lines(document, 1, first), &anchors);
  return Resolved(lines, &anchors);
}

int EndOfSection(const Document& document, int line) {
  int end = document.lines() + 1;
  for (const Node::Entry& section : document.root().entries) {
    if (section.at.line > line) end = std::min(end, section.at.line);
  }
  return end;
}

std::string WrittenKpi(const Document& document, int first) {
  int end = EndOfSection(document, first);
  for (const Node::Entry& section : document.root().entries) {
    if (section.key != "kpis") continue;
    for (const auto& kpi : section.value->items) {
      if (kpi->at.line > first) end = std::min(end, kpi->at.line);
    }
  }
  return Written(document, first, std::max(end, first + 1));
}

}  // namespace tidemark::config
