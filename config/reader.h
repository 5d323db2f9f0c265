// Typed reading of a YAML tree: every mistake becomes a diagnostic at its place, and reading goes on.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"
#include "pipeline/base/decimal.h"
#include "pipeline/base/time.h"
#include "pipeline/base/diagnostic.h"

namespace tidemark::config {

// A node, where it stands, and the name it goes by in messages ("kpis[2].windows[1]"). Borrows document and
// diagnostics.
class Value {
 public:
  Value(const Document* document, Diagnostics* diagnostics, const Node* node, Mark at, std::string path)
      : document_(document), diagnostics_(diagnostics), node_(node), at_(at), path_(std::move(path)) {}

  const Node& node() const { return *node_; }
  const std::string& path() const { return path_; }
  Place place() const { return document_->At(at_); }
  Place PlaceOf(const Node::Entry& entry) const { return document_->At(entry.at); }
  // Byte `offset` of a scalar's text.
  Place Inside(size_t offset) const { return document_->Inside(*node_, offset); }

  bool is_list() const { return node_->kind == Node::Kind::kList; }
  bool is_map() const { return node_->kind == Node::Kind::kMap; }
  bool is_scalar() const { return node_->kind == Node::Kind::kScalar; }
  // The text of an unquoted scalar is `word`.
  bool IsWord(std::string_view word) const { return is_scalar() && !node_->quoted && node_->text == word; }

  // Reports `path: text` here, or at another place.
  void Fail(const std::string& text) const { FailAt(place(), text); }
  void FailAt(Place where, const std::string& text) const;

  // The parts of a list, or this value alone when it is none; empty for an empty list.
  std::vector<Value> Items() const;
  Value Child(const Node::Entry& entry) const;

  // Each reports and returns nothing when the value is not of the form asked for.
  std::optional<std::string> Text() const;  // any scalar that isn't empty
  std::optional<bool> Bool() const;
  std::optional<uint64_t> Whole(uint64_t least, uint64_t most) const;
  std::optional<uint64_t> Bytes(uint64_t least, uint64_t most) const;  // "512MiB", "2GB", "4096"
  std::optional<Duration> Time(Duration least, Duration most) const;
  std::optional<Decimal> Number() const;
  std::optional<size_t> Choice(std::initializer_list<std::string_view> words) const;  // index of the word
  std::optional<std::vector<std::string>> Texts() const;  // a list of scalars, or one; no repeats, not empty

 private:
  const Document* document_;
  Diagnostics* diagnostics_;
  const Node* node_;
  Mark at_;
  std::string path_;
};

// One map: keys that nobody took are mistakes, reported by Finish.
class Map {
 public:
  // Reports when `value` is no map.
  static std::optional<Map> Open(const Value& value);

  const Value& value() const { return value_; }
  // Nothing when the key is absent, or has no value, which is reported.
  std::optional<Value> Take(std::string_view key);
  std::optional<Value> Require(std::string_view key);
  // A key that is right here but not read, or read elsewhere; nothing.
  std::optional<Value> Skip(std::string_view key);
  // Whether the key is given, with a value or without.
  bool Has(std::string_view key) const;
  // Reports `why` at the key, where it is given.
  void FailAt(std::string_view key, const std::string& why) const;
  // Words of the language this version doesn't have: refused as such, not as unknown.
  void Refuse(std::initializer_list<std::string_view> words);
  // A word that belongs elsewhere: refused with what to do, not as unknown.
  void Refuse(std::string_view word, const std::string& why);
  // Reports the keys that were not taken, each with the nearest that was asked for.
  void Finish();

  // *out = what `read` makes of the key's value, where present and right.
  template <class T, class Read>
  void Set(std::string_view key, T* out, Read read) {
    if (std::optional<Value> value = Take(key)) {
      if (auto got = read(*value)) *out = static_cast<T>(*std::move(got));
    }
  }

 private:
  explicit Map(Value value) : value_(std::move(value)) {}

  Value value_;
  std::vector<std::string> known_;
  std::vector<std::string> refused_;
};

std::string Quoted(std::string_view text);                  // "text", shortened when long
std::string Joined(const std::vector<std::string>& words);  // a, b, c
std::string DidYouMean(std::string_view word,
                       const std::vector<std::string>& known);  // `; did you mean "x"?` or what is known
std::string FormatBytes(uint64_t bytes);                        // 512MiB
std::string NotYet(std::string_view word);                      // the text for words of later versions

}  // namespace tidemark::config
