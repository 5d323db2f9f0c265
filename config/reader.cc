#include "config/reader.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "pipeline/base/nearest.h"

namespace tidemark::config {

void Value::FailAt(Place where, const std::string& text) const {
  diagnostics_->Add(std::move(where), path_.empty() ? text : path_ + ": " + text);
}

std::vector<Value> Value::Items() const {
  if (!is_list()) return {*this};
  std::vector<Value> items;
  for (size_t i = 0; i < node_->items.size(); ++i) {
    const Node* item = node_->items[i].get();
    items.emplace_back(document_, diagnostics_, item, item->at, path_ + "[" + std::to_string(i) + "]");
  }
  return items;
}

Value Value::Child(const Node::Entry& entry) const {
  // yaml-cpp puts an empty value where the next token is; its key is where the user looks.
  const Mark at = entry.value->kind == Node::Kind::kNull ? entry.at : entry.value->at;
  return {document_, diagnostics_, entry.value.get(), at, path_.empty() ? entry.key : path_ + "." + entry.key};
}

std::optional<Map> Map::Open(const Value& value) {
  if (!value.is_map()) {
    value.Fail("a map (key: value) is wanted here");
    return std::nullopt;
  }
  return Map(value);
}

std::optional<Value> Map::Skip(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return std::nullopt;
}

std::optional<Value> Map::Take(std::string_view key) {
  Skip(key);
  for (const Node::Entry& entry : value_.node().entries) {
    if (entry.key != key) continue;
    Value child = value_.Child(entry);
    if (entry.value->kind != Node::Kind::kNull) return child;
    child.Fail("has no value; leave the key out for its default");
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Value> Map::Require(std::string_view key) {
  std::optional<Value> found = Take(key);
  if (!Has(key)) value_.Fail(Quoted(key) + " is missing");
  return found;
}

bool Map::Has(std::string_view key) const {
  const auto& entries = value_.node().entries;
  return std::any_of(entries.begin(), entries.end(), [&](const auto& e) { return e.key == key; });
}

void Map::FailAt(std::string_view key, const std::string& why) const {
  for (const Node::Entry& entry : value_.node().entries) {
    if (entry.key == key) value_.Child(entry).FailAt(value_.PlaceOf(entry), why);
  }
}

void Map::Refuse(std::initializer_list<std::string_view> words) {
  for (std::string_view word : words) Refuse(word, NotYet(word));
}

void Map::Refuse(std::string_view word, const std::string& why) {
  refused_.emplace_back(word);
  FailAt(word, why);
}

void Map::Finish() {
  for (const Node::Entry& entry : value_.node().entries) {
    const auto is = [&](const std::string& word) { return word == entry.key; };
    if (std::any_of(known_.begin(), known_.end(), is) || std::any_of(refused_.begin(), refused_.end(), is)) continue;
    value_.FailAt(value_.PlaceOf(entry), "unknown key " + Quoted(entry.key) + DidYouMean(entry.key, known_));
  }
}

std::string Quoted(std::string_view text) {
  constexpr size_t kShown = 60;
  std::string shown(text.substr(0, kShown));
  if (text.size() > kShown) {
    while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xC0) == 0x80) shown.pop_back();
    if (!shown.empty() && static_cast<unsigned char>(shown.back()) >= 0x80) shown.pop_back();
    shown += "...";
  }
  std::replace(shown.begin(), shown.end(), '\n', ' ');
  return "\"" + shown + "\"";
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& known) {
  if (const std::string nearest = Nearest(word, known); !nearest.empty())
    return "; did you mean " + Quoted(nearest) + "?";
  constexpr size_t kShown = 40;
  if (known.empty()) return "";
  std::vector<std::string> shown(known.begin(), known.begin() + static_cast<ptrdiff_t>(std::min(known.size(), kShown)));
  return "; there " + std::string(known.size() == 1 ? "is" : "are") + ": " + Joined(shown) +
         (known.size() > kShown ? ", ..." : "");
}

std::string NotYet(std::string_view word) { return Quoted(word) + " is not supported yet by this version"; }

}  // namespace tidemark::config
