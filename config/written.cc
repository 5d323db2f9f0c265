#include "config/written.h"

#include <algorithm>

#include "config/yaml_quoted.h"

namespace tidemark::config {
namespace {

constexpr std::string_view kAfterName = " \t\r,[]{}";  // everything else may be in a name

// As it could stand in one line, within brackets or not.
std::string OnOneLine(const std::string& text, bool quoted) {
  return quoted || text.find_first_of(",[]{}\n") != std::string::npos ? YamlQuoted(text) : text;
}

// False once it is longer than `most`.
bool AppendOnOneLine(const Node& node, size_t most, std::string* line) {
  if (node.text.size() > most || node.weight > most) return false;
  switch (node.kind) {
    case Node::Kind::kNull:
      *line += node.text.empty() ? "null" : node.text;
      break;
    case Node::Kind::kScalar:
      *line += OnOneLine(node.text, node.quoted);
      break;
    case Node::Kind::kList:
      *line += '[';
      for (size_t i = 0; i < node.items.size(); ++i) {
        *line += i == 0 ? "" : ", ";
        if (!AppendOnOneLine(*node.items[i], most, line)) return false;
      }
      *line += ']';
      break;
    case Node::Kind::kMap:
      *line += '{';
      for (const Node::Entry& entry : node.entries) {
        *line += (&entry == &node.entries.front() ? "" : ", ") + OnOneLine(entry.key, entry.key.find(':') != std::string::npos) + ": ";
        if (!AppendOnOneLine(*entry.value, most, line)) return false;
      }
      *line += '}';
      break;
  }
  return line->size() <= most;
}

// A line without the anchors it defines, and with what its aliases stand for, as long as there is room.
std::string Resolved(const Document& document, int line, size_t* room) {
  const std::string_view text = document.Line(line);
  std::string resolved;
  size_t from = 0;
  for (const Reference& reference : document.ReferencesIn(line)) {
    const auto at = static_cast<size_t>(reference.at.column) - 1;
    if (at < from || at >= text.size() || text[at] != (reference.alias == nullptr ? '&' : '*')) continue;  // a tag is before it
    size_t end = std::min(text.find_first_of(kAfterName, at + 1), text.size());
    resolved += text.substr(from, at - from);
    if (reference.alias == nullptr) {
      end = std::min(text.find_first_not_of(' ', end), text.size());
      if (end == text.size()) resolved.erase(resolved.find_last_not_of(' ') + 1);
    } else if (std::string stands; AppendOnOneLine(*reference.alias, *room, &stands)) {
      *room -= stands.size();
      resolved += stands;
    } else {
      resolved += text.substr(at, end - at);
    }
    from = end;
  }
  return resolved.append(text.substr(from));
}

}  // namespace

std::string Written(const Document& document, int first, int end) {
  if (first >= end) return "";
  const size_t indent = document.Line(first).find_first_not_of(' ');
  size_t room = kMostExpanded;
  std::string text, pending;  // pending: belongs to it only when more of it follows
  for (int line = first; line < end; ++line) {
    const std::string written = Resolved(document, line, &room);
    const size_t start = written.find_first_not_of(' ');
    const bool says = start != std::string::npos && written[start] != '#';
    pending += written.substr(std::min({indent, start, written.size()})) + "\n";
    if (!says) continue;
    text += pending;
    pending.clear();
  }
  return text;
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
